//! `TagServerCertificate`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::server_certificate::{TAGS_QUOTA, check, load};
use crate::tags;
use crate::tags::Case;
use crate::text::required;

/// Adds tags to a server certificate, replacing the values of those that are there.
///
/// Source: IAM API Reference, `TagServerCertificate`.
pub struct TagServerCertificate;

impl Operation for TagServerCertificate {
    type Api = rolecall_api::iam::TagServerCertificate;
    const EXAMPLE: &'static str =
        r#"{"ServerCertificateName":"app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = check(
            req,
            "iam:TagServerCertificate",
            required(&input.server_certificate_name),
        );
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut found) = load(
            tx,
            req.account(),
            required(&req.input.server_certificate_name),
        )?;
        tags::add(&mut found.tags, &req.input.tags, Case::Matters, TAGS_QUOTA)?;
        tx.put(key, found);
        Ok(Empty {})
    }
}
