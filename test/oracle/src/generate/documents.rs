//! Policies and their statements.

use serde_json::{Map, Value, json};

use super::{Theme, conditions, patterns};
use crate::cast::CAST;
use crate::random::Random;

/// What a trust policy is about.
const ASSUME: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRole",
    "sts:TagSession",
    "sts:AssumeRoleWithSAML",
];

/// What a document is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Identity,
    Session,
    Resource,
    Trust,
    Scp,
    Rcp,
}

/// A policy, now and then an odd one.
pub(crate) fn document(random: &mut Random, theme: &Theme, place: Place) -> Value {
    let mut policy = Map::new();
    match random.below(10) {
        0 if place != Place::Scp && place != Place::Rcp => {}
        1 if place != Place::Scp && place != Place::Rcp => {
            policy.insert("Version".to_owned(), "2008-10-17".into());
        }
        _ => {
            policy.insert("Version".to_owned(), "2012-10-17".into());
        }
    }
    let count = 1 + random.below(3);
    let mut list: Vec<Value> = (0..count)
        .map(|_| statement(random, theme, place))
        .collect();
    // What lets everything through, so that the other layers get to speak.
    let wide = match place {
        Place::Scp => 70,
        Place::Identity | Place::Session => 35,
        Place::Resource | Place::Trust => 20,
        Place::Rcp => 0,
    };
    if random.chance(wide) {
        list.push(everything(random, theme, place));
    }
    let single = list.len() == 1 && random.chance(40);
    let statements = match list.first() {
        Some(only) if single => only.clone(),
        _ => Value::Array(list),
    };
    policy.insert("Statement".to_owned(), statements);
    if random.chance(2) {
        odd_document(random, &mut policy);
    }
    Value::Object(policy)
}

fn odd_document(random: &mut Random, policy: &mut Map<String, Value>) {
    match random.below(5) {
        0 => policy.insert("Id".to_owned(), "an id".into()),
        1 => policy.insert("Version".to_owned(), "2020-01-01".into()),
        2 => policy.insert("Statement".to_owned(), json!([])),
        3 => policy.insert("version".to_owned(), "2012-10-17".into()),
        _ => policy.remove("Statement"),
    };
}

fn everything(random: &mut Random, theme: &Theme, place: Place) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    if place == Place::Trust {
        statement = json!({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"]});
    }
    if let (Place::Resource | Place::Trust, Some(map)) = (place, statement.as_object_mut()) {
        map.insert("Principal".to_owned(), principal(random, theme));
    }
    statement
}

fn statement(random: &mut Random, theme: &Theme, place: Place) -> Value {
    let mut map = Map::new();
    if random.chance(15) {
        map.insert("Sid".to_owned(), format!("S{}", random.below(40)).into());
    }
    let deny = match place {
        Place::Rcp => 97,
        Place::Scp => 50,
        _ => 25,
    };
    let effect = if random.chance(deny) { "Deny" } else { "Allow" };
    map.insert("Effect".to_owned(), effect.into());
    match place {
        Place::Rcp => {
            map.insert("Principal".to_owned(), "*".into());
        }
        Place::Resource if random.chance(20) => {
            map.insert("NotPrincipal".to_owned(), not_principal(random, theme));
        }
        Place::Resource | Place::Trust => {
            map.insert("Principal".to_owned(), principal(random, theme));
        }
        _ => {}
    }
    let not_action = if place == Place::Rcp { 2 } else { 15 };
    let action = if random.chance(not_action) {
        "NotAction"
    } else {
        "Action"
    };
    let value = patterns::list(random, |random| match place {
        Place::Trust => {
            let name = random.pick(ASSUME);
            super::spelled(random, name)
        }
        _ => patterns::action(random, theme.action, place == Place::Rcp),
    });
    map.insert(action.to_owned(), value);
    if place != Place::Trust {
        let resource = if random.chance(15) {
            "NotResource"
        } else {
            "Resource"
        };
        let value = patterns::list(random, |random| patterns::resource(random, theme));
        map.insert(resource.to_owned(), value);
    }
    if random.chance(45) {
        map.insert("Condition".to_owned(), conditions::condition(random, theme));
    }
    if random.chance(1) {
        odd_statement(random, &mut map);
    }
    Value::Object(map)
}

fn odd_statement(random: &mut Random, map: &mut Map<String, Value>) {
    match random.below(12) {
        0 => map.insert("Action".to_owned(), json!([])),
        1 => map.insert("Resource".to_owned(), json!([])),
        2 => map.insert("Condition".to_owned(), json!({})),
        3 => map.insert("Condition".to_owned(), json!({"StringEquals": {}})),
        4 => map.insert("Condition".to_owned(), json!({"StringEqual": {"a:b": "c"}})),
        5 => map.insert("Effect".to_owned(), "allow".into()),
        6 => map.insert("Sid".to_owned(), "with space".into()),
        7 => map.insert("Principal".to_owned(), "*".into()),
        8 => map.remove("Resource"),
        9 => map.remove("Action"),
        10 => map.remove("Principal"),
        _ => map.remove("Effect"),
    };
}

/// One to three ways of naming somebody, more often than not the caller.
fn principal(random: &mut Random, theme: &Theme) -> Value {
    if random.chance(12) {
        return if random.chance(50) {
            "*".into()
        } else {
            json!({"AWS": "*"})
        };
    }
    let count = 1 + random.below(3);
    let named = (0..count).map(|_| some_name(random, theme)).collect();
    by_type(random, named)
}

/// As [`principal`], and often the caller in full.
fn not_principal(random: &mut Random, theme: &Theme) -> Value {
    let caller = theme.caller;
    if caller.account.is_empty() || random.chance(40) {
        return principal(random, theme);
    }
    let mut names: Vec<(&str, String)> = [caller.arn, caller.issuer, caller.account]
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| ("AWS", name.to_owned()))
        .collect();
    if random.chance(25) {
        names.pop();
    }
    if random.chance(25) {
        names.push(some_name(random, theme));
    }
    by_type(random, names)
}

fn some_name(random: &mut Random, theme: &Theme) -> (&'static str, String) {
    let mut caller = theme.caller;
    if random.chance(40) {
        let indexes: Vec<usize> = (0..CAST.len()).collect();
        let n = random.pick(&indexes);
        caller = CAST.get(n).copied().unwrap_or(caller);
    }
    match caller.kind {
        "provider" => ("Federated", caller.arn.to_owned()),
        "service" => ("Service", caller.arn.to_owned()),
        "anonymous" => ("Service", "ecs.amazonaws.com".to_owned()),
        _ => {
            let root = format!("arn:aws:iam::{}:root", caller.account);
            let value = match random.below(8) {
                0 => caller.account.to_owned(),
                1 => root,
                2 if caller.kind != "root" => caller.id.to_owned(),
                3 | 4 if !caller.issuer.is_empty() => caller.issuer.to_owned(),
                _ => caller.arn.to_owned(),
            };
            ("AWS", value)
        }
    }
}

fn by_type(random: &mut Random, names: Vec<(&str, String)>) -> Value {
    let mut map: Map<String, Value> = Map::new();
    for (kind, name) in names {
        let list = map.entry(kind.to_owned()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(name.into());
        }
    }
    for list in map.values_mut() {
        if let Some([only]) = list.as_array().map(Vec::as_slice)
            && random.chance(60)
        {
            *list = only.clone();
        }
    }
    Value::Object(map)
}
