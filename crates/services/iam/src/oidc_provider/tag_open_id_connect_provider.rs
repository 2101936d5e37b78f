//! `TagOpenIDConnectProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{TAGS_QUOTA, check, load};
use crate::tags;
use crate::tags::Case;
use crate::text::required;

/// Adds tags to a provider, replacing the values of those that are there.
///
/// Source: IAM API Reference, `TagOpenIDConnectProvider`.
pub struct TagOpenIDConnectProvider;

impl Operation for TagOpenIDConnectProvider {
    type Api = rolecall_api::iam::TagOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = check(
            req,
            "iam:TagOpenIDConnectProvider",
            required(&input.open_id_connect_provider_arn),
        );
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut found) = load(
            tx,
            req.account(),
            required(&req.input.open_id_connect_provider_arn),
        )?;
        tags::add(&mut found.tags, &req.input.tags, Case::Matters, TAGS_QUOTA)?;
        tx.put(key, found);
        Ok(Empty {})
    }
}
