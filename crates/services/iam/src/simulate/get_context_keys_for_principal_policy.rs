//! `GetContextKeysForPrincipalPolicy`.

use std::collections::BTreeSet;

use rolecall_base::AwsError;
use rolecall_identity::{Group, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::simulate::entity;
use crate::simulate::get_context_keys_for_custom_policy::{add_keys, merge, response};
use crate::simulate::source::Source;
use crate::text::required;

/// The condition keys and policy variables that the policies of a user, group or role look at.
///
/// Source: IAM API Reference, `GetContextKeysForPrincipalPolicy`.
pub struct GetContextKeysForPrincipalPolicy;

impl Operation for GetContextKeysForPrincipalPolicy {
    type Api = rolecall_api::iam::GetContextKeysForPrincipalPolicy;
    const EXAMPLE: &'static str = r#"{"PolicySourceArn":"arn:aws:iam::123456789012:user/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_source_arn);
        Ok(check_of(req, "iam:GetContextKeysForPrincipalPolicy", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let source = Source::of(
            tx,
            req.account(),
            required(&req.input.policy_source_arn),
            &None,
        )?;
        let mut keys = BTreeSet::new();
        for document in source.identity {
            merge(&mut keys, document.keys);
        }
        add_keys(&req.input.policy_input_list, &mut keys)?;
        Ok(response(keys))
    }
}

/// `action` on the user, group or role with this ARN. One that is not there is checked under the
/// ARN that was given.
pub(super) fn check_of(req: &AccessRequest<'_>, action: &'static str, arn: &str) -> AccessCheck {
    match entity(arn) {
        Ok((account, kind, name)) if account == *req.account() => match kind {
            "user" => access::by_arn(access::user(req, action, name)),
            "role" => access::by_arn(access::role(req, action, name)),
            _ => match req.snap.get::<Group>(&name_key(&account, name)) {
                Some(group) => AccessCheck::new(action, group.arn.clone()),
                None => AccessCheck::new(action, arn),
            },
        },
        _ => AccessCheck::new(action, arn),
    }
}
