//! The two evaluators agree: on the kept cases, then on random ones.
//!
//! `ROLECALL_ORACLE_CASES` and `ROLECALL_ORACLE_SEED` choose how many and which.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use rolecall_oracle::compare::{Outcome, compare, printed};
use rolecall_oracle::decide::Answer;
use rolecall_oracle::generate;
use rolecall_oracle::minimize::minimize;
use serde_json::Value;

fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn kept_cases_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for (n, case) in cases.iter().enumerate() {
            let outcome = compare(case);
            let agree = !matches!(outcome, Outcome::Differ { .. } | Outcome::NoCase);
            assert!(agree, "{} [{n}]: {outcome:?}\n{case:#}", path.display());
        }
    }
}

#[test]
fn random_cases_agree() {
    let cases = setting("ROLECALL_ORACLE_CASES", 30_000);
    let seed = setting("ROLECALL_ORACLE_SEED", 3);
    let started = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let counts: Vec<Counts> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| scope.spawn(move || run(seed, (part..cases).step_by(threads as usize))))
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    });
    let mut all = Counts::default();
    for part in counts {
        add(&mut all.agree, part.agree);
        add(&mut all.odd, part.odd);
        add(&mut all.refused, part.refused);
        all.differ.extend(part.differ);
    }
    let sum = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
    let (agree, odd, refused) = (sum(&all.agree), sum(&all.odd), sum(&all.refused));
    let took = started.elapsed();
    println!("seed {seed}: {cases} cases in {took:?}");
    println!("{agree} agree ({odd} of them with odd policies), {refused} refused");
    println!("{:#?}\n{:#?}\n{:#?}", all.agree, all.odd, all.refused);
    for (index, case) in all.differ.iter().take(12) {
        let small = minimize(case);
        println!("case {index}: {:?}\n{small:#}", compare(&small));
    }
    assert!(
        all.differ.is_empty(),
        "{} of {cases} cases differ",
        all.differ.len()
    );
    // Cases that decide nothing would agree as well.
    for (answer, part) in [("Allow", 6), ("ExplicitDeny", 8), ("ImplicitDeny", 8)] {
        let such = all
            .agree
            .iter()
            .filter(|(name, _)| name.starts_with(answer));
        let n: u64 = such.map(|(_, n)| n).sum();
        assert!(n > cases / part, "only {n} of {cases} cases are {answer}");
    }
    assert!(
        refused < cases / 3,
        "{refused} of {cases} cases were refused"
    );
}

fn add(all: &mut BTreeMap<String, u64>, part: BTreeMap<String, u64>) {
    for (name, n) in part {
        *all.entry(name).or_default() += n;
    }
}

#[derive(Default)]
struct Counts {
    agree: BTreeMap<String, u64>,
    odd: BTreeMap<String, u64>,
    refused: BTreeMap<String, u64>,
    differ: Vec<(u64, Value)>,
}

fn run(seed: u64, indexes: impl Iterator<Item = u64>) -> Counts {
    let mut counts = Counts::default();
    for index in indexes {
        let case = generate::case(seed, index);
        match compare(&case) {
            Outcome::Agree(answer) => *counts.agree.entry(format!("{answer:?}")).or_default() += 1,
            Outcome::AgreeOnOdd(answer, reason) => {
                *counts.agree.entry(format!("{answer:?}")).or_default() += 1;
                // The value that is wrong is named in the middle, most often.
                let words: Vec<&str> = reason.split(' ').take(2).collect();
                *counts.odd.entry(words.join(" ")).or_default() += 1;
            }
            Outcome::Refused(reason) => *counts.refused.entry(reason).or_default() += 1,
            Outcome::Differ { .. } | Outcome::NoCase => counts.differ.push((index, case)),
        }
    }
    counts
}

/// What a compiled policy prints of its statements means what was written.
#[test]
fn printed_policies_decide_the_same() {
    let seed = setting("ROLECALL_ORACLE_SEED", 3);
    let mut seen = 0;
    for index in 0..setting("ROLECALL_ORACLE_CASES", 30_000) / 10 {
        let case = generate::case(seed, index);
        if let Some((written, again)) = printed(&case) {
            assert_eq!(Some(written), again, "case {index}: {case:#}");
            seen += usize::from(written != Answer::Allow);
        }
    }
    assert!(seen > 0);
}
