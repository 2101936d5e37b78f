//! `DeleteAccountPasswordPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;
use crate::errors;

/// Goes back to AWS's default password policy.
///
/// Source: IAM API Reference, `DeleteAccountPasswordPolicy`.
pub struct DeleteAccountPasswordPolicy;

impl Operation for DeleteAccountPasswordPolicy {
    type Api = rolecall_api::iam::DeleteAccountPasswordPolicy;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:DeleteAccountPasswordPolicy", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let mut settings = AccountSettings::of(tx, req.account());
        if settings.password_policy.take().is_none() {
            return Err(errors::no_password_policy(req.account()));
        }
        settings.store(tx, req.account());
        Ok(Empty {})
    }
}
