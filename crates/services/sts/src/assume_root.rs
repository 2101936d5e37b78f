//! `AssumeRoot`.

use std::sync::{Arc, OnceLock};

use rolecall_api::sts as api;
use rolecall_base::{AccountId, Arn, AwsError};
use rolecall_identity::organization::{Organization, RootTask};
use rolecall_identity::{Account, CallerKind, SessionKind};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_policy::{Policy, PolicyKind};
use rolecall_store::Txn;

use crate::issue::{self, Marks};
use crate::{errors, not_federated};

/// A quarter of an hour: how long a session lasts that does not ask for less, and the longest,
/// which the model holds to.
const MAX_S: u32 = 900;

/// Credentials of the root user of a member account for one privileged task, for users and roles of
/// the management account.
///
/// The task is one of five policies of AWS, which deny all that is not part of it. The organization
/// must have centralized it: `RootCredentialsManagement` for the tasks about root's credentials,
/// `RootSessions` for the others. The session is worth nothing any more once that is taken back or
/// the account leaves. The member's own side is its resource control policies alone.
///
/// Every token is valid in every region, so there is no endpoint that refuses this operation, as
/// AWS's global one does.
///
/// Source: STS API Reference, `AssumeRoot`; IAM User Guide, "Perform a privileged task on an AWS
/// Organizations member account".
pub struct AssumeRoot;

impl Operation for AssumeRoot {
    type Api = api::AssumeRoot;
    const EXAMPLE: &'static str = r#"{"TargetPrincipal":"111122223333","TaskPolicyArn":{"arn":"arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let caller = req.caller();
        if caller.is_root() {
            return Err(errors::root_assumes_root());
        }
        not_federated(caller, "AssumeRoot")?;
        if matches!(&caller.kind, CallerKind::User { session, .. } if session.is_some()) {
            return Err(errors::session_assumes_root());
        }
        let target = target(input)?;
        let task = task(input);
        let check = AccessCheck::new("sts:AssumeRoot", Account::root_arn(&target))
            .key_opt("sts:TaskPolicyArn", task);
        if target == *req.account() {
            return Ok(check.into());
        }
        // Whether the caller's account manages the target's is for the handler to say: no policy
        // could give it.
        let may = matches!(
            caller.kind,
            CallerKind::User { .. } | CallerKind::Role { .. }
        );
        let policy = may.then(of_members).flatten();
        Ok(check.owned_by(target).resource_policy(policy).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let target = target(input)?;
        let arn = task(input).ok_or_else(errors::no_task)?;
        let task = RootTask::parse(arn).ok_or_else(|| errors::not_a_task(arn))?;
        // What is read here changes seldom, and the session is held against it at every call.
        let snap = tx.snapshot_unchecked();
        let manages = Organization::of(&snap).is_some_and(|o| o.management == *req.account());
        if !manages || !task.is_open_to(&snap, &target) {
            let feature = task.feature().as_str();
            return Err(errors::not_centralized(&req.caller.arn, &target, feature));
        }
        let source_identity = req.caller.session().and_then(|s| s.source_identity.clone());
        let marks = Marks {
            policy_arns: vec![task.policy_arn().to_owned()],
            source_identity: source_identity.clone(),
            ..Marks::default()
        };
        let asked_s = input.duration_seconds.and_then(|s| u32::try_from(s).ok());
        let duration_s = asked_s.unwrap_or(MAX_S).min(MAX_S);
        let kind = SessionKind::AssumedRoot;
        let credentials = issue::credentials(req.info, tx, &target, kind, duration_s, marks)?;
        Ok(api::AssumeRootResponse {
            credentials: Some(credentials),
            source_identity,
            ..api::AssumeRootResponse::default()
        })
    }
}

/// The policy that each member's root user has for the management account: whether a caller may, is
/// for the caller's own policies to say.
fn of_members() -> Option<Arc<Policy>> {
    static POLICY: OnceLock<Option<Arc<Policy>>> = OnceLock::new();
    let load = || {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoot","Resource":"*"}}"#;
        Policy::load(text, PolicyKind::Resource).ok().map(Arc::new)
    };
    POLICY.get_or_init(load).clone()
}

/// The account in `TargetPrincipal`: its id, or the ARN of its root user.
fn target(input: &Input<api::AssumeRoot>) -> Result<AccountId, AwsError> {
    let text = input.target_principal.as_deref().unwrap_or_default();
    let in_arn = Arn::parse(text)
        .ok()
        .and_then(|arn| AccountId::new(arn.account()).ok())
        .filter(|account| Account::root_arn(account) == text);
    in_arn
        .or_else(|| AccountId::new(text).ok())
        .ok_or_else(|| errors::invalid_arn(text))
}

fn task(input: &Input<api::AssumeRoot>) -> Option<&str> {
    input.task_policy_arn.as_ref()?.arn.as_deref()
}
