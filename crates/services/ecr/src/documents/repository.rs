//! A repository and its settings.

use rolecall_base::{AccountId, Region, Tags, Timestamp};
use rolecall_identity::PolicyText;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// Whether the tags of a repository can be moved to another image.
///
/// Source: ECR API Reference, `Repository`, `imageTagMutability`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mutability {
    /// Tags can be overwritten.
    #[default]
    #[serde(rename = "MUTABLE")]
    Mutable,
    /// Tags can't be overwritten.
    #[serde(rename = "IMMUTABLE")]
    Immutable,
    /// Tags can be overwritten, but for those that a filter matches.
    #[serde(rename = "MUTABLE_WITH_EXCLUSION")]
    MutableWithExclusion,
    /// Tags can't be overwritten, but for those that a filter matches.
    #[serde(rename = "IMMUTABLE_WITH_EXCLUSION")]
    ImmutableWithExclusion,
}

impl Mutability {
    /// From the API's word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "MUTABLE" => Self::Mutable,
            "IMMUTABLE" => Self::Immutable,
            "MUTABLE_WITH_EXCLUSION" => Self::MutableWithExclusion,
            "IMMUTABLE_WITH_EXCLUSION" => Self::ImmutableWithExclusion,
            _ => return None,
        })
    }

    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mutable => "MUTABLE",
            Self::Immutable => "IMMUTABLE",
            Self::MutableWithExclusion => "MUTABLE_WITH_EXCLUSION",
            Self::ImmutableWithExclusion => "IMMUTABLE_WITH_EXCLUSION",
        }
    }

    /// Whether it takes filters.
    pub fn with_exclusion(self) -> bool {
        matches!(
            self,
            Self::MutableWithExclusion | Self::ImmutableWithExclusion
        )
    }
}

/// A filter over tags that are excluded from the repository's mutability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusionFilter {
    /// `WILDCARD`.
    pub kind: String,
    /// The pattern, in which `*` stands for any number of characters.
    pub filter: String,
}

impl ExclusionFilter {
    /// Whether the filter is about `tag`.
    pub fn matches(&self, tag: &str) -> bool {
        wildcard(&self.filter, tag)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any number of characters.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match text.split_once(piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

/// A lifecycle policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// The policy, as compact JSON.
    pub text: String,
    /// When it was put; `None` if that was before policies were carried out.
    #[serde(default)]
    pub put: Option<Timestamp>,
    /// When images were last expired by it; `None` if it is new.
    #[serde(default)]
    pub evaluated: Option<Timestamp>,
}

/// A lifecycle policy that is tried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The policy, as compact JSON.
    pub text: String,
    /// When it was started: later images are not in it.
    pub at: Timestamp,
}

/// A repository. Keyed `{account}/{region}/{name}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Repository {
    /// The registry: the account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The name, with its namespace, such as `team/app`.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether its tags can be overwritten.
    pub mutability: Mutability,
    /// Exceptions from that.
    pub exclusion_filters: Vec<ExclusionFilter>,
    /// Whether images are to be scanned when they are pushed; a setting only.
    pub scan_on_push: bool,
    /// `AES256`.
    pub encryption_type: String,
    /// Its tags.
    pub tags: Tags,
    /// The repository policy, as AWS prints it.
    pub policy: Option<PolicyText>,
    /// The lifecycle policy.
    pub lifecycle: Option<Lifecycle>,
    /// The last preview of a lifecycle policy.
    #[serde(default)]
    pub preview: Option<Preview>,
}

impl Document for Repository {
    const KIND: &'static str = "ecr.repository";
    const VERSION: u32 = 1;
}

impl Repository {
    /// Whether a tag that is there may not be moved to another image.
    pub fn is_immutable(&self, tag: &str) -> bool {
        let excluded = || {
            self.exclusion_filters
                .iter()
                .any(|filter| filter.matches(tag))
        };
        match self.mutability {
            Mutability::Mutable => false,
            Mutability::Immutable => true,
            Mutability::MutableWithExclusion => excluded(),
            Mutability::ImmutableWithExclusion => !excluded(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_any_characters_and_the_rest_is_literal() {
        for (pattern, tag, matches) in [
            ("latest", "latest", true),
            ("latest", "latest2", false),
            ("dev*", "dev", true),
            ("dev*", "dev-1.2", true),
            ("*-rc*", "1.0-rc2", true),
            ("*-rc*", "1.0", false),
            ("1.0", "1x0", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("*a*b*", "xbxaxbx", true),
            ("*a*b*", "xbxax", false),
        ] {
            let filter = ExclusionFilter {
                kind: "WILDCARD".into(),
                filter: pattern.into(),
            };
            assert_eq!(filter.matches(tag), matches, "{pattern} {tag}");
        }
    }
}
