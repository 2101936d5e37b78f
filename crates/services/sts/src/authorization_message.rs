//! Encoded authorization messages: the reason of a denial, sealed, so that only who may decode it
//! can read it.
//!
//! Source: STS API Reference, `DecodeAuthorizationMessage`, with its example of a decoded message.

use rolecall_base::AccountId;
use rolecall_identity::TokenKey;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The first bytes of every message: its use and the version of the format.
const MESSAGE: &[u8; 3] = b"RD2";

/// Why a call was denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationMessage {
    /// Whether a policy denied it; otherwise none allowed it.
    pub explicit_deny: bool,
    /// The caller's unique id.
    pub principal_id: String,
    /// The caller's ARN.
    pub principal_arn: String,
    /// The action.
    pub action: String,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// The condition keys of the request with their values.
    pub conditions: Vec<(String, Vec<String>)>,
    /// The statements that denied it, as JSON.
    pub matched_statements: Vec<String>,
}

impl AuthorizationMessage {
    /// The message, sealed for `account` under `nonce`, which must never be used twice: 96 random
    /// bits. `None` if it cannot be written.
    pub fn encode(&self, key: &TokenKey, account: &AccountId, nonce: [u8; 12]) -> Option<String> {
        let owner = account.as_str().as_bytes();
        key.seal_for(MESSAGE, owner, self, nonce).ok()
    }

    /// The message inside; `None` if this key did not seal it for this account or it was altered.
    /// Accounts of one organization share a key.
    pub fn decode(key: &TokenKey, account: &AccountId, text: &str) -> Option<Self> {
        key.open_for(MESSAGE, account.as_str().as_bytes(), text)
            .ok()
    }

    /// The message in the form in which AWS shows it.
    pub fn shown(&self) -> String {
        let conditions = self.conditions.iter().map(|(key, values)| {
            let values: Vec<_> = values
                .iter()
                .map(|value| json!({ "value": value }))
                .collect();
            json!({"key": key, "values": {"items": values}})
        });
        let statements = self
            .matched_statements
            .iter()
            .map(|statement| serde_json::from_str(statement).unwrap_or_else(|_| json!(statement)));
        let name = self.principal_arn.rsplit('/').next().unwrap_or_default();
        json!({
            "allowed": false,
            "explicitDeny": self.explicit_deny,
            "matchedStatements": {"items": statements.collect::<Vec<serde_json::Value>>()},
            "failures": {"items": []},
            "context": {
                "principal": {
                    "id": self.principal_id, "name": name, "arn": self.principal_arn,
                },
                "action": self.action,
                "resource": self.resource,
                "conditions": {"items": conditions.collect::<Vec<_>>()},
            },
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_opens_with_its_key_and_account_only() {
        let account = AccountId::new("123456789012").unwrap();
        let member = AccountId::new("210987654321").unwrap();
        let key = TokenKey::from_hex(&"ab".repeat(32)).unwrap();
        let other = TokenKey::from_hex(&"cd".repeat(32)).unwrap();
        let message = AuthorizationMessage {
            principal_arn: "arn:aws:iam::123456789012:user/Bob".to_owned(),
            action: "ec2:StopInstances".to_owned(),
            conditions: vec![("ec2:Region".to_owned(), vec!["us-east-1".to_owned()])],
            ..AuthorizationMessage::default()
        };
        let text = message.encode(&key, &account, [1; 12]).unwrap();
        assert_eq!(
            AuthorizationMessage::decode(&key, &account, &text),
            Some(message.clone())
        );
        assert_eq!(AuthorizationMessage::decode(&other, &account, &text), None);
        assert_eq!(AuthorizationMessage::decode(&key, &member, &text), None);
        assert_eq!(AuthorizationMessage::decode(&key, &account, "AAAA"), None);
        let shown: serde_json::Value = serde_json::from_str(&message.shown()).unwrap();
        assert_eq!(shown["context"]["principal"]["name"], "Bob");
        assert_eq!(
            shown["context"]["conditions"]["items"][0]["values"]["items"][0]["value"],
            "us-east-1"
        );
    }
}
