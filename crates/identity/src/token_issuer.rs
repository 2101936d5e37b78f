//! Accounts as issuers of JSON Web Tokens: outbound web identity federation.
//!
//! Source: IAM API Reference, `EnableOutboundWebIdentityFederation`; IAM User Guide, "Federating
//! AWS identities to external services".

use rolecall_base::{AccountId, Timestamp};
use rolecall_federation::{SigningAlgorithm, SigningKey};
use rolecall_store::{Document, Snapshot};
use serde::{Deserialize, Serialize};

/// An account that enabled outbound web identity federation, now or at some time. Keyed by the
/// account's id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenIssuer {
    /// Whose it is.
    pub account: AccountId,
    /// A UUID, which its URL ends with.
    pub id: String,
    /// Whether tokens are issued. What was issued stays good while they are not, so the keys stay.
    pub enabled: bool,
    /// When it was first enabled.
    pub created: Timestamp,
    /// What tokens are signed with, one key for each algorithm.
    pub keys: Vec<SigningKey>,
}

impl Document for TokenIssuer {
    const KIND: &'static str = "iam.token-issuer";
    const VERSION: u32 = 1;
}

impl TokenIssuer {
    /// The key that signs with `algorithm`.
    pub fn key(&self, algorithm: SigningAlgorithm) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.algorithm == algorithm)
    }

    /// The issuer with this id.
    pub fn by_id(snap: &Snapshot, id: &str) -> Option<Self> {
        let named = snap.get::<TokenIssuerId>(id)?;
        let issuer = snap.get::<Self>(named.account.as_str())?;
        (issuer.id == id).then(|| issuer.cloned())
    }

    /// The issuer here that a URL is the one of, by the id at its end.
    pub fn of_url(snap: &Snapshot, url: &str) -> Option<Self> {
        let (_, id) = url.trim_end_matches('/').rsplit_once(IssuerAddress::PATH)?;
        Self::by_id(snap, id)
    }
}

/// Whose issuer an id is. Keyed by the id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenIssuerId {
    /// The account.
    pub account: AccountId,
}

impl Document for TokenIssuerId {
    const KIND: &'static str = "iam.token-issuer-id";
    const VERSION: u32 = 1;
}

/// Where the issuers of this server are reached, a port of the operations that name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerAddress {
    /// The URL of the server for whoever verifies a token: a scheme and a host, without a `/` at
    /// the end.
    pub base: String,
}

impl IssuerAddress {
    /// The path below which every issuer stands. No bucket and no image repository has such a name.
    pub const PATH: &str = "/_tokens/";

    /// The URL of the issuer with this id.
    pub fn url(&self, id: &str) -> String {
        format!("{}{}{id}", self.base, Self::PATH)
    }
}
