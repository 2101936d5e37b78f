//! Policy documents as they are written out.

use serde_json::{Map, Value, json};

/// The values of an element, such as `Action`, and whether the element is its `Not` form.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Values {
    /// `NotAction` rather than `Action`.
    pub negated: bool,
    /// The values.
    pub values: Vec<String>,
}

/// A condition: operator, key and the values that it asks for.
pub type Condition = (String, String, Vec<String>);

/// A statement of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// `Sid`, if it has one.
    pub sid: Option<String>,
    /// Whether it denies.
    pub denies: bool,
    /// `Principal` or `NotPrincipal`, as (type, value); `("*", "*")` for the bare `"*"`.
    pub principals: Option<(bool, Vec<(String, String)>)>,
    /// `Action` or `NotAction`.
    pub action: Values,
    /// `Resource` or `NotResource`; none in trust policies.
    pub resource: Option<Values>,
    /// The conditions, in order.
    pub conditions: Vec<Condition>,
}

/// A text that is not a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a policy statement")]
pub struct NotAStatement;

impl Statement {
    /// Reads a statement from its JSON.
    ///
    /// # Errors
    /// [`NotAStatement`].
    pub fn read(json: &str) -> Result<Self, NotAStatement> {
        let value: Value = serde_json::from_str(json).map_err(|_| NotAStatement)?;
        Self::of(&value)
    }

    fn of(value: &Value) -> Result<Self, NotAStatement> {
        let element = |plain: &str, not: &str| match (value.get(plain), value.get(not)) {
            (Some(value), _) => Some(Values {
                negated: false,
                values: texts(value),
            }),
            (_, Some(value)) => Some(Values {
                negated: true,
                values: texts(value),
            }),
            _ => None,
        };
        Ok(Self {
            sid: value.get("Sid").and_then(Value::as_str).map(str::to_owned),
            denies: match value.get("Effect").and_then(Value::as_str) {
                Some("Allow") => false,
                Some("Deny") => true,
                _ => return Err(NotAStatement),
            },
            principals: match (value.get("Principal"), value.get("NotPrincipal")) {
                (Some(value), _) => Some((false, principals(value))),
                (_, Some(value)) => Some((true, principals(value))),
                _ => None,
            },
            action: element("Action", "NotAction").ok_or(NotAStatement)?,
            resource: element("Resource", "NotResource"),
            conditions: conditions(value.get("Condition")),
        })
    }

    /// The patterns of `Resource` or `NotResource`.
    pub fn resources(&self) -> &[String] {
        self.resource
            .as_ref()
            .map_or(&[], |resource| &resource.values)
    }

    /// The statement as JSON. Lists of one value are written as the value.
    pub fn json(&self) -> Value {
        let mut out = Map::new();
        if let Some(sid) = &self.sid {
            out.insert("Sid".to_owned(), json!(sid));
        }
        let effect = if self.denies { "Deny" } else { "Allow" };
        out.insert("Effect".to_owned(), json!(effect));
        if let Some((negated, entries)) = &self.principals {
            let name = if *negated {
                "NotPrincipal"
            } else {
                "Principal"
            };
            out.insert(name.to_owned(), principals_json(entries));
        }
        let name = if self.action.negated {
            "NotAction"
        } else {
            "Action"
        };
        out.insert(name.to_owned(), one_or_many(&self.action.values));
        if let Some(resource) = &self.resource {
            let name = if resource.negated {
                "NotResource"
            } else {
                "Resource"
            };
            out.insert(name.to_owned(), one_or_many(&resource.values));
        }
        if !self.conditions.is_empty() {
            let mut operators = Map::new();
            for (operator, key, values) in &self.conditions {
                let entry = operators.entry(operator.clone()).or_insert(json!({}));
                if let Some(keys) = entry.as_object_mut() {
                    keys.insert(key.clone(), one_or_many(values));
                }
            }
            out.insert("Condition".to_owned(), Value::Object(operators));
        }
        Value::Object(out)
    }
}

/// A policy document of Version 2012-10-17.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

impl PolicyDocument {
    /// The document as JSON.
    pub fn json(&self) -> Value {
        let statements: Vec<Value> = self.statements.iter().map(Statement::json).collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// How many characters of it count against IAM's limits: those that are not white space.
    pub fn len(&self) -> usize {
        rolecall_policy::non_whitespace_len(&self.json().to_string())
    }

    /// Whether it has no statement.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }
}

/// One value as itself, several as a list.
pub(crate) fn one_or_many(values: &[String]) -> Value {
    match values {
        [only] => json!(only),
        all => json!(all),
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        single => vec![text(single)],
    }
}

fn principals(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(types) => types
            .iter()
            .flat_map(|(kind, names)| texts(names).into_iter().map(|name| (kind.clone(), name)))
            .collect(),
        other => texts(other)
            .into_iter()
            .map(|name| ("*".to_owned(), name))
            .collect(),
    }
}

fn principals_json(entries: &[(String, String)]) -> Value {
    if entries.iter().any(|(kind, _)| kind == "*") {
        return json!("*");
    }
    let mut types: Vec<(&str, Vec<String>)> = Vec::new();
    for (kind, name) in entries {
        match types.iter_mut().find(|(known, _)| known == kind) {
            Some((_, names)) => names.push(name.clone()),
            None => types.push((kind, vec![name.clone()])),
        }
    }
    let types = types
        .into_iter()
        .map(|(kind, names)| (kind.to_owned(), one_or_many(&names)));
    Value::Object(types.collect())
}

fn conditions(value: Option<&Value>) -> Vec<Condition> {
    let operators = value.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, values)| (operator.clone(), key.clone(), texts(values)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_and_written() {
        for text in [
            r#"{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["a","b"]}}"#,
            r#"{"Effect":"Deny","NotAction":["a:b","c:d"],"NotResource":"*","Sid":"X"}"#,
            r#"{"Action":"a:b","Effect":"Allow","NotPrincipal":{"AWS":"1"},"Resource":"*"}"#,
            r#"{"Action":"a:b","Condition":{"Bool":{"k":"true"},"StringEquals":{"a":"1","b":["2","3"]}},"Effect":"Allow","Principal":"*","Resource":"*"}"#,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Statement::read(text).unwrap().json(), expected);
        }
        for text in [
            "",
            "[]",
            r#"{"Effect":"Allow"}"#,
            r#"{"Effect":"Maybe","Action":"a:b"}"#,
        ] {
            assert_eq!(Statement::read(text), Err(NotAStatement), "{text}");
        }
    }
}
