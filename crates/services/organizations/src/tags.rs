//! Tags of roots, units, accounts and policies.
//!
//! Source: AWS Organizations API Reference, `TagResource`: at most 50, keys are case-sensitive.

use rolecall_api::organizations as api;
use rolecall_base::tags::TAGS_MAX;
use rolecall_base::{AwsError, Tags};

use crate::errors;

/// The tags as given, for access checks: nothing is refused yet.
pub(crate) fn given(tags: &Option<Vec<api::Tag>>) -> Tags {
    let pair = |tag: &api::Tag| {
        (
            tag.key.clone().unwrap_or_default(),
            tag.value.clone().unwrap_or_default(),
        )
    };
    tags.iter().flatten().map(pair).collect()
}

/// Adds `new` to `tags`.
pub(crate) fn add(tags: &mut Tags, new: &Option<Vec<api::Tag>>) -> Result<(), AwsError> {
    let adding = given(new);
    if adding.len() < new.as_ref().map_or(0, Vec::len) {
        return Err(errors::duplicate_tag_key());
    }
    for (key, value) in adding.iter() {
        let start = key.get(..4).unwrap_or_default();
        if start.eq_ignore_ascii_case("aws:") {
            return Err(errors::system_tag());
        }
        tags.set(key.to_owned(), value.to_owned());
    }
    if tags.len() > TAGS_MAX {
        return Err(errors::too_many_tags());
    }
    Ok(())
}

/// The tags as the API lists them.
pub(crate) fn shown(tags: &Tags) -> Vec<api::Tag> {
    tags.iter()
        .map(|(key, value)| api::Tag {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str) -> api::Tag {
        api::Tag {
            key: Some(key.to_owned()),
            value: Some(String::new()),
        }
    }

    #[test]
    fn keys_are_unique_not_reserved_and_fifty() {
        let mut tags = Tags::default();
        let twice = Some(vec![tag("a"), tag("a")]);
        assert_eq!(
            add(&mut tags, &twice).unwrap_err(),
            errors::duplicate_tag_key()
        );
        let reserved = Some(vec![tag("aws:x")]);
        assert_eq!(add(&mut tags, &reserved).unwrap_err(), errors::system_tag());
        let all = (0..50).map(|n| tag(&n.to_string())).collect();
        add(&mut tags, &Some(all)).unwrap();
        let more = Some(vec![tag("more")]);
        assert_eq!(add(&mut tags, &more).unwrap_err(), errors::too_many_tags());
    }
}
