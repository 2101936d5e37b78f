//! `DeleteLoginProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::login_profile::LoginProfile;

/// Takes a user's password away, or the caller's if no user is named.
///
/// Source: IAM API Reference, `DeleteLoginProfile`.
pub struct DeleteLoginProfile;

impl Operation for DeleteLoginProfile {
    type Api = rolecall_api::iam::DeleteLoginProfile;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(
            access::user_or_caller(req, "iam:DeleteLoginProfile", input.user_name.as_deref())
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, _) = super::load(req.info, tx, req.input.user_name.as_deref())?;
        tx.delete::<LoginProfile>(&key);
        Ok(Empty {})
    }
}
