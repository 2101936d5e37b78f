//! The authorize step: every declared check, decided under the caller's policies.

use std::sync::Arc;

use rolecall_base::{AwsError, Tags, Timestamp};
use rolecall_identity::organization::Membership;
use rolecall_identity::{Applied, Caller, CallerKind, ProviderKey};
use rolecall_policy::{Context, NamedPolicy, Principal, Request, evaluate, explain};
use rolecall_record::{Decided, FURTHER_MAX, Key};
use rolecall_store::Snapshot;

use crate::access::{Access, AccessCheck};
use crate::audit::Denial;
use crate::owner::{self, Owner};
use crate::request::RequestInfo;
use crate::ruling::{self, Found, Ruling, Trail};

/// A call that is not authorized: what the client sees, and what it does not.
pub(crate) struct Denied {
    /// AWS's error.
    pub(crate) error: AwsError,
    /// Why, for whoever runs Rolecall.
    pub(crate) denial: Box<Denial>,
}

/// Decides every check of `access`; all must be allowed. What was decided is left on `trail`.
pub(crate) fn authorize(
    access: Access,
    info: &RequestInfo,
    snap: &Snapshot,
    query_protocol: bool,
    trail: &Trail,
) -> Result<(), Denied> {
    let checks = match access {
        Access::AnySignedCaller if matches!(info.caller.kind, CallerKind::Anonymous) => Vec::new(),
        Access::AnySignedCaller => return Ok(()),
        Access::Checks(checks) => checks,
    };
    let owned = |check: AccessCheck| owner::owned(check, &info.caller);
    let mut ruling = Ruling::of(checks.into_iter().map(owned).collect());
    let outcome = decide_all(&mut ruling, info, snap, trail.is_kept()).map_err(|decided| {
        let denial = Box::new(Denial::of(info, &decided));
        ruling.denied = Some(decided);
        Denied {
            error: denied(&denial, query_protocol),
            denial,
        }
    });
    trail.leave(ruling);
    outcome
}

/// Decides check by check, up to the first that is denied; those after it for the record only.
fn decide_all(
    ruling: &mut Ruling,
    info: &RequestInfo,
    snap: &Snapshot,
    kept: bool,
) -> Result<(), Box<Decided<'static>>> {
    if ruling.checks.is_empty() {
        return Err(ruling::undeclared(info));
    }
    let applied = Applied::of(snap, &info.caller).map_err(|unresolved| {
        tracing::warn!(caller = info.caller.arn, %unresolved, "refused: policies unresolved");
        ruling::unresolved(info, ruling.checks.first(), &unresolved)
    })?;
    let mut shared = condition_context(info);
    principal_tags(&info.caller, &applied.tags, &mut shared);
    organization_keys(info, applied.membership.as_ref(), &mut shared);
    if kept {
        ruling.shared = of_documents(info, &applied);
    }
    let principal = info.caller.principal();
    let judge = Judge {
        info,
        snap,
        applied: &applied,
        principal: &principal,
        shared: &shared,
    };
    let mut checks = ruling.checks.iter();
    for check in checks.by_ref() {
        match judge.decide(check) {
            Ok(found) if kept => ruling.found.push(found),
            Ok(_) => {}
            Err(denied) => {
                if kept {
                    let next = checks.filter_map(|check| judge.decide(check).err());
                    ruling.further = next.take(FURTHER_MAX).map(|denied| *denied).collect();
                }
                return Err(denied);
            }
        }
    }
    Ok(())
}

/// What every check of a request is decided with.
struct Judge<'a> {
    info: &'a RequestInfo,
    snap: &'a Snapshot,
    applied: &'a Applied,
    principal: &'a Principal<'a>,
    shared: &'a Context<'a>,
}

impl Judge<'_> {
    fn decide(&self, check: &AccessCheck) -> Result<Found, Box<Decided<'static>>> {
        let (info, applied) = (self.info, self.applied);
        let owner = Owner::of(self.snap, info, check, applied).map_err(|unresolved| {
            tracing::warn!(resource = check.resource, %unresolved, "refused: owner unresolved");
            ruling::unresolved(info, Some(check), &unresolved)
        })?;
        let mut context = self.shared.child();
        owner.keys(&mut context);
        for key in &check.keys {
            set(&mut context, &key.name, &key.values, key.many);
        }
        let request = Request {
            principal: self.principal,
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
        applied.with_layers(resource, &owner.rcps, must_allow, |layers| {
            if must_allow && layers.resource.is_none() {
                // A trust policy that does not compile trusts nobody.
                return Err(ruling::untrusted(info, check));
            }
            let decision = evaluate(&request, layers);
            let mut owners = Context::new();
            owner.keys(&mut owners);
            let keys = ruling::keys(&owners, |_| true);
            if decision.allowed() {
                return Ok(Found::new(&decision, keys));
            }
            let explanation = explain(&request, layers, &decision);
            let told = (layers, &decision, &explanation);
            Err(ruling::denied(info, check, keys, told))
        })
    }
}

/// The keys of all checks that stand in documents: the record gets the others from the request.
fn of_documents(info: &RequestInfo, applied: &Applied) -> Vec<Key<'static>> {
    let mut context = Context::new();
    principal_tags(&info.caller, &applied.tags, &mut context);
    organization_keys(info, applied.membership.as_ref(), &mut context);
    ruling::keys(&context, |_| true)
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
    caller_keys(info, &mut context);
    context
}

/// Those of them that the caller brings.
pub(crate) fn caller_keys<'a>(info: &'a RequestInfo, context: &mut Context<'a>) {
    if let CallerKind::Service { name, source_arn } = &info.caller.kind {
        context.set_list("aws:PrincipalServiceNamesList", [name.as_str()]);
        context.set("aws:SourceAccount", info.caller.account.as_str());
        if let Some(arn) = source_arn {
            context.set("aws:SourceArn", arn.as_str());
        }
    }
    if let CallerKind::Vouched(vouched) = &info.caller.kind {
        provider_keys(&vouched.keys, context);
    }
    session_keys(&info.caller, info.now, context);
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
        CallerKind::FargateAgent | CallerKind::Vouched(_) | CallerKind::Anonymous => {}
        _ => {
            context.set("aws:PrincipalOrgID", id.as_str());
            context.set_list("aws:PrincipalOrgPaths", paths);
        }
    }
}

fn session_keys<'a>(caller: &'a Caller, now: Timestamp, context: &mut Context<'a>) {
    let Some(session) = caller.session() else {
        return;
    };
    context.set_epoch_s("aws:TokenIssueTime", session.issued.epoch_seconds());
    // In no other session, also not as `false`: AWS's own controls ask with `Null`.
    if caller.is_assumed_root() {
        context.set_bool("aws:AssumedRoot", true);
    }
    context.set_bool("aws:MultiFactorAuthPresent", session.mfa);
    if session.mfa {
        let age_s = now.since(session.issued).as_secs();
        context.set_int(
            "aws:MultiFactorAuthAge",
            i64::try_from(age_s).unwrap_or(i64::MAX),
        );
    }
    if let Some(identity) = &session.source_identity {
        context.set("aws:SourceIdentity", identity.as_str());
    }
    let Some(provider) = &session.provider else {
        return;
    };
    if let Some(arn) = &provider.provider {
        context.set("aws:FederatedProvider", arn.as_str());
    }
    provider_keys(&provider.keys, context);
}

/// The keys that an identity provider fills.
fn provider_keys<'a>(keys: &'a [ProviderKey], context: &mut Context<'a>) {
    for key in keys {
        set(context, &key.name, &key.values, key.many);
    }
}

/// Sets a key to all of its values if it is a list, and to its first one otherwise.
fn set<'a>(context: &mut Context<'a>, name: &'a str, values: &'a [String], many: bool) {
    if many {
        context.set_list(name, values.iter().map(String::as_str));
    } else if let Some(value) = values.first() {
        context.set(name, value.as_str());
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
    trail: &Trail,
) -> Result<(), Refused> {
    let access = access.map_err(Refused::Error)?;
    authorize(access, info, snap, query_protocol, trail).map_err(Refused::Denied)
}

/// Why a call does not reach its handler, or does not succeed in it.
pub(crate) enum Refused {
    /// The service's error.
    Error(AwsError),
    /// It is not authorized.
    Denied(Denied),
}
