//! Session tags, and those that a chained session inherits.
//!
//! Source: IAM User Guide, "Pass session tags in AWS STS".

use rolecall_api::sts as api;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::SessionClaims;

use crate::errors;

/// The tags of a new session and the keys of those that go on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionTags {
    pub(crate) tags: Tags,
    pub(crate) transitive_keys: Vec<String>,
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// The tags as given, for access checks: nothing is refused yet.
pub(crate) fn given(tags: &Option<Vec<api::Tag>>) -> Tags {
    tags.iter()
        .flatten()
        .map(|tag| {
            (
                tag.key.clone().unwrap_or_default(),
                tag.value.clone().unwrap_or_default(),
            )
        })
        .collect()
}

/// The tags of a session made by `calling` (none if no session calls) with these in the request.
pub(crate) fn merge(
    calling: Option<&SessionClaims>,
    requested: &Option<Vec<api::Tag>>,
    transitive: &Option<Vec<String>>,
) -> Result<SessionTags, AwsError> {
    let requested = requested.as_deref().unwrap_or_default();
    let transitive = transitive.as_deref().unwrap_or_default();
    let key_of = |tag: &api::Tag| tag.key.clone().unwrap_or_default();
    for (n, tag) in requested.iter().enumerate() {
        if requested
            .iter()
            .skip(n + 1)
            .any(|other| same(&key_of(tag), &key_of(other)))
        {
            return Err(errors::duplicate_tags());
        }
    }
    for key in transitive {
        if !requested.iter().any(|tag| same(&key_of(tag), key)) {
            return Err(errors::transitive_key_not_requested());
        }
    }
    let mut merged = SessionTags::default();
    if let Some(calling) = calling {
        let inherited = &calling.transitive_tag_keys;
        // A tag that was passed on cannot be replaced further down the chain.
        if requested
            .iter()
            .any(|tag| inherited.iter().any(|key| same(key, &key_of(tag))))
        {
            return Err(errors::transitive_key_conflicts());
        }
        for key in inherited {
            if let Some((key, value)) = calling.tags.iter().find(|(known, _)| same(known, key)) {
                merged.tags.set(key.to_owned(), value.to_owned());
                merged.transitive_keys.push(key.to_owned());
            }
        }
    }
    for tag in requested {
        merged
            .tags
            .set(key_of(tag), tag.value.clone().unwrap_or_default());
    }
    merged.transitive_keys.extend(transitive.iter().cloned());
    Ok(merged)
}
