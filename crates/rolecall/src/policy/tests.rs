//! What the arguments mean.

use std::time::Duration;

use rolecall_policy::PrincipalKind;

use super::Since;
use super::args::since;
use super::simulate::{keys, principal, user_of};

#[test]
fn spans_and_times() {
    assert_eq!(since("90m"), Ok(Since::Ago(Duration::from_secs(5_400))));
    assert_eq!(since("7d"), Ok(Since::Ago(Duration::from_secs(604_800))));
    assert!(matches!(since("2026-11-22T06:00:00Z"), Ok(Since::At(_))));
    assert!(since("soon").is_err());
    assert!(since("").is_err());
}

#[test]
fn keys_given_twice_are_lists() {
    let given = ["aws:TagKeys=a".to_owned(), "AWS:tagkeys=b=c".to_owned()];
    let expected = vec![(
        "aws:TagKeys".to_owned(),
        vec!["a".to_owned(), "b=c".to_owned()],
    )];
    assert_eq!(keys(&given).unwrap(), expected);
    assert!(keys(&["x".to_owned()]).is_err());
}

#[test]
fn nobody_else_s_account_is_taken_for_granted() {
    let arns = [
        "*".to_owned(),
        "arn:aws:s3:::bucket".to_owned(),
        "arn:aws:ecs:us-east-1:111122223333:cluster/a".to_owned(),
    ];
    assert_eq!(user_of(&arns), "arn:aws:iam::111122223333:user/simulated");
    assert_eq!(user_of(&[]), "arn:aws:iam::123456789012:user/simulated");
}

#[test]
fn callers_by_name() {
    for (text, kind) in [
        ("arn:aws:iam::123456789012:root", PrincipalKind::Root),
        ("arn:aws:iam::123456789012:user/a/b", PrincipalKind::User),
        (
            "arn:aws:iam::123456789012:role/r",
            PrincipalKind::AssumedRole,
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/r/s",
            PrincipalKind::AssumedRole,
        ),
        ("ecs-tasks.amazonaws.com", PrincipalKind::Service),
    ] {
        assert_eq!(principal(text).unwrap().kind, kind, "{text}");
    }
    assert!(principal("me").is_err());
}
