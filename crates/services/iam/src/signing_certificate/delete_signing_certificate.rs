//! `DeleteSigningCertificate`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::signing_certificate::{SigningCertificate, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Deletes a certificate.
///
/// Source: IAM API Reference, `DeleteSigningCertificate`.
pub struct DeleteSigningCertificate;

impl Operation for DeleteSigningCertificate {
    type Api = rolecall_api::iam::DeleteSigningCertificate;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","CertificateId":"EXAMPLE00000000000000000"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(
            req,
            "iam:DeleteSigningCertificate",
            input.user_name.as_deref(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.certificate_id);
        if !tx.delete::<SigningCertificate>(&owner.key(id)) {
            return Err(not_found(id));
        }
        Ok(Empty {})
    }
}
