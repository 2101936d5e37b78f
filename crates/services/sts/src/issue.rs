//! Making the credentials of a session.

use std::time::Duration;

use rolecall_api::sts as api;
use rolecall_base::rng::{IdSource, iam_unique_id, secret_access_key};
use rolecall_base::{AccountId, AwsError, Tags};
use rolecall_identity::{
    Account, PolicyText, ProviderSession, SessionClaims, SessionKind, TokenKey,
};
use rolecall_op::RequestInfo;
use rolecall_store::Txn;

/// How a session is narrowed and marked; the default is not at all.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) policy: Option<PolicyText>,
    pub(crate) policy_arns: Vec<String>,
    pub(crate) tags: Tags,
    pub(crate) transitive_tag_keys: Vec<String>,
    pub(crate) source_identity: Option<String>,
    pub(crate) mfa: bool,
    pub(crate) chain: u32,
    pub(crate) provider: Option<ProviderSession>,
}

/// Credentials of a session of `kind` in `account` that lasts `duration_s` seconds from now.
///
/// # Errors
/// An internal failure if the account has no key to seal tokens with.
pub(crate) fn credentials(
    info: &RequestInfo,
    tx: &Txn,
    account: &AccountId,
    kind: SessionKind,
    duration_s: u32,
    marks: Marks,
) -> Result<api::Credentials, AwsError> {
    let document = tx
        .get::<Account>(account.as_str())
        .ok_or_else(AwsError::internal)?;
    let key = TokenKey::from_hex(&document.token_key).map_err(|_| AwsError::internal())?;
    let mut ids = info.ids();
    let claims = SessionClaims {
        access_key_id: iam_unique_id(&mut ids, "ASIA"),
        secret: secret_access_key(&mut ids),
        account: account.to_string(),
        kind,
        issued: info.now,
        expires: info.now.plus(Duration::from_secs(duration_s.into())),
        policy: marks.policy,
        policy_arns: marks.policy_arns,
        tags: marks.tags,
        transitive_tag_keys: marks.transitive_tag_keys,
        source_identity: marks.source_identity,
        mfa: marks.mfa,
        chain: marks.chain,
        provider: marks.provider,
    };
    let mut nonce = [0u8; 12];
    ids.fill(&mut nonce);
    let token = key.seal(&claims, nonce).map_err(|_| AwsError::internal())?;
    Ok(api::Credentials {
        access_key_id: Some(claims.access_key_id),
        secret_access_key: Some(claims.secret),
        session_token: Some(token),
        expiration: Some(claims.expires),
    })
}
