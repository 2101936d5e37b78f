//! Session policies: what narrows a session below what its role may do.
//!
//! Source: STS API Reference, `AssumeRole`: an inline policy of at most 2,048 characters, at most
//! ten managed policies of the role's account or AWS's, and a limit on all of it packed together.

use rolecall_api::sts as api;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{PolicyText, managed, resolve};
use rolecall_policy::{PolicyKind, non_whitespace_len};
use rolecall_store::{Snapshot, Txn};

use crate::errors;

const POLICY_CHARS_MAX: usize = 2_048;
const POLICY_ARNS_MAX: usize = 10;

/// What policies and tags of one session may take together. AWS packs them into a binary form that
/// it does not describe and answers with a percentage; here it is their plain length.
const PACKED_MAX: usize = 8_192;

/// The inline session policy, if there is one.
pub(crate) fn inline(policy: &Option<String>) -> Result<Option<PolicyText>, AwsError> {
    let Some(policy) = policy else {
        return Ok(None);
    };
    if policy.encode_utf16().count() > POLICY_CHARS_MAX {
        return Err(errors::session_policy_too_long(policy, POLICY_CHARS_MAX));
    }
    PolicyText::parse(policy, PolicyKind::Session)
        .map(Some)
        .map_err(|error| errors::malformed(&error))
}

/// The managed session policies, all of which must exist.
pub(crate) fn managed_arns(
    tx: &Txn,
    given: &Option<Vec<api::PolicyDescriptorType>>,
) -> Result<Vec<String>, AwsError> {
    let given = given.as_deref().unwrap_or_default();
    if given.len() > POLICY_ARNS_MAX {
        return Err(errors::too_many_policy_arns(POLICY_ARNS_MAX));
    }
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let snap: Snapshot = tx.snapshot_unchecked();
    let check = |policy: &api::PolicyDescriptorType| {
        let arn = policy.arn.clone().unwrap_or_default();
        let exists = if arn.starts_with("arn:aws:iam::aws:policy/") {
            managed::compiled_default(&arn).is_some()
        } else if rolecall_identity::CustomerPolicy::key_of_arn(&arn).is_some() {
            resolve::managed_policy(&snap, &arn).is_ok()
        } else {
            return Err(errors::invalid_arn(&arn));
        };
        if exists {
            Ok(arn)
        } else {
            Err(errors::no_session_policy(&arn))
        }
    };
    given.iter().map(check).collect()
}

/// How much of the packed limit policies and tags take, in percent; `None` if there are neither.
///
/// # Errors
/// `PackedPolicyTooLarge` above 100.
pub(crate) fn packed_size(
    policy: Option<&PolicyText>,
    arns: &[String],
    tags: &Tags,
) -> Result<Option<i32>, AwsError> {
    if policy.is_none() && arns.is_empty() && tags.is_empty() {
        return Ok(None);
    }
    let policy = policy.map_or(0, |policy| non_whitespace_len(policy.text()));
    let arns: usize = arns.iter().map(String::len).sum();
    let tags: usize = tags
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let percent = ((policy + arns + tags) * 100).div_ceil(PACKED_MAX);
    if percent > 100 {
        return Err(errors::packed_too_large(percent));
    }
    Ok(i32::try_from(percent).ok())
}
