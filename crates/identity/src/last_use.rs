//! When an access key or a role was last used.

use rolecall_base::Timestamp;
use rolecall_store::Document;
use serde::{Deserialize, Serialize};

/// The last use of an access key or a role that is on record. Keyed by [`LastUse::of_key`] or
/// [`LastUse::of_role`]; what was never used has no document.
///
/// Source: IAM User Guide, "Generate credential reports for your AWS account": "When an access key
/// is used more than once in a 15-minute span, only the first use is recorded in this field."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// In which region.
    pub region: String,
    /// The service that was called, as signatures name it, such as `ecs`.
    pub service: String,
}

impl Document for LastUse {
    const KIND: &'static str = "iam.last-use";
    const VERSION: u32 = 1;
}

impl LastUse {
    /// The store key for an access key's id.
    pub fn of_key(id: &str) -> String {
        format!("key/{id}")
    }

    /// The store key for a role's unique id.
    pub fn of_role(id: &str) -> String {
        format!("role/{id}")
    }
}
