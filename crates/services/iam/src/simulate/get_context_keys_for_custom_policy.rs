//! `GetContextKeysForCustomPolicy`.

use std::collections::BTreeSet;

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::simulate::document::keys_of;

/// The condition keys and policy variables that policies look at.
///
/// Source: IAM API Reference, `GetContextKeysForCustomPolicy`.
pub struct GetContextKeysForCustomPolicy;

impl Operation for GetContextKeysForCustomPolicy {
    type Api = rolecall_api::iam::GetContextKeysForCustomPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyInputList":["{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"ecs:*\",\"Resource\":\"*\"}}"]}"#;

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetContextKeysForCustomPolicy", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, _: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let mut keys = BTreeSet::new();
        add_keys(&req.input.policy_input_list, &mut keys)?;
        Ok(response(keys))
    }
}

/// The keys of the policies in an input list.
pub(super) fn add_keys(
    policies: &Option<Vec<String>>,
    keys: &mut BTreeSet<String>,
) -> Result<(), AwsError> {
    for text in policies.iter().flatten() {
        merge(keys, keys_of(text)?);
    }
    Ok(())
}

/// Adds keys; names are compared ignoring case and keep the spelling that came first.
pub(super) fn merge(keys: &mut BTreeSet<String>, more: BTreeSet<String>) {
    for key in more {
        if !keys.iter().any(|known| known.eq_ignore_ascii_case(&key)) {
            keys.insert(key);
        }
    }
}

/// The keys as the API lists them.
pub(super) fn response(keys: BTreeSet<String>) -> api::GetContextKeysForPolicyResponse {
    api::GetContextKeysForPolicyResponse {
        context_key_names: Some(keys.into_iter().collect()),
    }
}
