//! What a request is beside its input: who, when, from where, and its own randomness.

use std::net::IpAddr;

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use rolecall_base::rng::IdSource;
use rolecall_base::{AccountId, Region, Timestamp};
use rolecall_identity::Caller;

/// How a request reached the server.
#[derive(Clone, Debug)]
pub struct Transport {
    /// The address that it came from (`aws:SourceIp`); `None` for a call from inside.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS (`aws:SecureTransport`).
    pub secure: bool,
    /// Its `User-Agent` header.
    pub user_agent: Option<String>,
}

impl Transport {
    /// A call from inside: no address, nothing to overhear.
    pub fn inside() -> Self {
        Self {
            source_ip: None,
            secure: true,
            user_agent: None,
        }
    }
}

/// Everything about one request that is not its input.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// The id that the answer carries.
    pub request_id: String,
    /// When it was received; the only clock that a handler sees.
    pub now: Timestamp,
    /// The region of its credential scope.
    pub region: Region,
    /// Who calls.
    pub caller: Caller,
    /// How it came.
    pub transport: Transport,
    /// The services that the call came through, first to last, if services made it for the caller
    /// (a forward access session): `aws:CalledVia`.
    pub called_via: Vec<String>,
    /// The randomness that its ids are drawn from.
    pub(crate) seed: [u8; 32],
}

impl RequestInfo {
    /// The account that the call is made in: the caller's.
    pub fn account(&self) -> &AccountId {
        &self.caller.account
    }

    /// A source of ids. Each call starts anew from the request's seed, so a handler that is run
    /// again draws the same ids.
    pub fn ids(&self) -> Ids {
        Ids(StdRng::from_seed(self.seed))
    }

    /// An ARN of `service` in the request's region and account.
    pub fn arn(&self, service: &str, resource: impl std::fmt::Display) -> String {
        format!(
            "arn:aws:{service}:{}:{}:{resource}",
            self.region, self.caller.account
        )
    }

    /// An ARN of IAM (which has no region) in the request's account.
    pub fn iam_arn(&self, resource: impl std::fmt::Display) -> String {
        format!("arn:aws:iam::{}:{resource}", self.caller.account)
    }
}

/// Ids drawn from a request's seed.
pub struct Ids(StdRng);

impl IdSource for Ids {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }
}
