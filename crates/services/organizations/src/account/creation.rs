//! What became of a `CreateAccount`, kept for who asks.

use rolecall_api::organizations as api;
use rolecall_base::rng::IdSource;
use rolecall_base::{AccountId, AwsError, Timestamp};
use rolecall_identity::Account;
use rolecall_identity::organization::{Target, TargetKind};
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

use crate::find;

/// How many accounts an organization may have.
///
/// Source: AWS Organizations User Guide, "Quotas for AWS Organizations": 10 by default.
const ACCOUNTS_MAX: usize = 10;

/// A `CreateAccount` that was asked for. Keyed by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Creation {
    /// `car-…`
    pub id: String,
    /// The name of the account.
    pub name: String,
    /// When it was asked for.
    pub requested: Timestamp,
    /// When it was done or refused.
    pub completed: Timestamp,
    /// The account that was made.
    pub account: Option<AccountId>,
    /// Why none was made, in the API's word.
    pub failure: Option<String>,
}

impl Document for Creation {
    const KIND: &'static str = "organizations.creation";
    const VERSION: u32 = 1;
}

impl Creation {
    /// As the API shows it once it is over.
    pub(crate) fn shown(&self) -> api::CreateAccountStatus {
        let state = if self.failure.is_some() {
            "FAILED"
        } else {
            "SUCCEEDED"
        };
        api::CreateAccountStatus {
            id: Some(self.id.clone()),
            account_name: Some(self.name.clone()),
            state: Some(state.to_owned()),
            requested_timestamp: Some(self.requested),
            completed_timestamp: Some(self.completed),
            account_id: self.account.as_ref().map(ToString::to_string),
            gov_cloud_account_id: None,
            failure_reason: self.failure.clone(),
        }
    }

    /// As the API shows it in the answer of `CreateAccount`.
    pub(crate) fn in_progress(&self) -> api::CreateAccountStatus {
        api::CreateAccountStatus {
            state: Some("IN_PROGRESS".to_owned()),
            completed_timestamp: None,
            account_id: None,
            failure_reason: None,
            ..self.shown()
        }
    }
}

/// Why an account with this address may not be made, in the API's word.
pub(crate) fn refusal(tx: &Txn, email: &str) -> Option<&'static str> {
    let all = tx.range::<Target>("").map(|(_, target)| target.cloned());
    let accounts: Vec<Target> = all.filter(find::is_account).collect();
    let has_email = |target: &Target| match &target.kind {
        TargetKind::Account { email: known, .. } => known.eq_ignore_ascii_case(email),
        _ => false,
    };
    if accounts.iter().any(has_email) {
        Some("EMAIL_ALREADY_EXISTS")
    } else if accounts.len() >= ACCOUNTS_MAX {
        Some("ACCOUNT_LIMIT_EXCEEDED")
    } else {
        None
    }
}

/// An account id that nobody has here.
///
/// # Errors
/// An internal failure if none is found, which no luck explains.
pub(crate) fn new_account_id(tx: &Txn, ids: &mut dyn IdSource) -> Result<AccountId, AwsError> {
    for _ in 0..100 {
        let mut bytes = [0; 8];
        ids.fill(&mut bytes);
        let number = u64::from_be_bytes(bytes) % 900_000_000_000 + 100_000_000_000;
        let id = AccountId::new(&number.to_string()).map_err(|_| AwsError::internal())?;
        if tx.get::<Account>(id.as_str()).is_none() {
            return Ok(id);
        }
    }
    Err(AwsError::internal())
}
