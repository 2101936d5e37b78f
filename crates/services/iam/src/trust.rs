//! Trust policies: who may assume a role.

use rolecall_base::{AccountId, Arn, AwsError};
use rolecall_identity::{Account, PolicyText, Quotas, Role, User, name_key};
use rolecall_policy::{PolicyKind, non_whitespace_len};
use rolecall_store::Txn;

use crate::errors;

/// Parses a trust policy and ties its principals to the users and roles of today.
///
/// # Errors
/// `MalformedPolicyDocument`, also for a user or role of a served account that does not exist, and
/// `LimitExceeded` for one that is too long.
pub(crate) fn parse(tx: &Txn, account: &AccountId, document: &str) -> Result<PolicyText, AwsError> {
    let text = PolicyText::parse_tied(document, PolicyKind::Trust, |arn| {
        principal_id(tx, account, arn)
    })
    .map_err(|error| errors::malformed(&error))?;
    let max = Quotas::of(tx, account).trust_policy_chars;
    if non_whitespace_len(document) > max {
        return Err(errors::quota("ACLSizePerRole", max));
    }
    Ok(text)
}

/// A trust policy as the API shows it, not yet URL-encoded.
pub(crate) fn shown(tx: &Txn, account: &AccountId, trust: &PolicyText) -> String {
    trust
        .shown(|arn| principal_id(tx, account, arn))
        .into_owned()
}

/// The unique id behind the ARN of a user or role.
///
/// An account that is not served here cannot be asked: its principals are taken as they are and
/// never match, since no caller of that account exists here.
fn principal_id(tx: &Txn, served: &AccountId, arn: &str) -> Option<String> {
    let parsed = Arn::parse(arn).ok()?;
    let account = AccountId::new(parsed.account()).ok()?;
    let (kind, path) = parsed.type_and_id();
    let key = name_key(&account, path.rsplit('/').next()?);
    let found = match (parsed.service(), kind) {
        ("iam", "role") => tx
            .get::<Role>(&key)
            .filter(|r| r.arn == arn)
            .map(|r| r.id.clone()),
        ("iam", "user") => tx
            .get::<User>(&key)
            .filter(|u| u.arn == arn)
            .map(|u| u.id.clone()),
        _ => None,
    };
    let is_served = account == *served || tx.get::<Account>(account.as_str()).is_some();
    found.or_else(|| (!is_served).then(|| arn.to_owned()))
}
