//! A policy document as it was written, compiled once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rolecall_policy::{Policy, PolicyError, PolicyKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The text of a policy document and, from its first use on, its compiled form.
///
/// Serialized as the text, or as the text and its tied principals if there are any. Cloning shares
/// the compiled form if there is one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct PolicyText {
    text: Arc<str>,
    /// The unique ids of the users and roles that the document names, by ARN.
    tied: Arc<BTreeMap<String, String>>,
    compiled: OnceLock<Option<Arc<Policy>>>,
}

impl PolicyText {
    /// Parses and validates `text`, and keeps the compiled form with it.
    ///
    /// # Errors
    /// AWS's `MalformedPolicyDocument`, with AWS's message.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let policy = Policy::parse(text, kind)?;
        Ok(Self::with(text, BTreeMap::new(), policy))
    }

    /// As [`Self::parse`], and ties each user and role that the document names as a principal to
    /// the unique id that `resolve` gives for its ARN: one made anew under the same name is
    /// somebody else.
    ///
    /// Source: IAM User Guide, "AWS JSON policy elements: Principal", "IAM role principals".
    ///
    /// # Errors
    /// AWS's `MalformedPolicyDocument`, with AWS's message; also for a principal that `resolve`
    /// does not know.
    pub fn parse_tied(
        text: &str,
        kind: PolicyKind,
        mut resolve: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, PolicyError> {
        let mut tied = BTreeMap::new();
        let policy = Policy::parse(text, kind)?.resolve_principals(|arn| {
            let id = resolve(arn)?;
            tied.insert(arn.to_owned(), id.clone());
            Some(id)
        })?;
        Ok(Self::with(text, tied, policy))
    }

    fn with(text: &str, tied: BTreeMap<String, String>, policy: Policy) -> Self {
        let compiled = OnceLock::new();
        let _ = compiled.set(Some(Arc::new(policy)));
        Self {
            text: text.into(),
            tied: Arc::new(tied),
            compiled,
        }
    }

    /// The document as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document as AWS shows it: a tied principal for whose ARN `now` no longer gives the same
    /// unique id is shown by that id.
    pub fn shown(&self, mut now: impl FnMut(&str) -> Option<String>) -> Cow<'_, str> {
        let gone: BTreeMap<&str, &str> = self
            .tied
            .iter()
            .filter(|(arn, id)| now(arn).as_deref() != Some(id.as_str()))
            .map(|(arn, id)| (arn.as_str(), id.as_str()))
            .collect();
        if gone.is_empty() {
            return Cow::Borrowed(&self.text);
        }
        match serde_json::from_str::<Value>(&self.text) {
            Ok(mut document) => {
                show_gone(&mut document, &gone, false);
                Cow::Owned(document.to_string())
            }
            Err(_) => Cow::Borrowed(&self.text),
        }
    }

    /// The compiled form, or `None` if a stored text no longer compiles: then it grants nothing
    /// and the call that needed it is refused.
    ///
    /// A text has one place, so `kind` is the same on every call.
    pub fn compiled(&self, kind: PolicyKind) -> Option<&Arc<Policy>> {
        self.compiled
            .get_or_init(|| {
                let policy = Policy::load(&self.text, kind).ok()?;
                let tied = if self.tied.is_empty() {
                    policy
                } else {
                    policy
                        .resolve_principals(|arn| self.tied.get(arn).cloned())
                        .ok()?
                };
                Some(Arc::new(tied))
            })
            .as_ref()
    }
}

/// Replaces the ARNs of `gone` inside `Principal` and `NotPrincipal` elements.
fn show_gone(value: &mut Value, gone: &BTreeMap<&str, &str>, inside: bool) {
    match value {
        Value::String(text) if inside => {
            if let Some(id) = gone.get(text.as_str()) {
                (*id).clone_into(text);
            }
        }
        Value::Array(items) => {
            for item in items {
                show_gone(item, gone, inside);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let inside = inside || name == "Principal" || name == "NotPrincipal";
                show_gone(member, gone, inside);
            }
        }
        _ => {}
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Tied {
        text: String,
        tied: BTreeMap<String, String>,
    },
}

impl From<Stored> for PolicyText {
    fn from(stored: Stored) -> Self {
        let (text, tied) = match stored {
            Stored::Text(text) => (text, BTreeMap::new()),
            Stored::Tied { text, tied } => (text, tied),
        };
        Self {
            text: text.into(),
            tied: Arc::new(tied),
            compiled: OnceLock::new(),
        }
    }
}

impl From<PolicyText> for Stored {
    fn from(policy: PolicyText) -> Self {
        let text = policy.text.to_string();
        if policy.tied.is_empty() {
            Self::Text(text)
        } else {
            Self::Tied {
                text,
                tied: BTreeMap::clone(&policy.tied),
            }
        }
    }
}

impl From<String> for PolicyText {
    fn from(text: String) -> Self {
        Stored::Text(text).into()
    }
}

impl fmt::Debug for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for PolicyText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.tied == other.tied
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:iam::123456789012:role/deployer";
    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":
        {"AWS":"arn:aws:iam::123456789012:role/deployer"},"Action":"sts:AssumeRole"}}"#;

    #[test]
    fn a_tied_text_survives_storage_and_shows_the_id_once_its_role_is_gone() {
        let tied: PolicyText = Stored::Tied {
            text: TRUST.to_owned(),
            tied: BTreeMap::from([(ARN.to_owned(), "AROAONE".to_owned())]),
        }
        .into();
        let json = serde_json::to_string(&tied).unwrap();
        let back: PolicyText = serde_json::from_str(&json).unwrap();
        assert_eq!(back, tied);
        assert_eq!(back.shown(|_| Some("AROAONE".to_owned())), TRUST);
        for now in [None, Some("AROATWO".to_owned())] {
            let shown = back.shown(|_| now.clone());
            assert!(shown.contains(r#""AWS":"AROAONE""#), "{shown}");
            assert!(!shown.contains(ARN), "{shown}");
        }
    }

    #[test]
    fn a_plain_text_is_stored_as_a_string() {
        let plain = PolicyText::from("{}".to_owned());
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#""{}""#);
    }
}
