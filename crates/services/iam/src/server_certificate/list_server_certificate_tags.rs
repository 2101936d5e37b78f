//! `ListServerCertificateTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::server_certificate::{check, load};
use crate::tags;
use crate::text::required;

/// Lists the tags of a server certificate.
///
/// Source: IAM API Reference, `ListServerCertificateTags`.
pub struct ListServerCertificateTags;

impl Operation for ListServerCertificateTags {
    type Api = rolecall_api::iam::ListServerCertificateTags;
    const EXAMPLE: &'static str = r#"{"ServerCertificateName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:ListServerCertificateTags",
            required(&input.server_certificate_name),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let (_, found) = load(
            tx,
            req.account(),
            required(&req.input.server_certificate_name),
        )?;
        let page = paging.slice(tags::all(&found.tags), |tag| {
            tag.key.clone().unwrap_or_default()
        })?;
        Ok(api::ListServerCertificateTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
