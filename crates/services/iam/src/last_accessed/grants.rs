//! Which services and actions a policy's Allow statements name.

use std::collections::BTreeSet;

use rolecall_api::SERVICES;
use serde_json::Value;

/// The action patterns of the Allow statements of some policies.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// Patterns of `Action` elements, lower case.
    allowed: Vec<String>,
    /// Patterns of each `NotAction` element, lower case.
    all_but: Vec<Vec<String>>,
}

impl Grants {
    /// Adds the Allow statements of a policy document.
    pub(super) fn add(&mut self, document: &str) {
        self.add_statements(document, |statement| {
            statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        });
    }

    /// Adds, as if it were allowed, what a document denies whoever asks and whatever they ask for:
    /// its Deny statements on `*` without a condition.
    pub(super) fn add_denied(&mut self, document: &str) {
        self.add_statements(document, |statement| {
            let everything = patterns(statement.get("Resource")).iter().any(|r| r == "*");
            let deny = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
            deny && everything && statement.get("Condition").is_none()
        });
    }

    fn add_statements(&mut self, document: &str, wanted: impl Fn(&Value) -> bool) {
        let Ok(document) = serde_json::from_str::<Value>(document) else {
            return;
        };
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(statement) => vec![statement],
            None => Vec::new(),
        };
        for statement in statements {
            if !wanted(statement) {
                continue;
            }
            self.allowed.extend(patterns(statement.get("Action")));
            if let Some(but) = statement.get("NotAction") {
                self.all_but.push(patterns(Some(but)));
            }
        }
    }

    /// The namespaces of the services: those that are named, and with wildcards all that are
    /// modelled here.
    pub(super) fn services(&self) -> BTreeSet<String> {
        let named = self
            .allowed
            .iter()
            .filter_map(|pattern| pattern.split_once(':'));
        let mut found: BTreeSet<String> = named.map(|(service, _)| service.to_owned()).collect();
        if !self.all_but.is_empty() || self.allowed.iter().any(|pattern| pattern == "*") {
            found.extend(
                SERVICES
                    .iter()
                    .map(|service| service.signing_name.to_owned()),
            );
        }
        found
    }

    /// The actions of a service that are modelled here and allowed.
    pub(super) fn actions(&self, namespace: &str) -> BTreeSet<&'static str> {
        let of = SERVICES
            .iter()
            .filter(|service| service.signing_name == namespace);
        let operations = of.flat_map(|service| service.operations.iter().map(|o| o.name));
        // Permissions without an operation of their own.
        let pass_role = (namespace == "iam").then_some("PassRole");
        operations
            .chain(pass_role)
            .filter(|action| self.allows(namespace, action))
            .collect()
    }

    /// Whether anything of a service is named, by itself or with all others.
    pub(super) fn names(&self, namespace: &str) -> bool {
        let of = |pattern: &String| {
            pattern == "*"
                || pattern
                    .split_once(':')
                    .is_some_and(|(service, _)| service.eq_ignore_ascii_case(namespace))
        };
        self.allowed.iter().any(of) || self.all_but.iter().any(|but| !covers(but, namespace))
    }

    /// Whether everything of a service is named.
    pub(super) fn names_all_of(&self, namespace: &str) -> bool {
        covers(&self.allowed, namespace)
            || self.all_but.iter().any(|but| {
                let of = |pattern: &String| {
                    pattern == "*" || pattern.starts_with(&format!("{namespace}:"))
                };
                !but.iter().any(of)
            })
    }

    /// Whether an action is named.
    pub(super) fn allows(&self, namespace: &str, action: &str) -> bool {
        let action = format!("{namespace}:{action}").to_lowercase();
        let any = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, &action));
        any(&self.allowed) || self.all_but.iter().any(|but| !any(but))
    }
}

/// Whether a pattern is for all actions of a service.
fn covers(patterns: &[String], namespace: &str) -> bool {
    let all = format!("{namespace}:*");
    patterns
        .iter()
        .any(|pattern| pattern == "*" || *pattern == all)
}

/// The strings of an element, lower case: letter case is nothing to actions.
fn patterns(element: Option<&Value>) -> Vec<String> {
    let all = match element {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let texts = all.into_iter().filter_map(Value::as_str);
    texts.map(str::to_lowercase).collect()
}

/// Whether a pattern with `*` and `?` fits a text; both ASCII as actions are.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(letter) if *letter == b'?' || Some(letter) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|letter| *letter == b'*')
}

/// The service's name as people know it.
///
/// Source: Service Authorization Reference, the names of its pages.
pub(super) fn service_name(namespace: &str) -> String {
    let known = match namespace {
        "cloudtrail" => "AWS CloudTrail",
        "ecr" => "Amazon Elastic Container Registry",
        "ecs" => "Amazon Elastic Container Service",
        "iam" => "AWS Identity and Access Management",
        "logs" => "Amazon CloudWatch Logs",
        "organizations" => "AWS Organizations",
        "s3" => "Amazon S3",
        "secretsmanager" => "AWS Secrets Manager",
        "ssm" => "AWS Systems Manager",
        "sts" => "AWS Security Token Service",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(statements: &str) -> Grants {
        let mut grants = Grants::default();
        grants.add(&format!(
            r#"{{"Version":"2012-10-17","Statement":{statements}}}"#
        ));
        grants
    }

    #[test]
    fn services_are_those_that_are_named_or_all() {
        let some = grants(
            r#"[{"Effect":"Allow","Action":["ecs:RunTask","S3:*"],"Resource":"*"},
                {"Effect":"Deny","Action":"iam:*","Resource":"*"}]"#,
        );
        assert_eq!(
            some.services().into_iter().collect::<Vec<_>>(),
            ["ecs", "s3"]
        );
        let all = grants(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
        assert!(all.services().contains("logs"));
        let but = grants(r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#);
        assert!(but.actions("ecs").contains("RunTask"));
        assert!(but.actions("iam").is_empty());
    }

    #[test]
    fn actions_are_matched_with_wildcards_in_any_case() {
        let some = grants(
            r#"{"Effect":"Allow","Action":["ecs:describetask*","iam:P?ssRole"],"Resource":"*"}"#,
        );
        let ecs: Vec<_> = some.actions("ecs").into_iter().collect();
        assert_eq!(
            ecs,
            [
                "DescribeTaskDefinition",
                "DescribeTaskSets",
                "DescribeTasks"
            ]
        );
        assert_eq!(
            some.actions("iam").into_iter().collect::<Vec<_>>(),
            ["PassRole"]
        );
        for (pattern, text, wanted) in [
            ("*", "", true),
            ("a*b*c", "aXbYbc", true),
            ("a*b", "ac", false),
            ("a?", "a", false),
        ] {
            assert_eq!(fits(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
