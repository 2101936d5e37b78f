//! What a principal's policies grant, beside what it used.

use rolecall_policy::{
    Context, ContextValue, Effect, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request,
    evaluate,
};
use serde_json::json;

use crate::document::Statement;
use crate::observation::Observation;

/// An Allow statement and how much of it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The policy's name.
    pub policy: String,
    /// The statement, from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// How much of it was used.
    pub verdict: Verdict,
}

/// How much of a statement was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Unused,
    /// Some of it; each list may be empty, not both.
    Partly {
        /// Action patterns that nothing observed needed.
        unused_actions: Vec<String>,
        /// Patterns that stand for more than was used of them.
        wider: Vec<Wider>,
    },
    /// All of it.
    Used,
}

/// A pattern that stands for more than was used of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wider {
    /// The pattern.
    pub pattern: String,
    /// What was used of it, sorted, made general as [`generate`](mod@crate::generate) does.
    pub used: Vec<String>,
}

/// A policy that a principal has.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Its ARN, or the name of an inline one.
    pub name: &'a str,
    /// The compiled policy.
    pub policy: &'a Policy,
}

/// Compares the Allow statements of policies with what was observed of their principal.
pub fn diff(held: &[Held<'_>], principal: &Principal<'_>, seen: &[Observation]) -> Vec<Usage> {
    let mut found = Vec::new();
    for Held { name, policy } in held {
        for (number, statement) in policy.statements().iter().enumerate() {
            if statement.effect() == Effect::Deny {
                continue;
            }
            let Ok(read) = Statement::read(statement.json()) else {
                continue;
            };
            found.push(Usage {
                policy: (*name).to_owned(),
                statement: number,
                sid: read.sid.clone(),
                verdict: verdict(&read, principal, seen),
            });
        }
    }
    found
}

fn verdict(statement: &Statement, principal: &Principal<'_>, seen: &[Observation]) -> Verdict {
    let used = covered(statement, principal, seen);
    if used.is_empty() {
        return Verdict::Unused;
    }
    let mut unused_actions = Vec::new();
    let mut wider = Vec::new();
    if !statement.action.negated {
        for pattern in &statement.action.values {
            let mut one = statement.clone();
            one.action.values = vec![pattern.clone()];
            let of_it = covered(&one, principal, &used);
            if of_it.is_empty() {
                unused_actions.push(pattern.clone());
            } else if pattern.contains(['*', '?']) {
                wider.push(Wider {
                    pattern: pattern.clone(),
                    used: sorted(of_it.into_iter().map(|o| o.action)),
                });
            }
        }
    }
    if let Some(resource) = statement.resource.as_ref().filter(|r| !r.negated) {
        for pattern in resource.values.iter().filter(|p| p.contains(['*', '?'])) {
            let mut one = statement.clone();
            if let Some(resource) = &mut one.resource {
                resource.values = vec![pattern.clone()];
            }
            let general = covered(&one, principal, &used)
                .into_iter()
                .flat_map(|o| crate::rules::generalize(&o.action, &o.resource));
            let of_it = sorted(general);
            if !of_it.is_empty() && !of_it.contains(pattern) {
                wider.push(Wider {
                    pattern: pattern.clone(),
                    used: of_it,
                });
            }
        }
    }
    if unused_actions.is_empty() && wider.is_empty() {
        return Verdict::Used;
    }
    Verdict::Partly {
        unused_actions,
        wider,
    }
}

fn sorted(values: impl Iterator<Item = String>) -> Vec<String> {
    let set: std::collections::BTreeSet<String> = values.collect();
    set.into_iter().collect()
}

/// The observations that a statement alone would allow.
fn covered(
    statement: &Statement,
    principal: &Principal<'_>,
    seen: &[Observation],
) -> Vec<Observation> {
    let text = json!({"Version": "2012-10-17", "Statement": [statement.json()]}).to_string();
    let Ok(policy) = Policy::load(&text, PolicyKind::Identity) else {
        return Vec::new();
    };
    let identity = [NamedPolicy {
        name: "",
        policy: &policy,
    }];
    let layers = Layers {
        identity: &identity,
        ..Layers::default()
    };
    let allowed = |o: &&Observation| o.allowed && allows(&layers, principal, o);
    seen.iter().filter(allowed).cloned().collect()
}

/// Whether policies allow what was observed.
pub fn allows(layers: &Layers<'_>, principal: &Principal<'_>, observation: &Observation) -> bool {
    let mut context = Context::new();
    for (name, values) in &observation.keys {
        let value = match values.as_slice() {
            [only] => ContextValue::Str(only.as_str().into()),
            many => ContextValue::List(many.iter().map(|v| v.as_str().into()).collect()),
        };
        context.set_value(name.as_str(), value);
    }
    let request = Request {
        principal,
        action: &observation.action,
        resource: &observation.resource,
        resource_account: None,
        context: &context,
    };
    evaluate(&request, layers).allowed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(statements: serde_json::Value, seen: &[Observation]) -> Vec<Verdict> {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let policy = Policy::parse(&text, PolicyKind::Identity).unwrap();
        let principal = Principal::user("1", "arn:aws:iam::123456789012:user/a", "AIDA");
        let held = [Held {
            name: "p",
            policy: &policy,
        }];
        diff(&held, &principal, seen)
            .into_iter()
            .map(|usage| usage.verdict)
            .collect()
    }

    #[test]
    fn unused_partly_used_and_used() {
        let task = "arn:aws:ecs:us-east-1:123456789012:task/prod/0123456789abcdef0123456789abcdef";
        let general = "arn:aws:ecs:us-east-1:123456789012:task/prod/*";
        let seen = [
            Observation::allowed("ecs:StopTask", task),
            Observation::allowed("ecs:ListClusters", "*"),
            Observation {
                allowed: false,
                ..Observation::allowed("s3:GetObject", "arn:aws:s3:::b/k")
            },
        ];
        let statements = json!([
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "Action": ["ecs:StopTask", "ecs:RunTask"], "Resource": general},
            {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "ecs:StopTask", "Resource": general},
            {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "ecs:StopTask", "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}},
        ]);
        let wider = |pattern: &str, used: &[&str]| Wider {
            pattern: pattern.to_owned(),
            used: used.iter().map(|u| (*u).to_owned()).collect(),
        };
        assert_eq!(
            verdicts(statements, &seen),
            [
                Verdict::Unused,
                Verdict::Partly {
                    unused_actions: vec!["ecs:RunTask".to_owned()],
                    wider: Vec::new(),
                },
                // ListClusters has no resource but *.
                Verdict::Partly {
                    unused_actions: Vec::new(),
                    wider: vec![wider("ecs:*", &["ecs:ListClusters", "ecs:StopTask"])],
                },
                Verdict::Used,
                Verdict::Unused,
            ]
        );
        let stop = json!([{"Effect": "Allow", "Action": "ecs:StopTask", "Resource": "*"}]);
        assert_eq!(
            verdicts(stop, &seen),
            [Verdict::Partly {
                unused_actions: Vec::new(),
                wider: vec![wider("*", &[general])],
            }]
        );
    }
}
