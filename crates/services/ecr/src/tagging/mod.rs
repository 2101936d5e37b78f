//! Tags of repositories.
//!
//! Source: ECR User Guide, "Tagging a private repository": at most 50 tags; keys of at most 128 and
//! values of at most 256 characters; `aws:` is reserved; case matters.

mod list_tags_for_resource;
mod tag_resource;
mod untag_resource;

pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use tag_resource::TagResource;
pub(crate) use untag_resource::UntagResource;

use rolecall_api::ecr as api;
use rolecall_base::tags::TAGS_MAX;
use rolecall_base::{AwsError, Tags};

use crate::errors;

/// The tags of a request, nothing refused yet.
pub(crate) fn given_tags(tags: Option<&[api::Tag]>) -> Tags {
    let pair = |tag: &api::Tag| {
        (
            tag.key.clone().unwrap_or_default(),
            tag.value.clone().unwrap_or_default(),
        )
    };
    tags.unwrap_or_default().iter().map(pair).collect()
}

/// Refuses tags that no repository may have; `all` are those that it would have then.
pub(crate) fn check_tags(given: Option<&[api::Tag]>, all: &Tags) -> Result<(), AwsError> {
    for tag in given.unwrap_or_default() {
        let key = tag.key.as_deref().unwrap_or_default();
        let value = tag.value.as_deref().unwrap_or_default();
        if key.is_empty() || key.chars().count() > 128 {
            return Err(errors::invalid_tag(
                "Tag keys must have 1 to 128 characters.",
            ));
        }
        if value.chars().count() > 256 {
            return Err(errors::invalid_tag(
                "Tag values must have at most 256 characters.",
            ));
        }
        if key
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
        {
            return Err(errors::invalid_tag(
                "Tag keys that start with aws: are reserved for internal use.",
            ));
        }
    }
    if all.len() > TAGS_MAX {
        return Err(errors::too_many_tags());
    }
    Ok(())
}
