//! `DecodeAuthorizationMessage`.

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_identity::{Account, TokenKey};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::authorization_message::AuthorizationMessage;
use crate::not_federated;

/// Opens an encoded authorization message of the caller's account: who was denied what, and why.
///
/// Source: STS API Reference, `DecodeAuthorizationMessage`.
pub struct DecodeAuthorizationMessage;

impl Operation for DecodeAuthorizationMessage {
    type Api = api::DecodeAuthorizationMessage;
    const EXAMPLE: &'static str = r#"{"EncodedMessage":"AAAA"}"#;

    fn access(_: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        not_federated(req.caller(), "DecodeAuthorizationMessage")?;
        // AWS's refusals of this action say nothing of a resource.
        Ok(AccessCheck::new("sts:DecodeAuthorizationMessage", "*")
            .called("")
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = tx.get::<Account>(req.account().as_str());
        let account = account.ok_or_else(AwsError::internal)?;
        let key = TokenKey::from_hex(&account.token_key).map_err(|_| AwsError::internal())?;
        let text = req.input.encoded_message.as_deref().unwrap_or_default();
        let message = AuthorizationMessage::decode(&key, req.account(), text).ok_or_else(|| {
            AwsError::new(
                "InvalidAuthorizationMessageException",
                "Message is not valid",
            )
        })?;
        Ok(api::DecodeAuthorizationMessageResponse {
            decoded_message: Some(message.shown()),
        })
    }
}
