//! `DeleteSAMLProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::SamlProvider;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::saml_provider::{check, load};
use crate::text::required;

/// Deletes a provider. Roles that trust it keep their trust policies, and nobody can assume them
/// by it any more.
///
/// Source: IAM API Reference, `DeleteSAMLProvider`.
pub struct DeleteSAMLProvider;

impl Operation for DeleteSAMLProvider {
    type Api = rolecall_api::iam::DeleteSAMLProvider;
    const EXAMPLE: &'static str =
        r#"{"SAMLProviderArn":"arn:aws:iam::123456789012:saml-provider/idp"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:DeleteSAMLProvider",
            required(&input.saml_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, _) = load(tx, req.account(), required(&req.input.saml_provider_arn))?;
        tx.delete::<SamlProvider>(&key);
        Ok(Empty {})
    }
}
