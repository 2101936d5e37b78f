//! `ListSAMLProviderTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::saml_provider::{check, load};
use crate::tags;
use crate::text::required;

/// Lists the tags of a provider.
///
/// Source: IAM API Reference, `ListSAMLProviderTags`.
pub struct ListSAMLProviderTags;

impl Operation for ListSAMLProviderTags {
    type Api = rolecall_api::iam::ListSAMLProviderTags;
    const EXAMPLE: &'static str =
        r#"{"SAMLProviderArn":"arn:aws:iam::123456789012:saml-provider/idp"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:ListSAMLProviderTags",
            required(&input.saml_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let (_, found) = load(tx, req.account(), required(&req.input.saml_provider_arn))?;
        let page = paging.slice(tags::all(&found.tags), |tag| {
            tag.key.clone().unwrap_or_default()
        })?;
        Ok(api::ListSAMLProviderTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
