//! The authorize step: every declared check, decided under the caller's policies.

use std::sync::Arc;

use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::Membership;
use rolecall_identity::{Applied, Caller, CallerKind, SessionKind};
use rolecall_policy::{Context, Decision, NamedPolicy, Request, evaluate, explain};
use rolecall_store::Snapshot;

use crate::access::{Access, AccessCheck};
use crate::audit::Denial;
use crate::owner::Owner;
use crate::request::RequestInfo;

/// A call that is not authorized: what the client sees, and what it does not.
pub(crate) struct Denied {
    /// AWS's error.
    pub(crate) error: AwsError,
    /// Why, for whoever runs Rolecall.
    pub(crate) denial: Box<Denial>,
}

/// Decides every check of `access`; all must be allowed.
pub(crate) fn authorize(
    access: &Access,
    info: &RequestInfo,
    snap: &Snapshot,
    query_protocol: bool,
) -> Result<(), Denied> {
    let checks = match access {
        Access::AnySignedCaller if matches!(info.caller.kind, CallerKind::Anonymous) => &[][..],
        Access::AnySignedCaller => return Ok(()),
        Access::Checks(checks) => checks,
    };
    if checks.is_empty() {
        let denial = Denial::undeclared(info);
        return Err(Denied {
            error: denied(&denial, query_protocol),
            denial: Box::new(denial),
        });
    }
    let applied = match Applied::of(snap, &info.caller) {
        Ok(applied) => applied,
        Err(unresolved) => {
            tracing::warn!(caller = info.caller.arn, %unresolved, "refused: policies unresolved");
            let denial = Denial::unresolved(info, checks, &unresolved);
            return Err(Denied {
                error: denied(&denial, query_protocol),
                denial: Box::new(denial),
            });
        }
    };
    let mut shared = condition_context(info);
    principal_tags(&info.caller, &applied.tags, &mut shared);
    organization_keys(info, applied.membership.as_ref(), &mut shared);
    let principal = info.caller.principal();
    for check in checks {
        let owner = match Owner::of(snap, info, check, &applied) {
            Ok(owner) => owner,
            Err(unresolved) => {
                tracing::warn!(resource = check.resource, %unresolved, "refused: owner unresolved");
                let denial = Denial::unresolved(info, std::slice::from_ref(check), &unresolved);
                return Err(Denied {
                    error: denied(&denial, query_protocol),
                    denial: Box::new(denial),
                });
            }
        };
        let mut context = shared.child();
        owner.keys(&mut context);
        for key in &check.keys {
            if key.many {
                context.set_list(key.name.as_str(), key.values.iter().map(String::as_str));
            } else if let Some(value) = key.values.first() {
                context.set(key.name.as_str(), value.as_str());
            }
        }
        let request = Request {
            principal: &principal,
            action: check.action,
            resource: &check.resource,
            resource_account: check.resource_account.as_ref().map(|a| a.as_str()),
            context: &context,
        };
        let resource = check.resource_policy.as_deref().map(|policy| NamedPolicy {
            name: &check.resource,
            policy,
        });
        let must_allow = check.policy_must_allow;
        let outcome = applied.with_layers(resource, &owner.rcps, must_allow, |layers| {
            if check.policy_must_allow && layers.resource.is_none() {
                // A trust policy that does not compile trusts nobody.
                return Err(Box::new(Denial::untrusted(info, check)));
            }
            let decision = evaluate(&request, layers);
            if decision.allowed() {
                return Ok(());
            }
            let message = message(info, check, &decision);
            Err(Box::new(Denial::decided(
                info,
                check,
                message,
                &explain(&request, layers, &decision),
            )))
        });
        if let Err(denial) = outcome {
            return Err(Denied {
                error: denied(&denial, query_protocol),
                denial,
            });
        }
    }
    Ok(())
}

/// STS says nothing of the reason when a role may not be assumed, so that it does not tell whether
/// the role exists.
fn message(info: &RequestInfo, check: &AccessCheck, decision: &Decision<'_>) -> String {
    if check.policy_must_allow {
        return format!(
            "User: {} is not authorized to perform: {} on resource: {}",
            info.caller.arn, check.action, check.resource
        );
    }
    decision.denial_message(&info.caller.arn, check.action, &check.resource)
}

/// AWS's error: `AccessDenied` (403) of the query protocol, `AccessDeniedException` (400) of JSON.
fn denied(denial: &Denial, query_protocol: bool) -> AwsError {
    if query_protocol {
        AwsError::new("AccessDenied", denial.message.clone()).with_status(403)
    } else {
        AwsError::new("AccessDeniedException", denial.message.clone())
    }
}

/// The condition keys that every check of a request shares.
///
/// Source: IAM User Guide, "AWS global condition context keys".
pub fn condition_context(info: &RequestInfo) -> Context<'_> {
    let mut context = Context::with_capacity(16);
    context.set("aws:RequestedRegion", info.region.as_str());
    context.set_epoch_s("aws:CurrentTime", info.now.epoch_seconds());
    context.set_epoch_s("aws:EpochTime", info.now.epoch_seconds());
    context.set_bool("aws:SecureTransport", info.transport.secure);
    context.set_bool("aws:ViaAWSService", !info.called_via.is_empty());
    if let (Some(first), Some(last)) = (info.called_via.first(), info.called_via.last()) {
        context.set_list("aws:CalledVia", info.called_via.iter().map(String::as_str));
        context.set("aws:CalledViaFirst", first.as_str());
        context.set("aws:CalledViaLast", last.as_str());
    }
    if let Some(ip) = info.transport.source_ip {
        context.set_ip("aws:SourceIp", ip);
    }
    if let Some(agent) = &info.transport.user_agent {
        context.set("aws:UserAgent", agent.as_str());
    }
    if let CallerKind::Service { source_arn, .. } = &info.caller.kind {
        context.set("aws:SourceAccount", info.caller.account.as_str());
        if let Some(arn) = source_arn {
            context.set("aws:SourceArn", arn.as_str());
        }
    }
    session_keys(&info.caller, &mut context);
    context
}

/// Where the caller's account is in its organization; for a service principal, the account that it
/// acts for.
fn organization_keys<'a>(
    info: &'a RequestInfo,
    membership: Option<&'a Membership>,
    context: &mut Context<'a>,
) {
    let Some(membership) = membership else {
        return;
    };
    let (id, paths) = (&membership.organization.id, [membership.org_path()]);
    match &info.caller.kind {
        CallerKind::Service { .. } => {
            context.set("aws:SourceOrgID", id.as_str());
            context.set_list("aws:SourceOrgPaths", paths);
        }
        CallerKind::FargateAgent | CallerKind::Anonymous => {}
        _ => {
            context.set("aws:PrincipalOrgID", id.as_str());
            context.set_list("aws:PrincipalOrgPaths", paths);
            let management = membership.organization.management.as_str();
            context.set("aws:PrincipalOrgMasterAccount", management);
        }
    }
}

fn session_keys<'a>(caller: &'a Caller, context: &mut Context<'a>) {
    let Some(session) = caller.session() else {
        return;
    };
    context.set_epoch_s("aws:TokenIssueTime", session.issued.epoch_seconds());
    context.set_bool("aws:MultiFactorAuthPresent", session.mfa);
    if let Some(identity) = &session.source_identity {
        context.set("aws:SourceIdentity", identity.as_str());
    }
    if let SessionKind::Federated { name, .. } = &session.kind {
        context.set("aws:FederatedProvider", name.as_str());
    }
}

/// The tags of the user or role, and over them the session's.
fn principal_tags<'a>(caller: &'a Caller, own: &'a Tags, context: &mut Context<'a>) {
    let session = caller
        .session()
        .into_iter()
        .flat_map(|session| session.tags.iter());
    for (key, value) in own.iter().chain(session) {
        context.set(format!("aws:PrincipalTag/{key}"), value);
    }
}

/// Runs `authorize` on what an operation declares.
pub(crate) fn check(
    access: Result<Access, AwsError>,
    info: &Arc<RequestInfo>,
    snap: &Snapshot,
    query_protocol: bool,
) -> Result<(), Refused> {
    let access = access.map_err(Refused::Error)?;
    authorize(&access, info, snap, query_protocol).map_err(Refused::Denied)
}

/// Why a call does not reach its handler, or does not succeed in it.
pub(crate) enum Refused {
    /// The service's error.
    Error(AwsError),
    /// It is not authorized.
    Denied(Denied),
}
