//! Whatever was observed is allowed by the policy that is generated from it; an action that was not
//! observed is denied.
#![expect(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use rolecall_advise::Observation;
use rolecall_advise::diff::allows;
use rolecall_advise::generate::{Limit, Options, generate};
use rolecall_policy::{Layers, NamedPolicy, Policy, PolicyKind, Principal};

const ACTIONS: &[&str] = &[
    "ecs:RunTask",
    "ecs:StopTask",
    "ecs:ListClusters",
    "ecs:RegisterTaskDefinition",
    "ecs:TagResource",
    "iam:PassRole",
    "iam:GetRole",
    "iam:AttachRolePolicy",
    "logs:PutLogEvents",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "secretsmanager:GetSecretValue",
    "sts:AssumeRole",
];

const KEYS: &[&str] = &[
    "iam:PassedToService",
    "ecs:cluster",
    "ecs:CreateAction",
    "iam:PolicyARN",
    "aws:RequestedRegion",
    "aws:TagKeys",
];

fn resource() -> impl Strategy<Value = String> {
    let name = "[a-c$]{1,2}";
    prop_oneof![
        Just("*".to_owned()),
        (name, "[0-9a-f]{32}").prop_map(|(c, id)| format!("arn:aws:ecs:us-east-1:1:task/{c}/{id}")),
        (name, 1..9_u8)
            .prop_map(|(f, r)| format!("arn:aws:ecs:us-east-1:1:task-definition/{f}:{r}")),
        name.prop_map(|f| format!("arn:aws:ecs:us-east-1:1:task-definition/{f}")),
        name.prop_map(|r| format!("arn:aws:iam::1:role/{r}")),
        (name, "[a-z]{1,3}", "[0-9a-f]{32}").prop_map(|(g, s, id)| format!(
            "arn:aws:logs:us-east-1:1:log-group:/ecs/{g}:log-stream:{s}/{id}"
        )),
        (name, "[A-Za-z0-9]{6}")
            .prop_map(|(s, end)| format!("arn:aws:secretsmanager:us-east-1:1:secret:{s}-{end}")),
        name.prop_map(|r| format!("arn:aws:ecr:us-east-1:1:repository/team/${{{r}}}")),
    ]
}

fn observation() -> impl Strategy<Value = Observation> {
    let value = "[a-c${}*]{1,4}".prop_map(|v| match v.len() {
        1 => format!("arn:aws:ecs:us-east-1:1:cluster/{v}"),
        _ => v,
    });
    let values = prop::collection::vec(value, 1..3);
    let keys = prop::collection::btree_map(prop::sample::select(KEYS), values, 0..3);
    (
        prop::sample::select(ACTIONS),
        resource(),
        keys,
        prop::bool::weighted(0.9),
    )
        .prop_map(|(action, resource, keys, allowed)| Observation {
            action: action.to_owned(),
            resource,
            keys: keys.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            allowed,
        })
}

/// Checks every observation and action under the generated policies.
fn replay(seen: &[Observation], limit: Limit) {
    let options = Options {
        limit,
        ..Options::default()
    };
    let generated = generate(seen, &options).unwrap();
    let policies: Vec<Policy> = generated
        .policies
        .iter()
        .map(|p| Policy::parse(&p.json().to_string(), PolicyKind::Managed).unwrap())
        .collect();
    let named: Vec<NamedPolicy<'_>> = policies
        .iter()
        .map(|policy| NamedPolicy { name: "p", policy })
        .collect();
    let layers = Layers {
        identity: &named,
        ..Layers::default()
    };
    let principal = Principal::user("1", "arn:aws:iam::1:user/a", "AIDA");
    for observation in seen.iter().filter(|o| o.allowed) {
        assert!(
            allows(&layers, &principal, observation),
            "{observation:?} under {named:?}"
        );
    }
    for action in ACTIONS {
        let used = seen.iter().any(|o| o.allowed && o.action == *action);
        for observation in seen.iter().filter(|_| !used) {
            let other = Observation {
                action: (*action).to_owned(),
                ..observation.clone()
            };
            assert!(!allows(&layers, &principal, &other), "{other:?}");
        }
    }
}

proptest! {
    #[test]
    fn all_that_was_seen_is_allowed_and_no_other_action(
        seen in prop::collection::vec(observation(), 0..60),
    ) {
        replay(&seen, Limit::MANAGED);
    }

    #[test]
    fn also_when_it_has_to_be_widened(
        seen in prop::collection::vec(observation(), 30..60),
        characters in 1_500..6_000_usize,
    ) {
        let limit = Limit { characters, policies: 1 };
        // What cannot fit is refused; `replay` would unwrap that.
        let options = Options { limit, ..Options::default() };
        if generate(&seen, &options).is_ok() {
            replay(&seen, limit);
        }
    }

    #[test]
    fn the_order_does_not_matter(seen in prop::collection::vec(observation(), 0..30)) {
        let mut reversed = seen.clone();
        reversed.reverse();
        let options = Options::default();
        prop_assert_eq!(generate(&seen, &options), generate(&reversed, &options));
    }
}
