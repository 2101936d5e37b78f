//! What was seen: one decision of one call.

/// One decision about a principal: an action on a resource under condition keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Observation {
    /// The action, such as `iam:PassRole`.
    pub action: String,
    /// The ARN that was decided on, or `*` for an action without resource types.
    pub resource: String,
    /// The condition keys that were set, with their values.
    pub keys: Vec<(String, Vec<String>)>,
    /// Whether it was allowed.
    pub allowed: bool,
}

impl Observation {
    /// An allowed decision without condition keys.
    pub fn allowed(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            keys: Vec::new(),
            allowed: true,
        }
    }

    /// The same with a condition key that has one value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.keys.push((key.into(), vec![value.into()]));
        self
    }

    /// The only value of a key; `None` if it is absent or has several. The case of letters of its
    /// name does not matter.
    pub fn value(&self, key: &str) -> Option<&str> {
        let (_, values) = self
            .keys
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        match values.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}
