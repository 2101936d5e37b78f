//! Every version of every AWS-managed policy: it parses, what is printed from its elements says
//! the same, and it decides as its elements read. What no source has is listed, and only that.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test panics where it fails"
)]

use std::collections::BTreeMap;

use rolecall_identity::managed;
use rolecall_policy::{
    Context, Decision, Document, Effect, Layers, List, NamedPolicy, Policy, PolicyKind, Principal,
    RawStatement, Request, evaluate,
};
use serde_json::{Map, Value, json};

/// The whole catalogue: 1,594 policies.
const VERSIONS: usize = 6194;
/// Versions that were made and that no source has.
const MISSING: usize = 850;

/// One shape for what may be written in several: lists for single values, text for numbers and
/// Booleans in conditions, no null among the resources.
fn plain(document: &Value) -> Value {
    let list = |value: &Value| -> Vec<Value> {
        match value {
            Value::Array(items) => items.iter().filter(|v| !v.is_null()).cloned().collect(),
            single => vec![single.clone()],
        }
    };
    let text = |value: &Value| match value {
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    };
    let condition = |operators: &Value| -> Value {
        let keys = |keys: &Value| -> Map<String, Value> {
            let keys = keys.as_object().unwrap().iter();
            keys.map(|(key, values)| (key.clone(), list(values).iter().map(text).collect()))
                .collect()
        };
        let operators = operators.as_object().unwrap().iter();
        operators
            .map(|(operator, inner)| (operator.clone(), Value::Object(keys(inner))))
            .collect::<Map<_, _>>()
            .into()
    };
    let statement = |statement: &Value| -> Value {
        let elements = statement.as_object().unwrap().iter();
        elements
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "Action" | "NotAction" | "Resource" | "NotResource" => list(value).into(),
                    "Condition" => condition(value),
                    "Sid" | "Effect" => value.clone(),
                    other => panic!("an unexpected element: {other}"),
                };
                (name.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into()
    };
    let statements: Vec<Value> = list(&document["Statement"]).iter().map(statement).collect();
    json!({ "Version": document["Version"], "Statement": statements })
}

/// A document from its elements alone.
fn print(document: &Document) -> Value {
    let list = |out: &mut Map<String, Value>, name: &str, list: Option<&List>| {
        if let Some(list) = list {
            let not = if list.negated { "Not" } else { "" };
            out.insert(format!("{not}{name}"), json!(list.values));
        }
    };
    let statement = |raw: &RawStatement| {
        let mut out = Map::new();
        assert!(raw.principals.is_none());
        if let Some(sid) = &raw.sid {
            out.insert("Sid".to_owned(), json!(sid));
        }
        out.insert("Effect".to_owned(), json!(raw.effect));
        list(&mut out, "Action", raw.actions.as_ref());
        list(&mut out, "Resource", raw.resources.as_ref());
        let mut operators: BTreeMap<&str, BTreeMap<&str, &[String]>> = BTreeMap::new();
        for condition in &raw.conditions {
            let keys = operators.entry(&condition.operator).or_default();
            let twice = keys.insert(&condition.key, &condition.values);
            assert!(twice.is_none(), "{} twice", condition.key);
        }
        if !operators.is_empty() {
            out.insert("Condition".to_owned(), json!(operators));
        }
        Value::Object(out)
    };
    let statements: Vec<Value> = document.statements.iter().map(statement).collect();
    json!({ "Version": document.version, "Statement": statements })
}

struct Asker<'a> {
    principal: &'a Principal<'a>,
    context: &'a Context<'a>,
}

impl Asker<'_> {
    fn ask<'p>(&self, identity: &'p [NamedPolicy<'p>], action: &str, on: &str) -> Decision<'p> {
        let request = Request {
            principal: self.principal,
            action,
            resource: on,
            resource_account: None,
            context: self.context,
        };
        let layers = Layers {
            identity,
            ..Layers::default()
        };
        evaluate(&request, &layers)
    }

    /// Asks for each action of every statement on one of its resources, and for one action on
    /// each resource; with a step, for the first of so many. Gives how many questions there were.
    fn check(&self, name: &str, document: &Document, policies: [&Policy; 2], step: usize) -> usize {
        let [policy, printed] = policies;
        let written = [NamedPolicy { name, policy }];
        let printed = [NamedPolicy {
            name,
            policy: printed,
        }];
        let only_allows = policy
            .statements()
            .iter()
            .all(|statement| statement.effect() == Effect::Allow);
        let mut asked = 0;
        let mut check = |action: &str, resource: &str, wanted: bool| {
            let decision = self.ask(&written, action, resource);
            let question = || format!("{name}: {action} on {resource}");
            let again = self.ask(&printed, action, resource);
            assert_eq!(decision, again, "{}", question());
            assert!(decision.allowed() || !wanted, "{}", question());
            asked += 1;
        };
        for statement in &document.statements {
            let (Some(actions), Some(resources)) = (&statement.actions, &statement.resources)
            else {
                panic!("{name}: a statement without Action or Resource");
            };
            let listed = only_allows && !actions.negated && !resources.negated;
            let sure = |resource: &str| {
                listed && statement.conditions.is_empty() && !resource.contains("${")
            };
            let first = resources.values.first().unwrap();
            for action in actions.values.iter().step_by(step) {
                check(&example(action), &example(first), sure(first));
            }
            let action = actions.values.first().unwrap();
            for resource in resources.values.iter().step_by(step) {
                check(&example(action), &example(resource), sure(resource));
            }
        }
        asked
    }
}

/// Something that the pattern matches. An ARN that is cut short stands for any rest.
fn example(pattern: &str) -> String {
    let mut text = pattern.replace('*', "Example").replace('?', "x");
    if text.starts_with("arn:") {
        for _ in text.matches(':').count()..5 {
            text.push_str(":Example");
        }
    }
    text
}

#[test]
fn every_version_parses_comes_back_and_decides() {
    let principal = Principal::user(
        "123456789012",
        "arn:aws:iam::123456789012:user/al",
        "AIDAEXAMPLE",
    );
    let asker = Asker {
        principal: &principal,
        context: &Context::new(),
    };
    let kind = PolicyKind::Managed;
    let (mut versions, mut asked) = (0, 0);
    for policy in managed::iter() {
        for version in policy.versions() {
            let name = format!("{} {}", policy.name(), version.id());
            let text = policy.document(&version.id()).unwrap();
            let document = Document::parse(&text, kind).unwrap_or_else(|e| panic!("{name}: {e}"));
            let printed = print(&document);
            let written: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(plain(&written), printed, "{name}");
            let text_again = printed.to_string();
            let again = Document::parse(&text_again, kind).unwrap();
            assert_eq!(print(&again), printed, "{name}");

            let load = |text: &str| Policy::load(text, kind).unwrap();
            let policy_read = load(&text);
            // What is old is mostly what is new: all of it costs 10 s and tells nothing more.
            asked += if version.is_default {
                let policies = [&policy_read, &load(&text_again)];
                asker.check(&name, &document, policies, 1)
            } else {
                asker.check(&name, &document, [&policy_read; 2], 8)
            };
            let identity = [NamedPolicy {
                name: &name,
                policy: &policy_read,
            }];
            let nobody = asker.ask(&identity, "nosuchservice:NoSuchAction", "*");
            let all = text.contains(r#""Action":"*""#)
                || text.contains(r#""Action":["*"]"#)
                || text.contains("NotAction");
            assert!(all || !nobody.allowed(), "{name}");
            versions += 1;
        }
    }
    assert_eq!(versions, VERSIONS);
    assert!(asked > versions, "{asked}");
}

/// `v4-v6` or `v4`.
fn numbers(run: &str) -> std::ops::RangeInclusive<u16> {
    let number = |id: &str| -> u16 { id.strip_prefix('v').unwrap().parse().unwrap() };
    match run.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => number(run)..=number(run),
    }
}

#[test]
fn what_is_missing_is_listed() {
    let mut listed: Vec<(&str, u16)> = Vec::new();
    for line in include_str!("../data/missing-versions.txt").lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        if name.is_empty() || name == "#" {
            continue;
        }
        listed.extend(words.flat_map(numbers).map(|number| (name, number)));
    }
    listed.sort_unstable();
    let mut missing = Vec::new();
    for policy in managed::iter() {
        let known: Vec<u16> = policy.versions().map(|version| version.number).collect();
        for number in 1..known[0] {
            if !known.contains(&number) {
                assert_eq!(policy.document(&format!("v{number}")), None);
                missing.push((policy.name(), number));
            }
        }
    }
    missing.sort_unstable();
    assert_eq!(missing, listed);
    assert_eq!(missing.len(), MISSING);
}
