//! `UntagServerCertificate`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::server_certificate::{check, load};
use crate::tags;
use crate::tags::Case;
use crate::text::required;

/// Removes tags from a server certificate.
///
/// Source: IAM API Reference, `UntagServerCertificate`.
pub struct UntagServerCertificate;

impl Operation for UntagServerCertificate {
    type Api = rolecall_api::iam::UntagServerCertificate;
    const EXAMPLE: &'static str = r#"{"ServerCertificateName":"app","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = check(
            req,
            "iam:UntagServerCertificate",
            required(&input.server_certificate_name),
        );
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut found) = load(
            tx,
            req.account(),
            required(&req.input.server_certificate_name),
        )?;
        tags::remove(&mut found.tags, &req.input.tag_keys, Case::Matters)?;
        tx.put(key, found);
        Ok(Empty {})
    }
}
