//! A policy document as the simulator takes it: whole, statement by statement, and with the places
//! of its statements in the text.

use std::collections::BTreeSet;
use std::sync::Arc;

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_policy::{Effect, Policy, PolicyKind};
use serde_json::Value;

use crate::errors;

/// What kind of policy a statement came from, as the simulator names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A policy of the identity, or its permissions boundary.
    Identity,
    /// The policy of the resource.
    Resource,
}

/// One statement, compiled alone.
pub(crate) struct Single {
    /// The policy of this statement only.
    pub(crate) policy: Policy,
    /// What the statement does.
    pub(crate) effect: Effect,
    start: (i32, i32),
    end: (i32, i32),
}

/// A policy of a simulation.
pub(crate) struct Document {
    /// The name that results show: a policy's name, `user_alice_inline`, `PolicyInputList.1`.
    pub(crate) id: String,
    /// Where it came from.
    pub(crate) origin: Origin,
    /// The whole policy.
    pub(crate) policy: Arc<Policy>,
    /// Its statements.
    pub(crate) singles: Vec<Single>,
    /// The condition keys and variables that it looks at, as they are written.
    pub(crate) keys: BTreeSet<String>,
}

impl Document {
    /// From the text of a policy that is given for the simulation.
    ///
    /// # Errors
    /// `InvalidInput` for what is not a policy of `kind`.
    pub(crate) fn given(
        id: String,
        text: &str,
        kind: PolicyKind,
        origin: Origin,
    ) -> Result<Self, AwsError> {
        let policy = Policy::parse(text, kind)
            .map_err(|error| errors::invalid_input(error.message().to_owned()))?;
        Self::new(id, text, Arc::new(policy), origin).ok_or_else(|| {
            errors::invalid_input("The policy document cannot be simulated.".to_owned())
        })
    }

    /// From a policy that is attached; `None` if its text cannot be taken apart.
    pub(crate) fn new(id: String, text: &str, policy: Arc<Policy>, origin: Origin) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        let version = json.get("Version").and_then(Value::as_str);
        let statements = match json.get("Statement")? {
            Value::Array(statements) => statements.iter().collect(),
            one => vec![one],
        };
        let places = places(text);
        if places.len() != statements.len() || statements.len() != policy.statements().len() {
            return None;
        }
        let mut singles = Vec::with_capacity(statements.len());
        let mut keys = BTreeSet::new();
        let has_variables = version == Some("2012-10-17");
        for (statement, (start, end)) in statements.iter().zip(places) {
            let mut alone = serde_json::Map::new();
            if let Some(version) = version {
                alone.insert("Version".to_owned(), version.into());
            }
            alone.insert("Statement".to_owned(), (*statement).clone());
            let policy = Policy::load(&Value::Object(alone).to_string(), policy.kind()).ok()?;
            let effect = policy.statements().first()?.effect();
            condition_keys(statement, has_variables, &mut keys);
            singles.push(Single {
                policy,
                effect,
                start,
                end,
            });
        }
        Some(Self {
            id,
            origin,
            policy,
            singles,
            keys,
        })
    }

    /// A statement as results show it.
    pub(crate) fn matched(&self, single: &Single) -> api::Statement {
        let position = |(line, column)| api::Position {
            line: Some(line),
            column: Some(column),
        };
        let kind = match self.origin {
            Origin::Identity => "IAM Policy",
            Origin::Resource => "Resource Policy",
        };
        api::Statement {
            source_policy_id: Some(self.id.clone()),
            source_policy_type: Some(kind.to_owned()),
            start_position: Some(position(single.start)),
            end_position: Some(position(single.end)),
        }
    }
}

/// The condition keys and policy variables of a policy's text, in order.
///
/// # Errors
/// `InvalidInput` for a text that is not a policy.
pub(crate) fn keys_of(text: &str) -> Result<BTreeSet<String>, AwsError> {
    let malformed = |message: &str| errors::invalid_input(message.to_owned());
    // A policy of either kind may be asked about: resource policies have principals.
    if let Err(error) = Policy::load(text, PolicyKind::Resource) {
        return Err(malformed(error.message()));
    }
    let json: Value =
        serde_json::from_str(text).map_err(|_| malformed("Syntax errors in policy."))?;
    let has_variables = json.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let mut keys = BTreeSet::new();
    match json.get("Statement") {
        Some(Value::Array(statements)) => {
            for statement in statements {
                condition_keys(statement, has_variables, &mut keys);
            }
        }
        Some(statement) => condition_keys(statement, has_variables, &mut keys),
        None => {}
    }
    Ok(keys)
}

fn condition_keys(statement: &Value, has_variables: bool, keys: &mut BTreeSet<String>) {
    let mut add = |key: &str| {
        if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            keys.insert(key.to_owned());
        }
    };
    let operators = statement.get("Condition").and_then(Value::as_object);
    for tests in operators.into_iter().flatten().map(|(_, tests)| tests) {
        for (key, values) in tests.as_object().into_iter().flatten() {
            add(key);
            if has_variables {
                variables(values, &mut add);
            }
        }
    }
    if has_variables {
        for element in ["Resource", "NotResource"] {
            if let Some(values) = statement.get(element) {
                variables(values, &mut add);
            }
        }
    }
}

/// The keys of `${key}` and `${key, 'default'}`; `${*}`, `${?}` and `${$}` are characters.
fn variables(value: &Value, add: &mut impl FnMut(&str)) {
    match value {
        Value::Array(values) => {
            for value in values {
                variables(value, add);
            }
        }
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((_, after)) = rest.split_once("${") {
                let Some((name, behind)) = after.split_once('}') else {
                    return;
                };
                let key = name.split_once(',').map_or(name, |(key, _)| key).trim();
                if key.contains(':') {
                    add(key);
                }
                rest = behind;
            }
        }
        _ => {}
    }
}

/// Where each statement begins and ends, as (line, column) counted from 1: from just behind the
/// bracket or comma before it, or its brace if it is the only one and in no list, to just behind
/// its closing brace. So it is in AWS's examples of `simulate-custom-policy` and in what AWS is
/// known to have answered about policies with lists.
fn places(text: &str) -> Vec<((i32, i32), (i32, i32))> {
    let mut found = Vec::new();
    let (mut line, mut column) = (1, 1);
    let mut depth = 0usize;
    // The depth at which statements open: 1 for a single one, 2 inside an array.
    let mut inside: Option<usize> = None;
    let mut start = (0, 0);
    let mut string: Option<String> = None;
    let mut escaped = false;
    let mut key = String::new();
    for c in text.chars() {
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
        if let Some(open) = &mut string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => key = string.take().unwrap_or_default(),
                c => open.push(c),
            }
            continue;
        }
        match c {
            '"' => string = Some(String::new()),
            ':' if depth == 1 && key == "Statement" => inside = Some(1),
            '{' | '[' => {
                if c == '[' && inside == Some(1) && depth == 1 {
                    inside = Some(2);
                    start = (line, column);
                } else if c == '{' && inside == Some(1) && depth == 1 {
                    start = (line, column);
                }
                depth += 1;
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if c == '}' && inside == Some(depth) {
                    found.push((start, (line, column)));
                }
                if depth <= 1 {
                    inside = inside.filter(|at| *at == 2 && depth == 2);
                }
            }
            ',' if depth == 1 => inside = None,
            ',' if depth == 2 && inside == Some(2) => start = (line, column),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places that the AWS CLI's examples show for these documents.
    #[test]
    fn statements_are_placed_as_aws_places_them() {
        let one = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;
        assert_eq!(places(one), [((1, 38), (1, 167))]);
        let two = "{\n \"Statement\": [\n  {\"Sid\": \"a}\\\"\", \"Action\": [\"x:y\"]},\n  {\n  }\n ], \"Id\": {}\n}";
        assert_eq!(places(two), [((2, 16), (3, 37)), ((3, 38), (5, 4))]);
        let list = r#"{"Version":"2012-10-17","Statement":[{"A":{"b":[1,{}]}},{"c":[]}]}"#;
        assert_eq!(places(list), [((1, 38), (1, 56)), ((1, 57), (1, 65))]);
        let managed = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \
                       \"Effect\": \"Allow\",\n      \"Action\": \"*\",\n      \
                       \"Resource\": \"*\"\n    }\n  ]\n}";
        assert_eq!(places(managed), [((3, 17), (8, 6))]);
    }

    #[test]
    fn keys_are_those_of_conditions_and_variables() {
        let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",
            "Resource":"arn:aws:s3:::b/${aws:username}/${*}/${aws:PrincipalTag/t, 'x'}",
            "Condition":{"StringLike":{"s3:prefix":["${aws:userid}/*"],"S3:PREFIX":"x"}}}]}"#;
        let keys: Vec<String> = keys_of(text).unwrap().into_iter().collect();
        assert_eq!(keys.len(), 4, "{keys:?}");
        for key in ["aws:PrincipalTag/t", "aws:userid", "aws:username"] {
            assert!(keys.iter().any(|k| k == key), "{key} in {keys:?}");
        }
        assert!(keys_of("{").is_err());
    }
}
