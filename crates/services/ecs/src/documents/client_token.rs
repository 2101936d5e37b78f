//! What a client token was used for, so that a repeated call is recognized.

use rolecall_base::Timestamp;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// A client token of `RunTask`. Keyed by account, region, cluster name and token.
///
/// Source: Amazon ECS API Reference, "Ensuring idempotency".
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientToken {
    /// The call's parameters, the token apart: AWS's JSON of them.
    pub parameters: String,
    /// The keys of the tasks that it started.
    pub tasks: Vec<String>,
    /// When it was used first.
    pub created: Timestamp,
}

impl Document for ClientToken {
    const KIND: &'static str = "ecs.client_token";
    const VERSION: u32 = 1;
}
