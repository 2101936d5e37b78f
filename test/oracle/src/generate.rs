//! Makes cases at random, from alphabets so small that policies often match.

mod conditions;
mod documents;
mod patterns;

use serde_json::{Map, Value, json};

use crate::cast::{CAST, Caller};
use crate::random::Random;

use documents::Place;

/// Actions that are asked for; those of `sts` go with roles and trust policies.
pub(crate) const ACTIONS: &[&str] = &[
    "ecs:RunTask",
    "ecs:RegisterTaskDefinition",
    "ecs:ListClusters",
    "ecs:TagResource",
    "iam:PassRole",
    "s3:GetObject",
    "s3:ListBucket",
    "logs:PutLogEvents",
    "sts:AssumeRole",
    "sts:TagSession",
    "sts:GetCallerIdentity",
];

/// Resources that are asked for.
pub(crate) const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
    "arn:aws:ecs:us-east-1:123456789012:task/prod/abc",
    "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7",
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/alice/x",
    "arn:aws:s3:::bucket/blue/${aws:username}",
    "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:log-stream:a/b",
    "arn:aws:iam::123456789012:role/team/deploy",
    ROLE,
    LINKED,
];

/// The role that trust policies stand on.
const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

/// A role that belongs to a service.
const LINKED: &str =
    "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";

/// What a case is about, known to whatever makes its policies.
pub(crate) struct Theme {
    pub(crate) caller: Caller,
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) context: Map<String, Value>,
}

/// Case `index` under a seed.
pub fn case(seed: u64, index: u64) -> Value {
    let mut random = Random::new(seed, index);
    let random = &mut random;
    let trust = random.chance(15);
    let callers: Vec<usize> = (0..CAST.len()).collect();
    let mut caller = random.pick(&callers);
    if random.chance(35) {
        // Users and roles of this account, which stand first, have the most to be decided.
        caller = random.pick(&[0, 1, 5, 5]);
    }
    let Some(caller) = CAST.get(caller).copied() else {
        return Value::Null;
    };
    // `sts:GetCallerIdentity` comes last; it can't be called without an account.
    let most = ACTIONS.len() - usize::from(caller.account.is_empty());
    let action = if trust {
        random.pick(&["sts:AssumeRole", "sts:TagSession"])
    } else {
        random.pick(ACTIONS.get(..most).unwrap_or(ACTIONS))
    };
    let theme = Theme {
        caller,
        action,
        resource: if trust { ROLE } else { random.pick(RESOURCES) },
        context: conditions::context(random),
    };
    let mut case = Map::new();
    case.insert("principal".to_owned(), theme.caller.name.into());
    case.insert("action".to_owned(), spelled(random, theme.action).into());
    case.insert("resource".to_owned(), theme.resource.into());
    if !theme.context.is_empty() {
        case.insert("context".to_owned(), theme.context.clone().into());
    }
    owner(random, &theme, trust, &mut case);
    layers(random, &theme, trust, &mut case);
    Value::Object(case)
}

/// A name in the letter case of the documentation, and sometimes in another.
pub(crate) fn spelled(random: &mut Random, text: &str) -> String {
    match random.below(12) {
        0 => text.to_ascii_lowercase(),
        1 => text.to_ascii_uppercase(),
        _ => text.to_owned(),
    }
}

fn owner(random: &mut Random, theme: &Theme, trust: bool, case: &mut Map<String, Value>) {
    let account = match random.below(10) {
        0 => Some("999988887777"),
        1..=4 => Some("123456789012"),
        _ if trust || theme.caller.account.is_empty() => Some("123456789012"),
        _ => None,
    };
    if let Some(account) = account {
        case.insert("resource_account".to_owned(), account.into());
    }
}

fn layers(random: &mut Random, theme: &Theme, trust: bool, case: &mut Map<String, Value>) {
    let session = matches!(theme.caller.kind, "role" | "federated");
    let mut put = |name: &str, value: Value| case.insert(name.to_owned(), value);
    let list = |random: &mut Random, most: usize, place: Place| -> Value {
        let count = random.below(most + 1);
        (0..count)
            .map(|_| documents::document(random, theme, place))
            .collect()
    };
    // Callers without an account have no policies of their own.
    let at_home = !theme.caller.account.is_empty();
    if at_home && random.chance(90) {
        put("identity", list(random, 3, Place::Identity));
    }
    // The root user has no boundary and no session policy.
    if at_home && theme.caller.kind != "root" && random.chance(25) {
        put("boundary", list(random, 2, Place::Identity));
    }
    if session && random.chance(50) {
        put("session", list(random, 2, Place::Session));
    }
    if trust {
        put("must_allow", json!(true));
        put("trust", documents::document(random, theme, Place::Trust));
    } else if random.chance(50) {
        put(
            "resource_policy",
            documents::document(random, theme, Place::Resource),
        );
        if random.chance(15) {
            put("must_allow", json!(true));
        }
    }
    for (name, percent, place) in [("scps", 30, Place::Scp), ("rcps", 20, Place::Rcp)] {
        if random.chance(percent) {
            let levels = 1 + random.below(3);
            let levels: Value = (0..levels)
                .map(|_| {
                    let mut level = vec![documents::document(random, theme, place)];
                    if random.chance(30) {
                        level.push(documents::document(random, theme, place));
                    }
                    Value::Array(level)
                })
                .collect();
            put(name, levels);
        }
    }
}
