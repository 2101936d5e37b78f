//! A policy document as it was written, compiled once.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rolecall_policy::{Policy, PolicyError, PolicyKind};
use serde::{Deserialize, Serialize};

/// The text of a policy document and, from its first use on, its compiled form.
///
/// Serialized as the text. Cloning shares the compiled form if there is one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct PolicyText {
    text: Arc<str>,
    compiled: OnceLock<Option<Arc<Policy>>>,
}

impl PolicyText {
    /// Parses and validates `text`, and keeps the compiled form with it.
    ///
    /// # Errors
    /// AWS's `MalformedPolicyDocument`, with AWS's message.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let policy = Policy::parse(text, kind)?;
        let compiled = OnceLock::new();
        let _ = compiled.set(Some(Arc::new(policy)));
        Ok(Self {
            text: text.into(),
            compiled,
        })
    }

    /// The document as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The compiled form, or `None` if a stored text no longer compiles: then it grants nothing
    /// and the call that needed it is refused.
    ///
    /// A text has one place, so `kind` is the same on every call.
    pub fn compiled(&self, kind: PolicyKind) -> Option<&Arc<Policy>> {
        self.compiled
            .get_or_init(|| Policy::load(&self.text, kind).ok().map(Arc::new))
            .as_ref()
    }
}

impl From<String> for PolicyText {
    fn from(text: String) -> Self {
        Self {
            text: text.into(),
            compiled: OnceLock::new(),
        }
    }
}

impl From<PolicyText> for String {
    fn from(text: PolicyText) -> Self {
        text.text.to_string()
    }
}

impl fmt::Debug for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for PolicyText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
