//! Resource tags: ordered key and value pairs with AWS's limits.
//!
//! Source: AWS Tagging best practices and the IAM and ECS API references (50 tags, keys of 128
//! and values of 256 characters, the `aws:` prefix reserved).

use serde::{Deserialize, Serialize};

/// The most tags that a resource carries.
pub const TAGS_MAX: usize = 50;

/// The tags of one resource, in the order in which they were first set. Keys are case-sensitive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// From pairs; a later pair with the same key replaces the value of an earlier one.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut tags = Self::default();
        for (key, value) in pairs {
            tags.set(key, value);
        }
        tags
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }

    /// Sets the value under `key`, in its place if the key was there.
    pub fn set(&mut self, key: String, value: String) {
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some(tag) => tag.1 = value,
            None => self.0.push((key, value)),
        }
    }

    /// Removes `key` if it was there.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Tags {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self::from_pairs(pairs)
    }
}
