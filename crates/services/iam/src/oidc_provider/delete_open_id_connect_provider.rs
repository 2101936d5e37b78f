//! `DeleteOpenIDConnectProvider`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::OidcProvider;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::oidc_provider::{check, key_of};
use crate::text::required;

/// Deletes a provider. One that is not there is no error: "This operation is idempotent". Roles that
/// trust it keep their trust policies, and nobody can assume them by it any more.
///
/// Source: IAM API Reference, `DeleteOpenIDConnectProvider`.
pub struct DeleteOpenIDConnectProvider;

impl Operation for DeleteOpenIDConnectProvider {
    type Api = rolecall_api::iam::DeleteOpenIDConnectProvider;
    const EXAMPLE: &'static str = r#"{"OpenIDConnectProviderArn":"arn:aws:iam::123456789012:oidc-provider/token.example.com"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(check(
            req,
            "iam:DeleteOpenIDConnectProvider",
            required(&input.open_id_connect_provider_arn),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.open_id_connect_provider_arn);
        if let Some(key) = key_of(req.account(), arn) {
            tx.delete::<OidcProvider>(&key);
        }
        Ok(Empty {})
    }
}
