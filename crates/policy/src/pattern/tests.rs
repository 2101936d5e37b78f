//! Tests of `pattern`.

use super::*;
use crate::context::Context;
use crate::principal::Principal;

fn check(mode: Mode, pattern: &str, text: &str, expected: bool) {
    let principal = Principal::user(
        "123456789012",
        "arn:aws:iam::123456789012:user/dev/al*ce",
        "AIDA1",
    );
    let mut context = Context::new();
    context
        .set("aws:PrincipalTag/team", "blue")
        .set_list("aws:TagKeys", ["a", "b"]);
    let request = Request {
        principal: &principal,
        action: "a:b",
        resource: "*",
        resource_account: None,
        context: &context,
    };
    let compiled = Pattern::new(pattern, mode, true);
    assert_eq!(
        compiled.matches(text, &request),
        expected,
        "{pattern} ~ {text}: {compiled:?}"
    );
}

#[test]
fn like() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("a*", "a", true),
        ("*a", "ba", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("a*b*c", "a__b__b_c", true),
        ("a*b*c", "a__c__b", false),
        ("*aab", "aaaab", true),
        ("a**b", "a:/b", true),
        ("?", "é", true),
        ("*??", "€", false),
        ("", "", true),
        ("", "x", false),
        ("A", "a", false),
    ] {
        check(Mode::Like, pattern, text, expected);
    }
    check(Mode::Literal, "a*", "ab", false);
    check(Mode::Literal, "a*", "a*", true);
}

#[test]
fn arn_wildcards_stay_in_their_segment() {
    let arn = "arn:aws:ecs:us-east-1:123456789012:task/web/1:2";
    for (pattern, expected) in [
        ("arn:aws:ecs:*:*:task/*", true),
        ("arn:aws:ecs:us-*:*:task/web/*", true),
        ("arn:aws:ecs:*", false),
        ("arn:*:task/web/1:2", false),
        ("arn:aws:ecs:us-east-?:1234567890??:task/*2", true),
        ("arn:aws:ecs:us-east-1?123456789012:task/web/1:2", false),
        ("arn:aws:ecs:us*1:123*:task/web/1?2", true),
    ] {
        check(Mode::Arn, pattern, arn, expected);
    }
}

#[test]
fn resource_star_at_a_segment_end_crosses_colons() {
    let arn = "arn:aws:ecs:us-east-1:123456789012:task/web/1";
    for (pattern, expected) in [
        ("arn:aws:ecs:*", true),
        ("arn:aws:ecs:*:task/web/1", true),
        ("arn:aws:ecs:us-*:task/*", true),
        ("arn:aws:ecs:us-*1:task/*", false),
        ("arn:aws:ecs:u*1:*:task/*", true),
        ("arn:aws:ecs:u*2:*:task/*", false),
        ("arn:aws:ecs:us-east-1?123456789012:task/web/1", false),
        ("arn:aws:ecs:us-east-1:123456789012:task?web*", true),
        ("arn:aws:ECS:*", false),
        ("*", true),
        ("*:task/web/?", true),
    ] {
        check(Mode::Resource, pattern, arn, expected);
    }
}

#[test]
fn variables() {
    for (pattern, text, expected) in [
        ("home/${aws:username}/*", "home/al*ce/x", true),
        ("home/${aws:username}/*", "home/alice/x", false),
        ("${AWS:USERNAME}", "al*ce", true),
        ("${aws:PrincipalTag/team}-x", "blue-x", true),
        ("${aws:PrincipalTag/none}", "", false),
        ("${aws:PrincipalTag/none, 'red'}", "red", true),
        ("${aws:PrincipalTag/team, 'red'}", "blue", true),
        ("${aws:PrincipalTag/none, ''}", "", true),
        ("a${*}b${?}${$}", "a*b?$", true),
        ("a${*}", "ab", false),
        ("${aws:TagKeys}", "a", false),
        ("${unclosed", "${unclosed", true),
        ("${}", "${}", true),
    ] {
        check(Mode::Like, pattern, text, expected);
    }
    check(
        Mode::Resource,
        "arn:aws:s3:::b/${aws:username}",
        "arn:aws:s3:::b/al*ce",
        true,
    );
    check(
        Mode::Resource,
        "arn:aws:ecs:x:${aws:PrincipalAccount}:c",
        "arn:aws:ecs:x:123456789012:c",
        false,
    );
    assert_eq!(
        Pattern::new("${aws:username}", Mode::Like, false),
        Pattern::Exact("${aws:username}".into())
    );
}

/// The matcher against the definition, on every short pattern and text.
#[test]
fn agrees_with_a_naive_matcher() {
    fn naive(pieces: &[Piece], text: &str) -> bool {
        let Some((piece, more)) = pieces.split_first() else {
            return text.is_empty();
        };
        let tails = || text.char_indices().map(|(i, _)| i).chain([text.len()]);
        match piece {
            Piece::Text(t) => text
                .strip_prefix(&**t)
                .is_some_and(|rest| naive(more, rest)),
            Piece::Run => tails().any(|i| naive(more, text.get(i..).unwrap())),
            Piece::SegmentRun => tails()
                .take_while(|i| !text.get(..*i).unwrap().contains(':'))
                .any(|i| naive(more, text.get(i..).unwrap())),
            Piece::One => !text.is_empty() && naive(more, text.get(1..).unwrap()),
            Piece::SegmentOne => {
                !text.is_empty() && !text.starts_with(':') && naive(more, text.get(1..).unwrap())
            }
            Piece::Variable(_) => unreachable!(),
        }
    }
    fn words(alphabet: &[char], max: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..max {
            last = last
                .iter()
                .flat_map(|w| alphabet.iter().map(move |c| format!("{w}{c}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }
    let texts = words(&['a', 'b', ':'], 5);
    for mode in [Mode::Like, Mode::Arn, Mode::Resource] {
        for pattern in words(&['a', 'b', ':', '*', '?'], 5) {
            let pieces = Compiler {
                mode,
                variables: true,
                segment: 0,
                text: String::new(),
                out: Vec::new(),
            }
            .compile(&pattern);
            let compiled = Pattern::new(&pattern, mode, true);
            for text in &texts {
                assert_eq!(
                    compiled.matches_plain(text.as_bytes()),
                    naive(&pieces, text),
                    "{pattern} ~ {text}"
                );
            }
        }
    }
}
