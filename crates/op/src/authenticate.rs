//! Who signed: from a request's signature to its caller.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use rolecall_api::shape::Protocol;
use rolecall_base::{AccountId, AwsError, Fault, Region, Timestamp};
use rolecall_identity::{
    AccessKey, Account, Caller, CallerKind, KeyStatus, SessionClaims, SessionKind, TokenKey,
};
use rolecall_sigv4::{
    AmzTime, AuthError, BodyHash, Family, Parsed, Policy, RequestView, SigningKey,
};
use rolecall_store::Snapshot;
use rolecall_wire::Route;

use crate::core::{Core, Signature};

/// How many derived keys and opened tokens are kept; all are dropped when there are more.
const CACHE_MAX: usize = 10_000;

/// Derived signing keys and opened session tokens, so that neither is made anew for each request.
#[derive(Default)]
pub(crate) struct Authenticator {
    keys: RwLock<HashMap<KeyScope, (Arc<str>, SigningKey)>>,
    sessions: RwLock<HashMap<String, (String, Arc<SessionClaims>)>>,
}

#[derive(PartialEq, Eq, Hash)]
struct KeyScope {
    access_key_id: String,
    date: String,
    region: String,
    service: String,
}

/// A key that may sign, and for whom.
struct Credential {
    secret: Arc<str>,
    caller: Caller,
}

impl Authenticator {
    /// The caller of a request and the region that it addressed.
    ///
    /// # Errors
    /// AWS's authentication errors in the words of the route's protocol.
    pub(crate) fn authenticate(
        &self,
        core: &Core,
        route: &Route,
        signature: &Signature<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(Caller, Region), AwsError> {
        let family = family(route.protocol);
        let refuse = |error: &AuthError| refused(error, family);
        let parsed = match signature.parsed {
            Err(AuthError::Missing) if route.operation.unsigned => {
                return Ok((
                    anonymous(&core.settings.account),
                    core.settings.region.clone(),
                ));
            }
            Err(error) => return Err(refuse(error)),
            Ok(parsed) => parsed,
        };
        let amz_now = AmzTime::from_unix_s(now.epoch_seconds());
        let policy = Policy::default();
        parsed
            .check(amz_now, &policy, Some(route.service.signing_name))
            .map_err(|error| refuse(&error))?;
        let snap = core.store.snapshot();
        let credential = self
            .credential(&snap, &core.settings.account, parsed, now)
            .map_err(|e| refuse(&e))?;
        if route.service.id == "iam" && is_without_iam(credential.caller.session()) {
            return Err(refuse(&AuthError::InvalidToken));
        }
        let key = self.signing_key(parsed, &credential.secret);
        let body = BodyHash::Sha256(rolecall_sigv4::sha256(body));
        let view = RequestView {
            body,
            ..*signature.view
        };
        rolecall_sigv4::verify(parsed, &key, &view, amz_now, &policy).map_err(|e| refuse(&e))?;
        let region = Region::new(&parsed.region).map_err(|_| {
            refuse(&AuthError::Scope(rolecall_sigv4::ScopeFault {
                region: true,
                ..Default::default()
            }))
        })?;
        let service = route.service.signing_name;
        core.last_uses
            .note(&credential.caller, &region, service, now);
        Ok((credential.caller, region))
    }

    fn credential(
        &self,
        snap: &Snapshot,
        account: &AccountId,
        parsed: &Parsed<'_>,
        now: Timestamp,
    ) -> Result<Credential, AuthError> {
        match &parsed.security_token {
            None => long_term(snap, &parsed.access_key_id),
            Some(token) => {
                let claims = self.session(snap, account, &parsed.access_key_id, token)?;
                if claims.expires <= now {
                    return Err(AuthError::ExpiredToken);
                }
                let caller = Caller::of_session(snap, &claims).ok_or(AuthError::InvalidToken)?;
                Ok(Credential {
                    secret: claims.secret.as_str().into(),
                    caller,
                })
            }
        }
    }

    fn session(
        &self,
        snap: &Snapshot,
        account: &AccountId,
        access_key_id: &str,
        token: &str,
    ) -> Result<Arc<SessionClaims>, AuthError> {
        if let Some((known, claims)) = self.sessions.read().get(access_key_id)
            && known == token
        {
            return Ok(Arc::clone(claims));
        }
        let account = snap
            .get::<Account>(account.as_str())
            .ok_or(AuthError::InvalidToken)?;
        let key = TokenKey::from_hex(&account.token_key).map_err(|_| AuthError::InvalidToken)?;
        let claims = key.open(token).map_err(|_| AuthError::InvalidToken)?;
        if claims.access_key_id != access_key_id {
            return Err(AuthError::InvalidToken);
        }
        let claims = Arc::new(claims);
        let mut sessions = self.sessions.write();
        if sessions.len() >= CACHE_MAX {
            sessions.clear();
        }
        sessions.insert(
            access_key_id.to_owned(),
            (token.to_owned(), Arc::clone(&claims)),
        );
        Ok(claims)
    }

    /// Whose credentials a request names that was refused, if they are known. For the record: the
    /// request proves nothing.
    pub(crate) fn named(&self, core: &Core, parsed: &Parsed<'_>) -> Option<Caller> {
        let snap = core.store.snapshot();
        match &parsed.security_token {
            None => {
                let key = snap.get::<AccessKey>(&parsed.access_key_id)?;
                Caller::of_key(&snap, &key)
            }
            Some(token) => {
                let account = &core.settings.account;
                let claims = self.session(&snap, account, &parsed.access_key_id, token);
                Caller::of_session(&snap, &claims.ok()?)
            }
        }
    }

    fn signing_key(&self, parsed: &Parsed<'_>, secret: &Arc<str>) -> SigningKey {
        let scope = KeyScope {
            access_key_id: parsed.access_key_id.to_string(),
            date: parsed.date.to_string(),
            region: parsed.region.to_string(),
            service: parsed.service.to_string(),
        };
        if let Some((known, key)) = self.keys.read().get(&scope)
            && known == secret
        {
            return key.clone();
        }
        let key = SigningKey::derive(secret, &scope.date, &scope.region, &scope.service);
        let mut keys = self.keys.write();
        if keys.len() >= CACHE_MAX {
            keys.clear();
        }
        keys.insert(scope, (Arc::clone(secret), key.clone()));
        key
    }
}

/// Whether a session may not call IAM: all of users, federated users and root that were made
/// without multi-factor authentication; those of roles may, and the privileged ones of root, whose
/// policies name what of IAM they are for.
///
/// Source: STS API Reference, `GetSessionToken` and `GetFederationToken`: "You cannot call any IAM
/// API operations unless MFA authentication information is included in the request."
fn is_without_iam(session: Option<&SessionClaims>) -> bool {
    let may =
        |kind: &SessionKind| matches!(kind, SessionKind::Role { .. } | SessionKind::AssumedRoot);
    session.is_some_and(|session| !may(&session.kind) && !session.mfa)
}

fn long_term(snap: &Snapshot, access_key_id: &str) -> Result<Credential, AuthError> {
    let key = snap
        .get::<AccessKey>(access_key_id)
        .ok_or(AuthError::UnknownAccessKey)?;
    if key.status != KeyStatus::Active {
        return Err(AuthError::UnknownAccessKey);
    }
    let caller = Caller::of_key(snap, &key).ok_or(AuthError::UnknownAccessKey)?;
    Ok(Credential {
        secret: key.secret.as_str().into(),
        caller,
    })
}

fn anonymous(account: &AccountId) -> Caller {
    Caller {
        account: account.clone(),
        arn: "anonymous".to_owned(),
        unique_id: "anonymous".to_owned(),
        access_key_id: None,
        kind: CallerKind::Anonymous,
    }
}

fn family(protocol: Protocol) -> Family {
    match protocol {
        Protocol::AwsQuery => Family::Query,
        Protocol::Ec2Query => Family::Ec2,
        Protocol::RestJson1 => Family::RestJson,
        Protocol::RestXml => Family::S3,
        Protocol::AwsJson1_0 | Protocol::AwsJson1_1 | Protocol::RpcV2Cbor => Family::Json,
    }
}

fn refused(error: &AuthError, family: Family) -> AwsError {
    tracing::debug!(%error, "not authenticated");
    let aws = error.to_aws(family);
    AwsError {
        code: aws.code.into(),
        message: aws.message,
        status: aws.status,
        fault: Fault::Sender,
        fields: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use rolecall_base::Tags;

    use super::*;

    #[test]
    fn only_roles_call_iam_without_multi_factor_authentication() {
        let of = |kind: SessionKind, mfa: bool| SessionClaims {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret: "s".to_owned(),
            account: "123456789012".to_owned(),
            kind,
            issued: Timestamp::from_epoch_seconds(0),
            expires: Timestamp::from_epoch_seconds(900),
            policy: None,
            policy_arns: Vec::new(),
            tags: Tags::default(),
            transitive_tag_keys: Vec::new(),
            source_identity: None,
            mfa,
            chain: 0,
            provider: None,
        };
        let user = SessionKind::User {
            user_id: "AIDAEXAMPLE".to_owned(),
            user_key: "key".to_owned(),
        };
        let role = SessionKind::Role {
            role_id: "AROAEXAMPLE".to_owned(),
            role_key: "key".to_owned(),
            name: "s".to_owned(),
        };
        assert!(!is_without_iam(None));
        for kind in [SessionKind::Root, user] {
            assert!(is_without_iam(Some(&of(kind.clone(), false))));
            assert!(!is_without_iam(Some(&of(kind, true))));
        }
        assert!(!is_without_iam(Some(&of(role, false))));
        assert!(!is_without_iam(Some(&of(SessionKind::AssumedRoot, false))));
    }
}
