//! `UpdateLoginProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::text::required;

/// Replaces a user's password, or says whether it must be changed at the next sign-in.
///
/// Source: IAM API Reference, `UpdateLoginProfile`.
pub struct UpdateLoginProfile;

impl Operation for UpdateLoginProfile {
    type Api = rolecall_api::iam::UpdateLoginProfile;
    const EXAMPLE: &'static str = r#"{"UserName":"app","Password":"Battery-Staple-8"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:UpdateLoginProfile", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, mut profile) = super::load(req.info, tx, input.user_name.as_deref())?;
        if let Some(password) = &input.password {
            profile.set(tx, account, password, req.now)?;
        }
        if let Some(reset) = input.password_reset_required {
            profile.reset_required = reset;
        }
        tx.put(key, profile);
        Ok(Empty {})
    }
}
