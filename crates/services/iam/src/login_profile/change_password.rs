//! `ChangePassword`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::CallerKind;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, errors};

/// Replaces the caller's own password; only users have one.
///
/// Source: IAM API Reference, `ChangePassword`.
pub struct ChangePassword;

impl Operation for ChangePassword {
    type Api = rolecall_api::iam::ChangePassword;
    const EXAMPLE: &'static str =
        r#"{"OldPassword":"Correct-Horse-7","NewPassword":"Battery-Staple-8"}"#;

    fn access(_input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:ChangePassword", None).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        if !matches!(req.caller.kind, CallerKind::User { .. }) {
            return Err(errors::not_a_user());
        }
        let (key, mut profile) = super::load(req.info, tx, None)?;
        if !profile.is(required(&input.old_password))? {
            return Err(errors::wrong_password());
        }
        profile.set(tx, account, required(&input.new_password), req.now)?;
        profile.reset_required = false;
        tx.put(key, profile);
        Ok(Empty {})
    }
}
