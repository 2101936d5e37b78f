//! `DeleteServerCertificate`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::server_certificate::{ServerCertificate, check, load};
use crate::text::required;

/// Deletes a certificate.
///
/// Source: IAM API Reference, `DeleteServerCertificate`.
pub struct DeleteServerCertificate;

impl Operation for DeleteServerCertificate {
    type Api = rolecall_api::iam::DeleteServerCertificate;
    const EXAMPLE: &'static str = r#"{"ServerCertificateName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:DeleteServerCertificate",
            required(&input.server_certificate_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.server_certificate_name);
        let (key, _) = load(tx, req.account(), name)?;
        tx.delete::<ServerCertificate>(&key);
        Ok(Empty {})
    }
}
