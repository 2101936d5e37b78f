//! `GetServerCertificate`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::server_certificate::{check, load};
use crate::tags;
use crate::text::required;

/// Shows a certificate with its chain, and never its private key.
///
/// Source: IAM API Reference, `GetServerCertificate`.
pub struct GetServerCertificate;

impl Operation for GetServerCertificate {
    type Api = rolecall_api::iam::GetServerCertificate;
    const EXAMPLE: &'static str = r#"{"ServerCertificateName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:GetServerCertificate",
            required(&input.server_certificate_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.server_certificate_name);
        let (_, found) = load(tx, req.account(), name)?;
        let shown = api::ServerCertificate {
            server_certificate_metadata: Some(found.metadata()),
            certificate_body: Some(found.body.clone()),
            certificate_chain: found.chain.clone(),
            tags: tags::shown(&found.tags),
        };
        Ok(api::GetServerCertificateResponse {
            server_certificate: Some(shown),
        })
    }
}
