//! `UntagSAMLProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::saml_provider::{check, load};
use crate::tags;
use crate::tags::Case;
use crate::text::required;

/// Removes tags from a provider.
///
/// Source: IAM API Reference, `UntagSAMLProvider`.
pub struct UntagSAMLProvider;

impl Operation for UntagSAMLProvider {
    type Api = rolecall_api::iam::UntagSAMLProvider;
    const EXAMPLE: &'static str =
        r#"{"SAMLProviderArn":"arn:aws:iam::123456789012:saml-provider/idp","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = check(
            req,
            "iam:UntagSAMLProvider",
            required(&input.saml_provider_arn),
        );
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut found) = load(tx, req.account(), required(&req.input.saml_provider_arn))?;
        tags::remove(&mut found.tags, &req.input.tag_keys, Case::Matters)?;
        tx.put(key, found);
        Ok(Empty {})
    }
}
