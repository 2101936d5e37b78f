//! Who a provider says that somebody is.
//!
//! Source: IAM User Guide, "Available keys for AWS OIDC federation", "Available keys for SAML-based
//! AWS STS federation", "Pass session tags in AWS STS".

use rolecall_base::{AccountId, Tags, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Caller, CallerKind};

/// A condition key that a token or assertion fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderKey {
    /// Its name, such as `token.example.com:sub` or `saml:aud`.
    pub name: String,
    /// Its values; several only for keys that are lists.
    pub values: Vec<String>,
    /// Whether the key is a list.
    pub many: bool,
}

/// What a verified token or assertion says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vouched {
    /// The principal that a trust policy names: the provider's ARN.
    pub provider: String,
    /// Who issued it (`iss`, `Issuer`).
    pub issuer: String,
    /// Whom it was issued for (`aud`, `Recipient`).
    pub audience: String,
    /// Who it speaks of (`sub`, `NameID`).
    pub subject: String,
    /// The format of a `NameID`, without its namespace.
    pub subject_type: Option<String>,
    /// The hash that AWS makes of issuer, account and provider for a `NameID`.
    pub name_qualifier: Option<String>,
    /// The condition keys of the call, and of the session that it makes.
    pub keys: Vec<ProviderKey>,
    /// The session tags that it carries.
    pub tags: Tags,
    /// Keys of the tags that a chained session inherits.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity that it carries.
    pub source_identity: Option<String>,
    /// The name of the session, where the provider and not the caller gives it.
    pub session_name: Option<String>,
    /// How long the session is to last, in seconds, where the provider says it.
    pub duration_s: Option<u32>,
    /// When the provider's own session ends.
    pub not_after: Option<Timestamp>,
}

/// What of a provider's word stays with a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSession {
    /// `aws:FederatedProvider`: the provider's ARN; of SAML providers it is not a key.
    pub provider: Option<String>,
    /// The provider's keys that conditions may look at later.
    pub keys: Vec<ProviderKey>,
}

impl Caller {
    /// Somebody whom a provider vouches for, in `account`. The id is unique as in CloudTrail's
    /// events: provider, audience and subject of a token, name qualifier and subject of an
    /// assertion.
    ///
    /// Source: CloudTrail User Guide, "CloudTrail userIdentity element".
    pub fn vouched(account: AccountId, vouched: Vouched) -> Self {
        let unique_id = match &vouched.name_qualifier {
            Some(qualifier) => format!("{qualifier}:{}", vouched.subject),
            None => {
                let (audience, subject) = (&vouched.audience, &vouched.subject);
                format!("{}:{audience}:{subject}", vouched.provider)
            }
        };
        Self {
            account,
            arn: vouched.provider.clone(),
            unique_id,
            access_key_id: None,
            kind: CallerKind::Vouched(std::sync::Arc::new(vouched)),
        }
    }
}
