//! `AssumeRole`.

use rolecall_api::sts as api;
use rolecall_base::{AccountId, Arn, AwsError};
use rolecall_identity::{CallerKind, Role, SessionKind, VirtualMfaDevice, name_key};
use rolecall_op::operation::{Attempt, Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_policy::PolicyKind;
use rolecall_store::Txn;

use crate::issue::{self, Marks};
use crate::{errors, mfa, not_federated, session_policy, session_tags};

/// How long a session lasts that does not ask for another time, and how long a chained one may.
const HOUR_S: u32 = 3_600;

/// Credentials of a session of a role, for whom its trust policy names: users, other roles'
/// sessions, and the service principals inside Rolecall, which is how a task gets its role.
///
/// A role that does not exist is refused as one that does not trust the caller is, without a
/// reason, so that nobody learns which roles there are. Tags and a source identity need their own
/// permissions, from the trust policy too. Root may assume no role.
///
/// Source: STS API Reference, `AssumeRole`; IAM User Guide, "Pass session tags in AWS STS" and
/// "Monitor and control actions taken with assumed roles".
pub struct AssumeRole;

impl Operation for AssumeRole {
    type Api = api::AssumeRole;
    const EXAMPLE: &'static str =
        r#"{"RoleArn":"arn:aws:iam::123456789012:role/app","RoleSessionName":"example"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = input.role_arn.as_deref().unwrap_or_default();
        let owner = role_account(arn).ok_or_else(|| errors::invalid_arn(arn))?;
        if req.caller().is_root() {
            return Err(errors::root_assumes());
        }
        not_federated(req.caller(), "AssumeRole")?;
        let role = Role::by_arn(req.snap, arn);
        let trust = role
            .as_ref()
            .and_then(|role| role.trust.compiled(PolicyKind::Trust).cloned());
        let mut check = AccessCheck::new("sts:AssumeRole", arn)
            .trust(trust)
            .key_opt("sts:RoleSessionName", input.role_session_name.as_deref())
            .key_opt("sts:ExternalId", input.external_id.as_deref())
            .key_opt(
                "sts:DurationSeconds",
                input.duration_seconds.map(|s| s.to_string()),
            );
        if owner != *req.account() {
            check = check.owned_by(owner);
        }
        if let Some(role) = &role {
            check = check.service_resource_tags("iam", &role.tags);
        }
        let inherited = req
            .caller()
            .session()
            .and_then(|s| s.source_identity.as_deref());
        let identity = input.source_identity.as_deref().or(inherited);
        check = check.key_opt("sts:SourceIdentity", identity);
        let tags = session_tags::given(&input.tags);
        check = check.request_tags(&tags).key_list(
            "sts:TransitiveTagKeys",
            input.transitive_tag_keys.clone().unwrap_or_default(),
        );
        let device = mfa::verified(
            |serial| Some(req.snap.get::<VirtualMfaDevice>(serial)?.cloned()),
            req.caller(),
            &input.serial_number,
            &input.token_code,
            req.info.now,
        )?;
        if device.is_some() {
            check = check
                .key("aws:MultiFactorAuthPresent", "true")
                .key("aws:MultiFactorAuthAge", "0");
        }
        let mut checks = vec![check.clone()];
        if !tags.is_empty() {
            checks.push(AccessCheck {
                action: "sts:TagSession",
                ..check.clone()
            });
        }
        if identity.is_some() {
            checks.push(AccessCheck {
                action: "sts:SetSourceIdentity",
                ..check
            });
        }
        Ok(checks.into())
    }

    fn attempt(input: &Input<Self::Api>, info: &RequestInfo) -> Option<Attempt> {
        mfa::attempt(info, &input.serial_number, &input.token_code)
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let arn = input.role_arn.as_deref().unwrap_or_default();
        let session_name = input.role_session_name.clone().unwrap_or_default();
        let (role_key, role) = role(tx, arn)?;
        let device = mfa::verified(
            |serial| Some(tx.get::<VirtualMfaDevice>(serial)?.cloned()),
            &req.caller,
            &input.serial_number,
            &input.token_code,
            req.now,
        )?;
        if let Some(device) = device {
            tx.put(device.serial.clone(), device);
        }
        if input
            .provided_contexts
            .as_ref()
            .is_some_and(|contexts| !contexts.is_empty())
        {
            return Err(errors::invalid_parameter(
                "ProvidedContexts are not taken by Rolecall.",
            ));
        }
        let calling = req.caller.session();
        let chained = matches!(req.caller.kind, CallerKind::Role { .. });
        let duration_s = duration(input.duration_seconds, role.max_session_duration_s, chained)?;
        let inherited = calling.and_then(|session| session.source_identity.clone());
        let source_identity = match (&input.source_identity, inherited) {
            (Some(given), Some(inherited)) if *given != inherited => {
                return Err(errors::source_identity_is_set());
            }
            (given, inherited) => given.clone().or(inherited),
        };
        let tags = session_tags::merge(calling, &input.tags, &input.transitive_tag_keys)?;
        let policy = session_policy::inline(&input.policy)?;
        let policy_arns = session_policy::managed_arns(tx, &input.policy_arns)?;
        let packed = session_policy::packed_size(policy.as_ref(), &policy_arns, &tags.tags)?;
        let marks = Marks {
            policy,
            policy_arns,
            tags: tags.tags,
            transitive_tag_keys: tags.transitive_keys,
            source_identity: source_identity.clone(),
            chain: if chained {
                calling.map_or(0, |s| s.chain).saturating_add(1)
            } else {
                0
            },
            mfa: false,
            provider: None,
        };
        let kind = SessionKind::Role {
            role_id: role.id.clone(),
            role_key,
            name: session_name.clone(),
        };
        let credentials = issue::credentials(req.info, tx, &role.account, kind, duration_s, marks)?;
        let user = api::AssumedRoleUser {
            assumed_role_id: Some(format!("{}:{session_name}", role.id)),
            arn: Some(format!(
                "arn:aws:sts::{}:assumed-role/{}/{session_name}",
                role.account, role.name
            )),
        };
        Ok(api::AssumeRoleResponse {
            credentials: Some(credentials),
            assumed_role_user: Some(user),
            packed_policy_size: packed,
            source_identity,
            ..api::AssumeRoleResponse::default()
        })
    }
}

/// The account in the ARN of a role; `None` for any other text.
pub(crate) fn role_account(arn: &str) -> Option<AccountId> {
    let parsed = Arn::parse(arn).ok()?;
    let (kind, name) = parsed.type_and_id();
    let is_role = parsed.service() == "iam" && parsed.region().is_empty() && kind == "role";
    if !is_role || name.is_empty() || name.ends_with('/') {
        return None;
    }
    AccountId::new(parsed.account()).ok()
}

/// The role, which the authorize step has found to be there.
pub(crate) fn role(tx: &Txn, arn: &str) -> Result<(String, Role), AwsError> {
    let account = role_account(arn).ok_or_else(|| errors::invalid_arn(arn))?;
    let key = name_key(&account, arn.rsplit('/').next().unwrap_or_default());
    let role = tx.get::<Role>(&key).filter(|role| role.arn == arn);
    Ok((key, role.ok_or_else(AwsError::internal)?.cloned()))
}

/// How long the session lasts, in seconds.
pub(crate) fn duration(
    asked: Option<i32>,
    role_max_s: u32,
    chained: bool,
) -> Result<u32, AwsError> {
    let asked_s = asked.and_then(|seconds| u32::try_from(seconds).ok());
    match asked_s {
        Some(asked_s) if chained && asked_s > HOUR_S => Err(errors::duration_over_chain_maximum()),
        Some(asked_s) if asked_s > role_max_s => Err(errors::duration_over_role_maximum()),
        asked_s => Ok(asked_s.unwrap_or(HOUR_S)),
    }
}
