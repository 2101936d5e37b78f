//! `DeleteServiceSpecificCredential`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::service_specific_credential::{ServiceSpecificCredential, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Deletes a credential.
///
/// Source: IAM API Reference, `DeleteServiceSpecificCredential`.
pub struct DeleteServiceSpecificCredential;

impl Operation for DeleteServiceSpecificCredential {
    type Api = rolecall_api::iam::DeleteServiceSpecificCredential;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","ServiceSpecificCredentialId":"ACCAEXAMPLE000000000"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(
            req,
            "iam:DeleteServiceSpecificCredential",
            input.user_name.as_deref(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.service_specific_credential_id);
        if !tx.delete::<ServiceSpecificCredential>(&owner.key(id)) {
            return Err(not_found(id));
        }
        Ok(Empty {})
    }
}
