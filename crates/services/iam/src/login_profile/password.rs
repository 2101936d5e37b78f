//! Hashes of passwords, and the rules that passwords keep.

use argon2::{Algorithm, Argon2, Params, Version};
use rolecall_base::{AccountId, AwsError};
use rolecall_store::Txn;

use crate::account::{AccountSettings, password_policy};
use crate::errors;

/// How long a salt is (RFC 9106, section 3.1).
pub(super) const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Memory in KiB, passes and lanes: the least that OWASP's "Password Storage Cheat Sheet" takes for
/// Argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The Argon2id hash of a password (RFC 9106).
pub(super) fn hash(password: &str, salt: &[u8]) -> Result<Vec<u8>, AwsError> {
    let failed = |error: argon2::Error| {
        tracing::error!(%error, "a password could not be hashed");
        AwsError::internal()
    };
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(failed)?;
    let mut out = vec![0u8; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .map_err(failed)?;
    Ok(out)
}

/// Whether the account's policy lets this be a password.
///
/// # Errors
/// `PasswordPolicyViolation`.
pub(super) fn check(tx: &Txn, account: &AccountId, password: &str) -> Result<(), AwsError> {
    let settings = AccountSettings::of(tx, account);
    match password_policy::fault(settings.password_policy.as_ref(), password) {
        Some(fault) => Err(errors::password_policy_violation(fault)),
        None => Ok(()),
    }
}
