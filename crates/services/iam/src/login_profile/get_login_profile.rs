//! `GetLoginProfile`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;

/// Says since when a user has a password, or the caller if no user is named.
///
/// Source: IAM API Reference, `GetLoginProfile`.
pub struct GetLoginProfile;

impl Operation for GetLoginProfile {
    type Api = rolecall_api::iam::GetLoginProfile;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:GetLoginProfile", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (_, profile) = super::load(req.info, tx, req.input.user_name.as_deref())?;
        Ok(api::GetLoginProfileResponse {
            login_profile: Some(profile.shown()),
        })
    }
}
