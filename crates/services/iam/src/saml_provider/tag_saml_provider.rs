//! `TagSAMLProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::saml_provider::{TAGS_QUOTA, check, load};
use crate::tags;
use crate::tags::Case;
use crate::text::required;

/// Adds tags to a provider, replacing the values of those that are there.
///
/// Source: IAM API Reference, `TagSAMLProvider`.
pub struct TagSAMLProvider;

impl Operation for TagSAMLProvider {
    type Api = rolecall_api::iam::TagSAMLProvider;
    const EXAMPLE: &'static str = r#"{"SAMLProviderArn":"arn:aws:iam::123456789012:saml-provider/idp","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = check(
            req,
            "iam:TagSAMLProvider",
            required(&input.saml_provider_arn),
        );
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut found) = load(tx, req.account(), required(&req.input.saml_provider_arn))?;
        tags::add(&mut found.tags, &req.input.tags, Case::Matters, TAGS_QUOTA)?;
        tx.put(key, found);
        Ok(Empty {})
    }
}
