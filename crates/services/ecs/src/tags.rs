//! Tags between the API's form and the stored one.

use rolecall_api::ecs::Tag;
use rolecall_base::tags::TAGS_MAX;
use rolecall_base::{AwsError, Tags};

use crate::errors;

/// The tags of a request, whatever is wrong with them: for access checks.
pub(crate) fn requested(tags: Option<&[Tag]>) -> Tags {
    let pair = |tag: &Tag| {
        (
            tag.key.clone().unwrap_or_default(),
            tag.value.clone().unwrap_or_default(),
        )
    };
    tags.unwrap_or_default().iter().map(pair).collect()
}

/// The tags of a request, to be stored.
pub(crate) fn validated(tags: Option<&[Tag]>) -> Result<Tags, AwsError> {
    let given = tags.unwrap_or_default();
    let tags = requested(Some(given));
    if tags.len() != given.len() {
        return Err(errors::invalid(
            "Duplicate tag keys found. Tag keys must be unique.",
        ));
    }
    if tags.len() > TAGS_MAX {
        return Err(too_many());
    }
    let reserved = |key: &str| key.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("aws:"));
    for (key, value) in tags.iter() {
        if key.is_empty() {
            return Err(errors::invalid("Tag key cannot be null or empty."));
        }
        if reserved(key) || reserved(value) {
            return Err(errors::invalid(
                "Tag keys and values cannot begin with aws:, which is reserved for AWS use.",
            ));
        }
    }
    Ok(tags)
}

/// `tags` with `more` set; at most fifty of them.
pub(crate) fn merge(tags: &mut Tags, more: &Tags) -> Result<(), AwsError> {
    for (key, value) in more.iter() {
        tags.set(key.to_owned(), value.to_owned());
    }
    // AWS's own tags do not count.
    let counted = tags
        .iter()
        .filter(|(key, _)| !key.starts_with("aws:"))
        .count();
    if counted > TAGS_MAX {
        Err(too_many())
    } else {
        Ok(())
    }
}

/// Tags as the API writes them.
pub(crate) fn shown(tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&str, &str)| Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    tags.iter().map(tag).collect()
}

fn too_many() -> AwsError {
    errors::invalid(format!(
        "The number of tags exceeds the limit of {TAGS_MAX}."
    ))
}
