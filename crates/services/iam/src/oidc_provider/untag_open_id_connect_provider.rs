//! `UntagOpenIDConnectProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{check, load};
use crate::tags;
use crate::tags::Case;
use crate::text::required;

/// Removes tags from a provider.
///
/// Source: IAM API Reference, `UntagOpenIDConnectProvider`.
pub struct UntagOpenIDConnectProvider;

impl Operation for UntagOpenIDConnectProvider {
    type Api = rolecall_api::iam::UntagOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = check(
            req,
            "iam:UntagOpenIDConnectProvider",
            required(&input.open_id_connect_provider_arn),
        );
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut found) = load(
            tx,
            req.account(),
            required(&req.input.open_id_connect_provider_arn),
        )?;
        tags::remove(&mut found.tags, &req.input.tag_keys, Case::Matters)?;
        tx.put(key, found);
        Ok(Empty {})
    }
}
