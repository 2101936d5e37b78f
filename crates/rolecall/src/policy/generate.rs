//! `rolecall policy generate`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use rolecall::explain::{Observed, observe};
use rolecall_advise::generate::{Generated, Limit, Options, generate};
use rolecall_advise::render::{Holder, policies};
use rolecall_record::{CallRecord, IdentityKind, Query, Reader};

use super::args::{GenerateArgs, WhoseArgs};
use crate::credentials::Credentials;

pub(super) async fn run(args: &GenerateArgs) -> Result<ExitCode> {
    let observed = observed(&args.whose).await?;
    let holder = whose(&args.whose)?;
    let options = Options {
        include_denied: args.include_denied,
        limit: match (args.inline, holder) {
            (true, Holder::Role(_)) => Limit::INLINE_ROLE,
            (true, Holder::User(_)) => Limit::INLINE_USER,
            (false, _) => Limit::MANAGED,
        },
    };
    let generated = generate(&observed.own, &options).context("make the policy fit")?;
    remarks(&observed, &generated);
    if generated.policies.is_empty() {
        super::remark("nothing was observed that its own policies would have to allow");
        return Ok(ExitCode::from(super::FINDINGS));
    }
    let mut text = policies(args.format.into(), holder, &generated.policies);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn whose(args: &WhoseArgs) -> Result<Holder<'_>> {
    let name = |text| last(text);
    match (&args.role, &args.user) {
        (Some(role), _) => Ok(Holder::Role(name(role))),
        (None, Some(user)) => Ok(Holder::User(name(user))),
        (None, None) => anyhow::bail!("name a role or a user"),
    }
}

/// The name in an ARN; a name is its own.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The account of whoever was named by ARN; else that of the data directory. Members of an
/// organization have users and roles of the same names.
fn account(args: &WhoseArgs) -> Option<String> {
    let named = args.role.as_ref().or(args.user.as_ref());
    let of_arn = named.and_then(|name| name.split(':').nth(4).map(str::to_owned));
    of_arn.or_else(|| Some(Credentials::load(&args.data.dir()).ok()?.account))
}

/// What the record has of a role or user, the oldest first.
pub(super) async fn observed(args: &WhoseArgs) -> Result<Observed> {
    let data = super::recorded(&args.data)?;
    // What was answered just now is in the record a moment later.
    tokio::time::sleep(rolecall_record::FLUSH * 2).await;
    let query = Query {
        since: args.since.map(super::Since::time),
        ..Query::default()
    };
    let account = account(args);
    let own = |call: &CallRecord<'_>| account.as_ref().is_none_or(|id| call.caller.account == *id);
    let mut calls = Vec::new();
    for entry in Reader::of_data(&data).calls(query) {
        let call = entry.context("read the record")?.call;
        if own(&call) && is_of(&call, args) {
            calls.push(call);
        }
    }
    calls.reverse();
    Ok(observe(calls.iter()))
}

fn is_of(call: &CallRecord<'_>, args: &WhoseArgs) -> bool {
    let caller = &call.caller;
    let is_last = |arn: &str, name: &str| last(arn) == last(name);
    match (&args.role, &args.user) {
        (Some(role), _) => {
            caller.kind == IdentityKind::AssumedRole
                && caller
                    .issuer_arn
                    .as_deref()
                    .is_some_and(|arn| is_last(arn, role))
        }
        (None, Some(user)) => {
            caller.kind == IdentityKind::IAMUser
                && is_last(caller.issuer_arn.as_deref().unwrap_or(&caller.arn), user)
        }
        (None, None) => false,
    }
}

fn remarks(observed: &Observed, generated: &Generated) {
    let characters: usize = generated.policies.iter().map(|policy| policy.len()).sum();
    super::remark(&format!(
        "{} calls, {} different permissions used; {} statements, {characters} characters",
        observed.calls,
        generated.observed,
        generated
            .policies
            .iter()
            .map(|p| p.statements.len())
            .sum::<usize>(),
    ));
    for (action, resource) in &generated.denied {
        super::remark(&format!("denied, so left out: {action} on {resource}"));
    }
    let mut by_resource: Vec<String> = observed
        .by_resource
        .iter()
        .map(|o| format!("{} on {}", o.action, o.resource))
        .collect();
    by_resource.sort_unstable();
    by_resource.dedup();
    for what in by_resource {
        super::remark(&format!(
            "allowed by the resource's own policy, so left out: {what}"
        ));
    }
    for what in &generated.widened {
        super::remark(&format!("widened to fit: {what}"));
    }
}
