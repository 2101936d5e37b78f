//! The credential report: who has which credentials, and when they were made and used.
//!
//! Source: IAM User Guide, "Generate credential reports for your AWS account".

use std::fmt::Write;
use std::time::Duration;

use rolecall_base::{AccountId, Timestamp};
use rolecall_identity::{AccessKey, Account, KeyStatus, LastUse, User, name_key};
use rolecall_store::{Document, Txn};
use serde::{Deserialize, Serialize};

use crate::account::AccountSettings;
use crate::login_profile::LoginProfile;
use crate::signing_certificate::SigningCertificate;
use crate::user_credential;

/// How long a report is the newest that can be had.
const FRESH: Duration = Duration::from_secs(4 * 3600);
const DAY_S: u64 = 86_400;

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,\
    password_last_changed,password_next_rotation,mfa_active,access_key_1_active,\
    access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
    access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
    cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// The account's last report. Keyed by the account's id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialReport {
    /// When it was made.
    pub generated: Timestamp,
    /// The report itself, CSV.
    pub content: String,
}

impl Document for CredentialReport {
    const KIND: &'static str = "iam.credential-report";
    const VERSION: u32 = 1;
}

impl CredentialReport {
    /// Whether it is not older than four hours.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.generated) <= FRESH
    }
}

/// The report as it is now: root, then the users by name.
pub(crate) fn csv(tx: &Txn, account: &AccountId) -> String {
    let mut text = HEADER.to_owned();
    let mut row = |fields: &[String]| {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}", fields.join(","));
    };
    row(&root(tx, account));
    let max_age_days = AccountSettings::of(tx, account)
        .password_policy
        .and_then(|policy| policy.max_age_days);
    for (key, found) in tx.range_unchecked::<User>(&name_key(account, "")) {
        row(&user(tx, key, &found, max_age_days));
    }
    text
}

fn root(tx: &Txn, account: &AccountId) -> Vec<String> {
    let created = tx
        .get_unchecked::<Account>(account.as_str())
        .map(|account| account.created);
    // Root has two keys at most, and a report is asked for seldom: a walk over all keys will do.
    let keys: Vec<AccessKey> = tx
        .range_unchecked::<AccessKey>("")
        .filter(|(_, key)| key.user.is_none() && key.account == *account)
        .map(|(_, key)| key.cloned())
        .take(2)
        .collect();
    let mut fields = words(&["<root_account>"]);
    fields.push(Account::root_arn(account));
    fields.push(date(created, "N/A"));
    fields.extend(words(&[
        "not_supported",
        "no_information",
        "not_supported",
        "not_supported",
        "false",
    ]));
    finish(tx, fields, &keys, &certificates(tx, account, "root"))
}

fn user(tx: &Txn, key: &str, user: &User, max_age_days: Option<i32>) -> Vec<String> {
    let mut fields = vec![user.name.clone(), user.arn.clone(), time(user.created)];
    match tx.get_unchecked::<LoginProfile>(key) {
        Some(profile) => {
            let max_age = max_age_days.and_then(|days| u64::try_from(days).ok());
            let next = max_age.map(|days| profile.changed.plus(Duration::from_secs(days * DAY_S)));
            // Nobody can sign in with it here, so it was never used.
            fields.extend(words(&["true", "no_information"]));
            fields.push(time(profile.changed));
            fields.push(date(next, "N/A"));
        }
        None => fields.extend(words(&["false", "N/A", "N/A", "N/A"])),
    }
    fields.push((!user.mfa_devices.is_empty()).to_string());
    let keys = user.access_keys.iter();
    let keys: Vec<AccessKey> = keys
        .filter_map(|id| Some(tx.get_unchecked::<AccessKey>(id)?.cloned()))
        .collect();
    let certificates = certificates(tx, &user.account, &user.id);
    finish(tx, fields, &keys, &certificates)
}

/// The fields of two access keys and two certificates, behind the others.
fn finish(
    tx: &Txn,
    mut fields: Vec<String>,
    keys: &[AccessKey],
    certificates: &[SigningCertificate],
) -> Vec<String> {
    for n in 0..2 {
        match keys.get(n) {
            Some(key) => {
                fields.push((key.status == KeyStatus::Active).to_string());
                fields.push(time(key.created));
                fields.extend(used(tx, key));
            }
            None => fields.extend(words(&["false", "N/A", "N/A", "N/A", "N/A"])),
        }
    }
    for n in 0..2 {
        match certificates.get(n) {
            Some(certificate) => {
                fields.push((certificate.status == "Active").to_string());
                fields.push(time(certificate.uploaded));
            }
            None => fields.extend(words(&["false", "N/A"])),
        }
    }
    fields
}

/// The signing certificates of the user with this unique id, oldest first.
fn certificates(tx: &Txn, account: &AccountId, id: &str) -> Vec<SigningCertificate> {
    let prefix = user_credential::prefix(account, id);
    let found = tx.range_unchecked::<SigningCertificate>(&prefix);
    let mut found: Vec<SigningCertificate> =
        found.map(|(_, certificate)| certificate.cloned()).collect();
    found.sort_by_key(|certificate| certificate.uploaded);
    found
}

fn used(tx: &Txn, key: &AccessKey) -> Vec<String> {
    match tx.get_unchecked::<LastUse>(&LastUse::of_key(&key.id)) {
        Some(last) => vec![time(last.at), last.region.clone(), last.service.clone()],
        None => words(&["N/A", "N/A", "N/A"]),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// As the report writes times: `2026-11-22T00:00:00+00:00`.
fn time(at: Timestamp) -> String {
    at.iso8601_seconds().replace('Z', "+00:00")
}

fn date(at: Option<Timestamp>, without: &str) -> String {
    at.map_or_else(|| without.to_owned(), time)
}
