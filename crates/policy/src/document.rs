//! The grammar: from JSON to the elements of a policy, before any meaning is given to them.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use crate::json::Json;

/// The elements of a document.
#[derive(Debug)]
pub(crate) struct Document {
    /// The `Version`, if given.
    pub(crate) version: Option<String>,
    pub(crate) statements: Vec<RawStatement>,
}

/// The elements of a statement, as written.
#[derive(Debug, Default)]
pub(crate) struct RawStatement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: String,
    pub(crate) principals: Option<RawPrincipals>,
    pub(crate) actions: Option<List>,
    pub(crate) resources: Option<List>,
    pub(crate) conditions: Vec<RawCondition>,
    /// The whole statement as compact JSON.
    pub(crate) json: String,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) negated: bool,
    pub(crate) values: Vec<String>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug)]
pub(crate) struct RawPrincipals {
    pub(crate) negated: bool,
    pub(crate) entries: RawPrincipalEntries,
}

#[derive(Debug)]
pub(crate) enum RawPrincipalEntries {
    /// The bare `"*"`.
    Star,
    /// (type, value), such as (`AWS`, `123456789012`).
    Typed(Vec<(String, String)>),
}

/// One key under one operator.
#[derive(Debug)]
pub(crate) struct RawCondition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// Why a document is not a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrammarError {
    NotJson,
    Syntax,
}

type Grammar<T> = Result<T, GrammarError>;

impl Document {
    pub(crate) fn read(text: &str) -> Grammar<Self> {
        let json = Json::parse(text).ok_or(GrammarError::NotJson)?;
        let Json::Object(elements) = json else {
            return Err(GrammarError::Syntax);
        };
        let mut version = None;
        let mut statements = None;
        for (name, value) in elements {
            match (name.as_str(), value) {
                ("Version", Json::String(text))
                    if matches!(text.as_str(), "2008-10-17" | "2012-10-17") =>
                {
                    version = Some(text);
                }
                ("Id", Json::String(_)) => {}
                ("Statement", Json::Array(items)) => statements = Some(items),
                ("Statement", single @ Json::Object(_)) => statements = Some(vec![single]),
                _ => return Err(GrammarError::Syntax),
            }
        }
        let statements = statements
            .filter(|all| !all.is_empty())
            .ok_or(GrammarError::Syntax)?;
        let statements = statements
            .into_iter()
            .map(RawStatement::read)
            .collect::<Grammar<_>>()?;
        Ok(Self {
            version,
            statements,
        })
    }

    /// Whether `${...}` is a policy variable.
    pub(crate) fn has_variables(&self) -> bool {
        self.version.as_deref() == Some("2012-10-17")
    }
}

impl RawStatement {
    pub(crate) fn read(json: Json) -> Grammar<Self> {
        let mut text = String::new();
        json.write(&mut text);
        let Json::Object(elements) = json else {
            return Err(GrammarError::Syntax);
        };
        let mut statement = Self {
            json: text,
            ..Self::default()
        };
        let mut effect = None;
        for (name, value) in elements {
            match (name.as_str(), value) {
                ("Sid", Json::String(sid)) => {
                    statement.sid = Some(sid);
                }
                ("Effect", Json::String(text)) if is_effect(&text) => {
                    effect = Some(text);
                }
                ("Action" | "NotAction", value) => {
                    put(
                        &mut statement.actions,
                        read_list(value, name == "NotAction")?,
                    )?;
                }
                ("Resource" | "NotResource", value) => {
                    put(
                        &mut statement.resources,
                        read_list(value, name == "NotResource")?,
                    )?;
                }
                ("Principal" | "NotPrincipal", value) => {
                    let principals = RawPrincipals {
                        negated: name == "NotPrincipal",
                        entries: read_principals(value)?,
                    };
                    put(&mut statement.principals, principals)?;
                }
                ("Condition", Json::Object(operators)) => {
                    statement.conditions = read_conditions(operators)?;
                }
                _ => return Err(GrammarError::Syntax),
            }
        }
        statement.effect = effect.ok_or(GrammarError::Syntax)?;
        Ok(statement)
    }
}

/// Any letter case passes here; IAM refuses the wrong ones later, with another message.
fn is_effect(text: &str) -> bool {
    text.eq_ignore_ascii_case("Allow") || text.eq_ignore_ascii_case("Deny")
}

/// An element and its `Not` form exclude each other.
fn put<T>(slot: &mut Option<T>, value: T) -> Grammar<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(GrammarError::Syntax),
    }
}

fn read_list(value: Json, negated: bool) -> Grammar<List> {
    let values = match value {
        Json::String(text) => vec![text],
        Json::Array(items) => items
            .into_iter()
            .filter_map(|item| match item {
                Json::String(text) => Some(Ok(text)),
                // IAM takes null among the resources and ignores it.
                Json::Null => None,
                _ => Some(Err(GrammarError::Syntax)),
            })
            .collect::<Grammar<_>>()?,
        _ => return Err(GrammarError::Syntax),
    };
    Ok(List { negated, values })
}

fn read_principals(value: Json) -> Grammar<RawPrincipalEntries> {
    let types = match value {
        Json::String(text) if text == "*" => return Ok(RawPrincipalEntries::Star),
        Json::Object(types) => types,
        _ => return Err(GrammarError::Syntax),
    };
    let mut entries = Vec::new();
    for (name, values) in types {
        if !matches!(
            name.as_str(),
            "AWS" | "Federated" | "Service" | "CanonicalUser"
        ) {
            return Err(GrammarError::Syntax);
        }
        let values = read_list(values, false)?.values;
        entries.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    Ok(RawPrincipalEntries::Typed(entries))
}

fn read_conditions(operators: Vec<(String, Json)>) -> Grammar<Vec<RawCondition>> {
    let mut all = Vec::new();
    for (operator, keys) in operators {
        let Json::Object(keys) = keys else {
            return Err(GrammarError::Syntax);
        };
        for (key, values) in keys {
            let values = match values {
                Json::Array(items) => items.into_iter().map(scalar).collect::<Grammar<_>>()?,
                single => vec![scalar(single)?],
            };
            all.push(RawCondition {
                operator: operator.clone(),
                key,
                values,
            });
        }
    }
    Ok(all)
}

/// Quotation marks are optional for numbers and Booleans.
fn scalar(value: Json) -> Grammar<String> {
    match value {
        Json::String(text) | Json::Number(text) => Ok(text),
        Json::Bool(true) => Ok("true".to_owned()),
        Json::Bool(false) => Ok("false".to_owned()),
        Json::Null | Json::Array(_) | Json::Object(_) => Err(GrammarError::Syntax),
    }
}
