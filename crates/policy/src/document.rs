//! The grammar: from JSON to the elements of a policy, before any meaning is given to them.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use crate::error::PolicyError;
use crate::json::Json;
use crate::policy::PolicyKind;
use crate::validate;

/// A policy's elements as they were written, for tools that look at policies; what decides is a
/// [`Policy`](crate::Policy).
///
/// ```
/// use rolecall_policy::{Document, PolicyKind};
///
/// let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
///     "Action":"ecs:RunTask","NotResource":["a","b"]}}"#;
/// let document = Document::parse(text, PolicyKind::Identity)?;
/// let statement = document.statements.first().unwrap();
/// assert_eq!(statement.actions.as_ref().unwrap().values, ["ecs:RunTask"]);
/// assert!(statement.resources.as_ref().unwrap().negated);
/// # Ok::<(), rolecall_policy::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Document {
    /// The `Version`, if given.
    pub version: Option<String>,
    /// The statements, in the order written.
    pub statements: Vec<RawStatement>,
}

/// The elements of a statement, as written. See [`Document`].
///
/// ```
/// let statement = rolecall_policy::RawStatement::default();
/// assert!(statement.actions.is_none() && statement.conditions.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct RawStatement {
    /// The `Sid`, if given.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<RawPrincipals>,
    /// `Action` or `NotAction`.
    pub actions: Option<List>,
    /// `Resource` or `NotResource`.
    pub resources: Option<List>,
    /// Every key under every operator of the `Condition`.
    pub conditions: Vec<RawCondition>,
    /// The whole statement as compact JSON.
    pub json: String,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
///
/// ```
/// let all = rolecall_policy::List { negated: false, values: vec!["*".to_owned()] };
/// assert!(all.values.contains(&"*".to_owned()));
/// ```
#[derive(Debug)]
pub struct List {
    /// Whether it is the `Not` form.
    pub negated: bool,
    /// The values; a single one counts as a list of one.
    pub values: Vec<String>,
}

/// `Principal` or `NotPrincipal`.
///
/// ```
/// use rolecall_policy::{RawPrincipalEntries, RawPrincipals};
///
/// let everyone = RawPrincipals { negated: false, entries: RawPrincipalEntries::Star };
/// assert_eq!(everyone.entries, RawPrincipalEntries::Star);
/// ```
#[derive(Debug)]
pub struct RawPrincipals {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Who is named.
    pub entries: RawPrincipalEntries,
}

/// Who a `Principal` or `NotPrincipal` names. See [`RawPrincipals`].
///
/// ```
/// use rolecall_policy::RawPrincipalEntries;
///
/// let service = ("Service".to_owned(), "ecs-tasks.amazonaws.com".to_owned());
/// assert_ne!(RawPrincipalEntries::Typed(vec![service]), RawPrincipalEntries::Star);
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum RawPrincipalEntries {
    /// The bare `"*"`.
    Star,
    /// (type, value), such as (`AWS`, `123456789012`).
    Typed(Vec<(String, String)>),
}

/// One key under one operator of a `Condition`.
///
/// ```
/// let condition = rolecall_policy::RawCondition {
///     operator: "StringEquals".to_owned(),
///     key: "aws:RequestedRegion".to_owned(),
///     values: vec!["us-east-1".to_owned()],
/// };
/// assert_eq!(condition.values.len(), 1);
/// ```
#[derive(Debug)]
pub struct RawCondition {
    /// The operator with its qualifiers, such as `ForAnyValue:StringLike`.
    pub operator: String,
    /// The condition key.
    pub key: String,
    /// The values, numbers and Booleans as text.
    pub values: Vec<String>,
}

/// Why a document is not a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrammarError {
    NotJson,
    Syntax,
}

type Grammar<T> = Result<T, GrammarError>;

impl Document {
    /// Reads a document that follows the grammar; see [`Policy::load`](crate::Policy::load), which
    /// accepts the same ones but for unknown operators. `kind` decides the words of the refusal.
    ///
    /// ```
    /// use rolecall_policy::{Document, PolicyKind};
    ///
    /// let error = Document::parse("{}", PolicyKind::Identity).unwrap_err();
    /// assert_eq!(error.to_string(), "Syntax errors in policy.");
    /// ```
    ///
    /// # Errors
    /// `MalformedPolicyDocument` if the text is not a policy.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        Self::read(text)
            .map_err(|error| validate::not_a_policy(error == GrammarError::Syntax, kind))
    }

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
