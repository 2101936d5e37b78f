//! Asks both evaluators.

use std::cell::RefCell;
use std::net::IpAddr;

use rolecall_policy::{
    Context, ContextValue, Decision, Layer, Layers, NamedPolicy, Policy, PolicyKind, Principal,
    Reason, Request, evaluate,
};
use serde_json::Value;

use crate::case::items;
use crate::cast::{self, Caller};
use crate::decide::{Answer, decide};

/// What came out of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Both say this.
    Agree(Answer),
    /// Both say this of policies that are refused on write for this reason, but can be loaded.
    AgreeOnOdd(Answer, String),
    /// They differ.
    Differ {
        /// What `rolecall-policy` says.
        policy: Answer,
        /// What this crate says.
        oracle: Answer,
    },
    /// A policy is not accepted, for this reason.
    Refused(String),
    /// It is no case at all.
    NoCase,
}

/// A policy with its name.
type Owned = (String, Policy);

/// How the policies of a case are compiled.
struct Compiler {
    /// Put together anew from what the compiled statements print.
    print: bool,
    /// Why one was refused on write, though it could be loaded.
    odd: RefCell<Option<String>>,
}

/// The compiled policies of a case.
struct Compiled {
    identity: Vec<Owned>,
    boundary: Option<Vec<Owned>>,
    session: Option<Vec<Owned>>,
    resource: Option<Owned>,
    scps: Vec<Vec<Owned>>,
    rcps: Vec<Vec<Owned>>,
    odd: Option<String>,
}

/// Decides a case with both evaluators.
pub fn compare(case: &Value) -> Outcome {
    let compiled = match compile(case, false) {
        Ok(compiled) => compiled,
        Err(reason) => return Outcome::Refused(reason),
    };
    let (Some(oracle), Some(policy)) = (decide(case), ask(case, &compiled)) else {
        return Outcome::NoCase;
    };
    if oracle == policy {
        match compiled.odd {
            Some(reason) => Outcome::AgreeOnOdd(oracle, reason),
            None => Outcome::Agree(oracle),
        }
    } else {
        Outcome::Differ { policy, oracle }
    }
}

/// Decides a case with `rolecall-policy` twice: as written, and with every policy put together
/// anew from the JSON of its compiled statements. `None` if a policy is not accepted.
pub fn printed(case: &Value) -> Option<(Answer, Option<Answer>)> {
    let written = compile(case, false).ok()?;
    let again = compile(case, true).ok();
    let again = again.and_then(|again| ask(case, &again));
    Some((ask(case, &written)?, again))
}

fn compile(case: &Value, print: bool) -> Result<Compiled, String> {
    let odd = RefCell::new(None);
    let compiler = Compiler { print, odd };
    let list = |name: &str, value: Option<&Value>, kind| {
        let each = items(value).into_iter().enumerate();
        each.map(|(n, document)| compiler.one(format!("{name}-{n}"), document, kind))
            .collect::<Result<Vec<Owned>, String>>()
    };
    let levels = |name: &str, kind| {
        let each = items(case.get(name)).into_iter();
        each.map(|level| list(name, Some(level), kind))
            .collect::<Result<Vec<_>, String>>()
    };
    let optional = |name: &str, kind| {
        let value = case.get(name);
        value.map(|value| list(name, Some(value), kind)).transpose()
    };
    let own = |name: &str, kind| {
        let value = case.get(name);
        value
            .map(|document| compiler.one(name.to_owned(), document, kind))
            .transpose()
    };
    let trust = own("trust", PolicyKind::Trust)?;
    let resource = match trust {
        Some(trust) => Some(trust),
        None => own("resource_policy", PolicyKind::Resource)?,
    };
    Ok(Compiled {
        identity: list("identity", case.get("identity"), PolicyKind::Identity)?,
        boundary: optional("boundary", PolicyKind::Identity)?,
        session: optional("session", PolicyKind::Session)?,
        resource,
        scps: levels("scps", PolicyKind::Scp)?,
        rcps: levels("rcps", PolicyKind::Rcp)?,
        odd: compiler.odd.take(),
    })
}

impl Compiler {
    fn one(&self, name: String, document: &Value, kind: PolicyKind) -> Result<Owned, String> {
        let mut policy = self.read(&document.to_string(), kind)?;
        if self.print {
            policy = self.read(&reprint(document, &policy), kind)?;
        }
        Ok((name, policy))
    }

    fn read(&self, text: &str, kind: PolicyKind) -> Result<Policy, String> {
        let written = Policy::parse(text, kind);
        written
            .or_else(|error| {
                self.odd.replace(Some(error.to_string()));
                Policy::load(text, kind)
            })
            .map_err(|error| error.to_string())
    }
}

fn reprint(document: &Value, policy: &Policy) -> String {
    let statements: Vec<&str> = policy.statements().iter().map(|s| s.json()).collect();
    let version = match document.get("Version") {
        Some(version) => format!("\"Version\":{version},"),
        None => String::new(),
    };
    format!("{{{version}\"Statement\":[{}]}}", statements.join(","))
}

fn ask(case: &Value, compiled: &Compiled) -> Option<Answer> {
    let member = |name| case.get(name).and_then(Value::as_str);
    let principal = principal(cast::find(member("principal")?)?);
    let context = context(case.get("context"));
    let request = Request {
        principal: &principal,
        action: member("action")?,
        resource: member("resource")?,
        resource_account: member("resource_account"),
        context: &context,
    };
    let identity = named(&compiled.identity);
    let boundary = compiled.boundary.as_deref().map(named);
    let session = compiled.session.as_deref().map(named);
    let scps: Vec<Vec<NamedPolicy<'_>>> = compiled.scps.iter().map(|l| named(l)).collect();
    let rcps: Vec<Vec<NamedPolicy<'_>>> = compiled.rcps.iter().map(|l| named(l)).collect();
    let scps: Vec<&[NamedPolicy<'_>]> = scps.iter().map(Vec::as_slice).collect();
    let rcps: Vec<&[NamedPolicy<'_>]> = rcps.iter().map(Vec::as_slice).collect();
    let layers = Layers {
        identity: &identity,
        boundary: boundary.as_deref(),
        session: session.as_deref(),
        resource: compiled
            .resource
            .as_ref()
            .map(|(name, policy)| NamedPolicy { name, policy }),
        scps: &scps,
        rcps: &rcps,
        resource_policy_must_allow: case.get("must_allow").and_then(Value::as_bool) == Some(true),
    };
    Some(answer(evaluate(&request, &layers)))
}

fn named(list: &[Owned]) -> Vec<NamedPolicy<'_>> {
    let each = list.iter();
    each.map(|(name, policy)| NamedPolicy { name, policy })
        .collect()
}

fn answer(decision: Decision<'_>) -> Answer {
    match decision.reason {
        Reason::Allow(_) | Reason::RootUser | Reason::NoPermissionNeeded => Answer::Allow,
        Reason::ExplicitDeny(location) => Answer::ExplicitDeny(layer(location.layer)),
        Reason::ImplicitDeny(missing) => Answer::ImplicitDeny(layer(missing)),
    }
}

const fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::ResourceControl => "resource control",
        Layer::ServiceControl => "service control",
        Layer::Resource => "resource",
        Layer::Trust => "trust",
        Layer::Identity => "identity",
        Layer::Boundary => "boundary",
        Layer::Session => "session",
    }
}

fn principal(caller: &'static Caller) -> Principal<'static> {
    let Caller {
        account,
        arn,
        issuer,
        id,
        session,
        ..
    } = *caller;
    match caller.kind {
        "user" => Principal::user(account, arn, id),
        "root" => Principal::root(account, arn),
        "role" => Principal::role_session(account, arn, issuer, id, session),
        "federated" => Principal::federated_user(account, arn, issuer, id, session),
        "provider" => Principal::federated(arn),
        "service" => Principal::service(arn),
        _ => Principal::anonymous(),
    }
}

fn context(values: Option<&Value>) -> Context<'_> {
    let mut context = Context::new();
    for (key, value) in values.and_then(Value::as_object).into_iter().flatten() {
        let value = match value {
            Value::String(text) => ContextValue::Str(text.as_str().into()),
            Value::Bool(value) => ContextValue::Bool(*value),
            Value::Number(number) => ContextValue::Int(number.as_i64().unwrap_or(0)),
            Value::Array(list) => {
                let texts = list.iter().filter_map(Value::as_str);
                ContextValue::List(texts.map(Into::into).collect())
            }
            Value::Object(map) => match (map.get("epoch"), map.get("ip")) {
                (Some(seconds), _) => ContextValue::EpochSeconds(seconds.as_i64().unwrap_or(0)),
                (_, Some(text)) => match text.as_str().unwrap_or("").parse::<IpAddr>() {
                    Ok(address) => ContextValue::Ip(address),
                    Err(_) => continue,
                },
                _ => continue,
            },
            Value::Null => continue,
        };
        context.set_value(key.as_str(), value);
    }
    context
}
