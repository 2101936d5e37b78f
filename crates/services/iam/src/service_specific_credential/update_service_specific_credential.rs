//! `UpdateServiceSpecificCredential`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::service_specific_credential::{ServiceSpecificCredential, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Makes a credential active or inactive.
///
/// Source: IAM API Reference, `UpdateServiceSpecificCredential`.
pub struct UpdateServiceSpecificCredential;

impl Operation for UpdateServiceSpecificCredential {
    type Api = rolecall_api::iam::UpdateServiceSpecificCredential;
    const EXAMPLE: &'static str = r#"{"UserName":"app","ServiceSpecificCredentialId":"ACCAEXAMPLE000000000","Status":"Inactive"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(
            req,
            "iam:UpdateServiceSpecificCredential",
            input.user_name.as_deref(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.service_specific_credential_id);
        let mut found = owner
            .one::<ServiceSpecificCredential>(tx, id)
            .ok_or_else(|| not_found(id))?;
        required(&req.input.status).clone_into(&mut found.status);
        tx.put(owner.key(id), found);
        Ok(Empty {})
    }
}
