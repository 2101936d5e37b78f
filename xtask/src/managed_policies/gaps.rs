//! The versions between the first and the default one that no source has.
//!
//! Most belong to one event. In February 2026, IAM made the versions that at least 170 policies
//! had got since about 2024-11-21 again under new numbers, twice: version 178 of `ReadOnlyAccess`
//! is 159 is 140, and each step is the 19 versions since that day. The versions in between lived
//! for minutes, and who asks for the default version once a day never saw them. The list tells
//! these from the others; their documents are not made up from what they repeat.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Policy, Version, moto};

/// The list as text: a policy a line.
pub(super) fn list(policies: &[Policy]) -> Result<String> {
    let (mut again, mut others) = (Vec::new(), Vec::new());
    for policy in policies {
        let repeated = repeated(policy)?;
        let missing = missing(policy);
        let (first, second): (Vec<u16>, Vec<u16>) =
            missing.into_iter().partition(|n| repeated.contains(n));
        for (section, numbers) in [(&mut again, first), (&mut others, second)] {
            if !numbers.is_empty() {
                section.push((policy.name.as_str(), numbers));
            }
        }
    }
    let mut out = "# AWS-managed policies: the versions that no source has, written by\n\
                   # `cargo xtask managed-policies`. GetPolicyVersion answers NoSuchEntity for them.\n"
        .to_owned();
    section(
        &mut out,
        "between two versions with the same document: earlier ones made again in February 2026",
        &again,
    )?;
    section(&mut out, "others", &others)?;
    Ok(out)
}

fn section(out: &mut String, title: &str, policies: &[(&str, Vec<u16>)]) -> Result<()> {
    let count: usize = policies.iter().map(|(_, numbers)| numbers.len()).sum();
    writeln!(out, "\n# {count} {title}")?;
    for (name, numbers) in policies {
        write!(out, "{name}")?;
        for run in numbers.chunk_by(|one, next| one + 1 == *next) {
            match run {
                [one] => write!(out, " v{one}")?,
                [first, .., last] => write!(out, " v{first}-v{last}")?,
                [] => {}
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn find(policy: &Policy, number: u16) -> Option<&Version> {
    std::iter::once(&policy.default)
        .chain(&policy.history)
        .find(|version| version.number == number)
}

fn missing(policy: &Policy) -> Vec<u16> {
    (1..policy.default.number)
        .filter(|number| find(policy, *number).is_none())
        .collect()
}

/// The missing numbers in two steps of one length between three versions of the same document;
/// the first of the three may be missing too.
fn repeated(policy: &Policy) -> Result<Vec<u16>> {
    let mut numbers: Vec<u16> = policy.history.iter().map(|v| v.number).collect();
    numbers.push(policy.default.number);
    let absent = |from: u16, to: u16| (from..to).all(|n| find(policy, n).is_none());
    let alike = |one: u16, other: u16| match (find(policy, one), find(policy, other)) {
        (Some(one), Some(other)) => moto::same(&one.document, &other.document),
        _ => Ok(true),
    };
    let mut out = Vec::new();
    for pair in numbers.windows(2) {
        let [middle, end] = *pair else { continue };
        let step = end - middle;
        let Some(start) = middle.checked_sub(step).filter(|start| *start > 0) else {
            continue;
        };
        if step > 1 && absent(start + 1, middle) && alike(middle, end)? && alike(start, middle)? {
            out.extend((start + 1..middle).chain(middle + 1..end));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(versions: &[(u16, &str)]) -> Policy {
        let mut history: Vec<Version> = versions
            .iter()
            .map(|(number, document)| Version {
                number: *number,
                created_s: 0,
                document: format!("{{\"a\":\"{document}\"}}"),
            })
            .collect();
        Policy {
            name: "P".to_owned(),
            path: "/".to_owned(),
            created_s: 0,
            updated_s: 0,
            default: history.pop().unwrap(),
            history,
        }
    }

    fn tail(versions: &[(u16, &str)]) -> String {
        let text = list(&[policy(versions)]).unwrap();
        let lines: Vec<&str> = text.lines().skip(3).filter(|l| !l.is_empty()).collect();
        lines
            .iter()
            .map(|line| match line.strip_prefix("# ") {
                Some(title) => title.split(' ').next().unwrap().to_owned(),
                None => line.trim_start_matches('P').to_owned(),
            })
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn steps_between_the_same_documents() {
        let twice = [(1, "a"), (2, "b"), (3, "c"), (6, "c"), (9, "c"), (10, "d")];
        assert_eq!(tail(&twice), "4| v4-v5 v7-v8|0");
        let start_is_gone = [(1, "a"), (5, "c"), (8, "c")];
        assert_eq!(tail(&start_is_gone), "4| v3-v4 v6-v7|1| v2");
    }

    #[test]
    fn others() {
        assert_eq!(tail(&[(1, "a"), (3, "c"), (4, "d")]), "0|1| v2");
        assert_eq!(tail(&[(1, "a"), (3, "c"), (5, "d")]), "0|2| v2 v4");
        assert_eq!(tail(&[(1, "a"), (2, "b")]), "0|0");
        let other_step = [(1, "a"), (2, "b"), (4, "b"), (7, "b")];
        assert_eq!(tail(&other_step), "0|3| v3 v5-v6");
    }
}
