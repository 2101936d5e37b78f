//! `ResetServiceSpecificCredential`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::secret_access_key;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::service_specific_credential::{ServiceSpecificCredential, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Makes a new password for a credential; it is shown this once.
///
/// Source: IAM API Reference, `ResetServiceSpecificCredential`.
pub struct ResetServiceSpecificCredential;

impl Operation for ResetServiceSpecificCredential {
    type Api = rolecall_api::iam::ResetServiceSpecificCredential;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","ServiceSpecificCredentialId":"ACCAEXAMPLE000000000"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(
            req,
            "iam:ResetServiceSpecificCredential",
            input.user_name.as_deref(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.service_specific_credential_id);
        let found = owner.one::<ServiceSpecificCredential>(tx, id);
        let found = found.ok_or_else(|| not_found(id))?;
        let secret = secret_access_key(&mut req.ids());
        Ok(api::ResetServiceSpecificCredentialResponse {
            service_specific_credential: Some(found.with_secret(&owner.name, secret)),
        })
    }
}
