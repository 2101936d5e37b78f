//! What `AssumeRoleWithWebIdentity` and `AssumeRoleWithSAML` have in common: the checks, and the
//! session that is made for whoever a provider vouches for.

use rolecall_api::sts as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{CallerKind, ProviderKey, ProviderSession, Role, SessionKind, Vouched};
use rolecall_op::{Access, AccessCheck, AccessRequest, RequestInfo};
use rolecall_policy::PolicyKind;
use rolecall_store::Txn;

use crate::assume_role::{duration, role, role_account};
use crate::issue::{self, Marks};
use crate::{errors, session_policy, session_tags};

/// The members that both operations share.
pub(crate) struct Asked<'a> {
    /// `sts:AssumeRoleWithWebIdentity` or `sts:AssumeRoleWithSAML`.
    pub(crate) action: &'static str,
    /// The role.
    pub(crate) role_arn: &'a str,
    /// The session's name.
    pub(crate) session_name: &'a str,
    /// How long it is to last, in seconds.
    pub(crate) duration_seconds: Option<i32>,
    /// The inline session policy.
    pub(crate) policy: &'a Option<String>,
    /// The managed session policies.
    pub(crate) policy_arns: &'a Option<Vec<api::PolicyDescriptorType>>,
}

/// What a session was made of.
pub(crate) struct Made {
    /// Its credentials.
    pub(crate) credentials: api::Credentials,
    /// Its names.
    pub(crate) user: api::AssumedRoleUser,
    /// How much of the packed limit is used, in percent.
    pub(crate) packed: Option<i32>,
}

/// The account of the role, which is where the provider must stand too.
pub(crate) fn account_of(role_arn: &str) -> Result<AccountId, AwsError> {
    role_account(role_arn).ok_or_else(|| errors::validation("Request ARN is invalid"))
}

/// Whom the provider vouches for; nobody before the token was verified.
pub(crate) fn vouched(info: &RequestInfo) -> Option<&Vouched> {
    match &info.caller.kind {
        CallerKind::Vouched(vouched) => Some(vouched),
        _ => None,
    }
}

/// The checks: the trust policy must allow the action, and the tags and the source identity that
/// come with the token.
///
/// Source: IAM User Guide, "Pass session tags in AWS STS"; Service Authorization Reference, "AWS
/// Security Token Service".
pub(crate) fn access(asked: &Asked<'_>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
    let owner = account_of(asked.role_arn)?;
    let role = Role::by_arn(req.snap, asked.role_arn);
    let trust = role
        .as_ref()
        .and_then(|role| role.trust.compiled(PolicyKind::Trust).cloned());
    let mut check = AccessCheck::new(asked.action, asked.role_arn)
        .trust(trust)
        .key("sts:RoleSessionName", asked.session_name)
        .key_opt(
            "sts:DurationSeconds",
            asked.duration_seconds.map(|seconds| seconds.to_string()),
        );
    if owner != *req.account() {
        check = check.owned_by(owner);
    }
    if let Some(role) = &role {
        check = check.service_resource_tags("iam", &role.tags);
    }
    let Some(vouched) = vouched(req.info) else {
        return Ok(check.into());
    };
    check = check
        .key_opt("sts:SourceIdentity", vouched.source_identity.as_deref())
        .request_tags(&vouched.tags)
        .key_list("sts:TransitiveTagKeys", vouched.transitive_tag_keys.clone());
    let mut checks = vec![check.clone()];
    if !vouched.tags.is_empty() {
        checks.push(AccessCheck {
            action: "sts:TagSession",
            ..check.clone()
        });
    }
    if vouched.source_identity.is_some() {
        checks.push(AccessCheck {
            action: "sts:SetSourceIdentity",
            ..check
        });
    }
    Ok(checks.into())
}

/// The keys that stay with the session: of SAML only those that say who somebody is.
///
/// Source: IAM User Guide, "Available keys for SAML-based AWS STS federation".
fn kept(keys: &[ProviderKey]) -> Vec<ProviderKey> {
    let stays = |name: &str| {
        !name.starts_with("saml:")
            || ["saml:namequalifier", "saml:sub", "saml:sub_type"].contains(&name)
    };
    keys.iter()
        .filter(|key| stays(&key.name))
        .cloned()
        .collect()
}

/// Makes the session.
pub(crate) fn make(asked: &Asked<'_>, info: &RequestInfo, tx: &Txn) -> Result<Made, AwsError> {
    let vouched = vouched(info).ok_or_else(AwsError::internal)?;
    let (role_key, role) = role(tx, asked.role_arn)?;
    let seconds = asked
        .duration_seconds
        .or_else(|| i32::try_from(vouched.duration_s?).ok());
    let mut duration_s = duration(seconds, role.max_session_duration_s, false)?;
    if let Some(end) = vouched.not_after {
        let left_s = end.epoch_seconds().saturating_sub(info.now.epoch_seconds());
        duration_s = duration_s.min(u32::try_from(left_s).unwrap_or(0));
    }
    let tags = vouched.tags.iter().map(|(key, value)| api::Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    });
    let transitive = Some(vouched.transitive_tag_keys.clone());
    let tags = session_tags::merge(None, &Some(tags.collect()), &transitive)?;
    let policy = session_policy::inline(asked.policy)?;
    let policy_arns = session_policy::managed_arns(tx, asked.policy_arns)?;
    let packed = session_policy::packed_size(policy.as_ref(), &policy_arns, &tags.tags)?;
    let kind = SessionKind::Role {
        role_id: role.id.clone(),
        role_key,
        name: asked.session_name.to_owned(),
    };
    let is_oidc = asked.action == "sts:AssumeRoleWithWebIdentity";
    let marks = Marks {
        policy,
        policy_arns,
        tags: tags.tags,
        transitive_tag_keys: tags.transitive_keys,
        source_identity: vouched.source_identity.clone(),
        provider: Some(ProviderSession {
            provider: is_oidc.then(|| vouched.provider.clone()),
            keys: kept(&vouched.keys),
        }),
        ..Marks::default()
    };
    let credentials = issue::credentials(info, tx, &role.account, kind, duration_s, marks)?;
    let name = asked.session_name;
    Ok(Made {
        credentials,
        user: api::AssumedRoleUser {
            assumed_role_id: Some(format!("{}:{name}", role.id)),
            arn: Some(format!(
                "arn:aws:sts::{}:assumed-role/{}/{name}",
                role.account, role.name
            )),
        },
        packed,
    })
}
