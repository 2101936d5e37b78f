//! Tags of IAM resources.
//!
//! Source: IAM User Guide, "Tags for AWS Identity and Access Management resources": at most 50;
//! the keys of roles and users are compared ignoring case and keep the case that they were first
//! given, those of other resources are case-sensitive; `aws:` is reserved.

use rolecall_api::iam as api;
use rolecall_base::tags::TAGS_MAX;
use rolecall_base::{AwsError, Tags};

use crate::errors;

/// How the keys of a resource's tags compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Roles and users.
    Ignored,
    /// Policies and instance profiles.
    Matters,
}

impl Case {
    fn same(self, a: &str, b: &str) -> bool {
        match self {
            Self::Ignored => a.to_lowercase() == b.to_lowercase(),
            Self::Matters => a == b,
        }
    }
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

/// Adds `new` to `tags`, replacing values under equal keys.
///
/// `quota` is the quota's name, such as `TagsPerRole`.
pub(crate) fn add(
    tags: &mut Tags,
    new: &Option<Vec<api::Tag>>,
    case: Case,
    quota: &str,
) -> Result<(), AwsError> {
    let new = new.as_deref().unwrap_or_default();
    for (n, tag) in new.iter().enumerate() {
        let key = tag.key.as_deref().unwrap_or_default();
        let again = new
            .iter()
            .skip(n + 1)
            .filter_map(|other| other.key.as_deref());
        if again.into_iter().any(|other| case.same(key, other)) {
            return Err(errors::duplicate_tags());
        }
        reserved(key)?;
        let known = tags
            .iter()
            .map(|(known, _)| known)
            .find(|known| case.same(known, key));
        let stored = known.unwrap_or(key).to_owned();
        tags.set(stored, tag.value.clone().unwrap_or_default());
    }
    if tags.len() > TAGS_MAX {
        return Err(errors::quota(quota, TAGS_MAX));
    }
    Ok(())
}

/// Removes the tags under `keys`; keys that are not there are ignored.
pub(crate) fn remove(
    tags: &mut Tags,
    keys: &Option<Vec<String>>,
    case: Case,
) -> Result<(), AwsError> {
    for key in keys.iter().flatten() {
        reserved(key)?;
        let known: Vec<String> = tags
            .iter()
            .filter(|(known, _)| case.same(known, key))
            .map(|(known, _)| known.to_owned())
            .collect();
        for known in known {
            tags.remove(&known);
        }
    }
    Ok(())
}

fn reserved(key: &str) -> Result<(), AwsError> {
    if key
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
    {
        return Err(errors::invalid_input(format!(
            "The tag key {key} is invalid: keys that begin with aws: are reserved for AWS use."
        )));
    }
    Ok(())
}

/// The tags as the API shows them; `None` if there are none.
pub(crate) fn shown(tags: &Tags) -> Option<Vec<api::Tag>> {
    (!tags.is_empty()).then(|| all(tags))
}

/// The tags as the API lists them.
///
/// Source: IAM API Reference, `ListUserTags`: "The returned list of tags is sorted by tag key."
pub(crate) fn all(tags: &Tags) -> Vec<api::Tag> {
    let mut pairs: Vec<_> = tags.iter().collect();
    pairs.sort_unstable();
    let tag = |(key, value): (&str, &str)| api::Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    pairs.into_iter().map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Option<Vec<api::Tag>> {
        let tag = |(key, value): &(&str, &str)| api::Tag {
            key: Some((*key).to_owned()),
            value: Some((*value).to_owned()),
        };
        Some(pairs.iter().map(tag).collect())
    }

    #[test]
    fn keys_of_roles_ignore_case_and_keep_the_first_spelling() {
        let mut role = Tags::default();
        add(
            &mut role,
            &tags(&[("Team", "a")]),
            Case::Ignored,
            "TagsPerRole",
        )
        .unwrap();
        add(
            &mut role,
            &tags(&[("TEAM", "b")]),
            Case::Ignored,
            "TagsPerRole",
        )
        .unwrap();
        assert_eq!(role.iter().collect::<Vec<_>>(), [("Team", "b")]);
        let twice = tags(&[("x", "1"), ("X", "2")]);
        let error = add(&mut role, &twice, Case::Ignored, "TagsPerRole").unwrap_err();
        assert_eq!(
            error.to_string(),
            "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
        );
        let mut policy = Tags::default();
        add(&mut policy, &twice, Case::Matters, "TagsPerPolicy").unwrap();
        assert_eq!(policy.len(), 2);
        remove(
            &mut role,
            &Some(vec!["teAM".to_owned(), "none".to_owned()]),
            Case::Ignored,
        )
        .unwrap();
        assert!(role.is_empty());
    }

    #[test]
    fn they_are_listed_in_the_order_of_their_keys() {
        let pair = |key: &str| (key.to_owned(), String::new());
        let tags = Tags::from_pairs(["Team", "Stage"].map(pair));
        let keys: Vec<_> = all(&tags).into_iter().filter_map(|tag| tag.key).collect();
        assert_eq!(keys, ["Stage", "Team"]);
    }

    #[test]
    fn there_are_fifty_at_most_and_aws_is_reserved() {
        let mut role = Tags::from_pairs((0..50).map(|n| (format!("k{n}"), String::new())));
        let error = add(
            &mut role,
            &tags(&[("one-more", "")]),
            Case::Ignored,
            "TagsPerRole",
        );
        assert_eq!(error.unwrap_err().code, "LimitExceeded");
        let error = add(
            &mut Tags::default(),
            &tags(&[("aws:x", "")]),
            Case::Ignored,
            "TagsPerRole",
        );
        assert_eq!(error.unwrap_err().code, "InvalidInput");
    }
}
