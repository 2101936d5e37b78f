//! The login profile's document.

use std::fmt;

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError, Timestamp};
use rolecall_identity::Attempts;
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

use crate::account::AccountSettings;
use crate::errors;
use crate::login_profile::password;

/// How many earlier passwords are remembered: as many as a policy may forbid to use again.
const EARLIER_MAX: usize = 24;

/// A user's password. Keyed by [`rolecall_identity::name_key`], as the user.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginProfile {
    /// The user's name; empty for root.
    pub user: String,
    /// When the user got its first password.
    pub created: Timestamp,
    /// When the password was set.
    pub changed: Timestamp,
    /// Whether it must be changed at the next sign-in.
    pub reset_required: bool,
    /// The salt of all hashes of this profile, so that one hash of a new password tells whether
    /// it was used before.
    pub(crate) salt: Vec<u8>,
    /// The hash of the password; empty where there is none yet.
    pub(crate) hash: Vec<u8>,
    /// The hashes of the passwords before it, newest first.
    pub(crate) earlier: Vec<Vec<u8>>,
    /// The passwords that were tried in vain.
    #[serde(default)]
    pub(crate) attempts: Attempts,
}

impl Document for LoginProfile {
    const KIND: &'static str = "iam.login-profile";
    const VERSION: u32 = 1;
}

impl fmt::Debug for LoginProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginProfile")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl LoginProfile {
    /// As the API shows it.
    pub(crate) fn shown(&self) -> api::LoginProfile {
        api::LoginProfile {
            user_name: (!self.user.is_empty()).then(|| self.user.clone()),
            create_date: Some(self.created),
            password_reset_required: Some(self.reset_required),
        }
    }

    /// Whether `password` is the password.
    pub(crate) fn is(&self, password: &str) -> Result<bool, AwsError> {
        Ok(password::hash(password, &self.salt)? == self.hash)
    }

    /// Makes `password` the password, if the account's policy lets it be one.
    ///
    /// # Errors
    /// `PasswordPolicyViolation`.
    pub(crate) fn set(
        &mut self,
        tx: &Txn,
        account: &AccountId,
        password: &str,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        password::check(tx, account, password)?;
        let hash = password::hash(password, &self.salt)?;
        let prevented = AccountSettings::of(tx, account)
            .password_policy
            .and_then(|policy| policy.reuse_prevention)
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or_default();
        let mut used = std::iter::once(&self.hash).chain(&self.earlier);
        if used.by_ref().take(prevented).any(|known| *known == hash) {
            return Err(errors::password_reused(prevented));
        }
        let before = std::mem::replace(&mut self.hash, hash);
        self.earlier.insert(0, before);
        self.earlier.truncate(EARLIER_MAX);
        self.changed = now;
        Ok(())
    }
}
