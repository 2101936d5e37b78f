//! What the authorize step found, kept until the call has ended.

use std::borrow::Cow;
use std::sync::Arc;

use parking_lot::Mutex;
use rolecall_identity::CallerKind;
use rolecall_identity::resolve::Unresolved;
use rolecall_policy::{
    Closest, Context, ContextValue, Decision, Explanation, Layer, Layers, Location, Mismatch,
    NamedPolicy, Reason,
};
use rolecall_record as record;
use rolecall_record::{Considered, Decided, Deciding, Failed, Key};

use crate::access::{self, AccessCheck};
use crate::request::RequestInfo;

/// Where the authorize step leaves what it found. It may run more than once; the last run counts.
/// The default keeps nothing.
#[derive(Clone, Default)]
pub(crate) struct Trail(Option<Arc<Mutex<Left>>>);

/// What was left on a trail.
#[derive(Default)]
pub(crate) struct Left {
    /// The request with the caller whom a token named.
    pub(crate) vouched: Option<Arc<RequestInfo>>,
    /// What was decided.
    pub(crate) ruling: Option<Ruling>,
}

impl Trail {
    pub(crate) fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn leave(&self, ruling: Ruling) {
        if let Some(kept) = &self.0 {
            kept.lock().ruling = Some(ruling);
        }
    }

    /// Leaves the request with the caller whom a token named.
    pub(crate) fn vouched(&self, info: &Arc<RequestInfo>) {
        if let Some(kept) = &self.0 {
            kept.lock().vouched = Some(Arc::clone(info));
        }
    }

    pub(crate) fn take(&self) -> Left {
        let kept = self.0.as_ref();
        kept.map(|kept| std::mem::take(&mut *kept.lock()))
            .unwrap_or_default()
    }
}

/// What was decided about one call: of what was allowed, what the decisions were made from.
#[derive(Default)]
pub(crate) struct Ruling {
    /// What was to be decided.
    pub(crate) checks: Vec<AccessCheck>,
    /// What was found, check by check, up to the end or the denial.
    pub(crate) found: Vec<Found>,
    /// The denial, if there was one.
    pub(crate) denied: Option<Box<Decided<'static>>>,
    /// What would be denied next, if that were allowed.
    pub(crate) further: Vec<Decided<'static>>,
    /// The keys that all checks share and that do not follow from the request alone.
    pub(crate) shared: Vec<Key<'static>>,
}

/// Why one check was allowed. Made for every call: it holds what must be copied and no more.
pub(crate) struct Found {
    allowed: Allowed,
    /// Keys of this check that the operation did not declare.
    keys: Vec<Key<'static>>,
}

enum Allowed {
    By {
        layer: Layer,
        policy: Box<str>,
        statement: usize,
        sid: Option<Box<str>>,
    },
    Root,
    Free,
}

impl Found {
    pub(crate) fn new(decision: &Decision<'_>, keys: Vec<Key<'static>>) -> Self {
        let allowed = match &decision.reason {
            Reason::Allow(at) => Allowed::By {
                layer: at.layer,
                policy: at.policy.into(),
                statement: at.statement,
                sid: at.sid.map(Into::into),
            },
            Reason::RootUser => Allowed::Root,
            _ => Allowed::Free,
        };
        Self { allowed, keys }
    }

    #[cfg(test)]
    pub(crate) fn free() -> Self {
        let (allowed, keys) = (Allowed::Free, Vec::new());
        Self { allowed, keys }
    }

    fn tell<'a>(&'a self, decided: &mut Decided<'a>) {
        decided.allowed = true;
        decided.keys.extend(self.keys.iter().map(Key::borrowed));
        (decided.reason, decided.deciding) = match &self.allowed {
            Allowed::By {
                layer,
                policy,
                statement,
                sid,
            } => {
                let deciding = Deciding {
                    layer: Cow::Borrowed(layer.name()),
                    policy: Cow::Borrowed(policy),
                    statement: u32::try_from(*statement).unwrap_or(u32::MAX),
                    sid: sid.as_deref().map(Cow::Borrowed),
                };
                (record::Reason::Allow, Some(deciding))
            }
            Allowed::Root => (record::Reason::RootUser, None),
            Allowed::Free => (record::Reason::NoPermissionNeeded, None),
        };
    }
}

impl Ruling {
    pub(crate) fn of(checks: Vec<AccessCheck>) -> Self {
        Self {
            found: Vec::with_capacity(checks.len()),
            checks,
            ..Self::default()
        }
    }

    /// What was allowed, in order.
    pub(crate) fn allowed(&self) -> Vec<Decided<'_>> {
        let allowed = self.checks.iter().zip(&self.found);
        let allowed = allowed.map(|(check, found)| {
            let mut decided = undecided(check);
            found.tell(&mut decided);
            decided
        });
        allowed.collect()
    }
}

/// A check before it is decided: denied.
fn undecided(check: &AccessCheck) -> Decided<'_> {
    let account = check.resource_account.as_ref();
    Decided {
        resource_account: account.map(|account| Cow::Borrowed(account.as_str())),
        keys: check.keys.iter().map(key).collect(),
        ..Decided::new(Cow::Borrowed(check.action), Cow::Borrowed(&check.resource))
    }
}

fn key(key: &access::Key) -> Key<'_> {
    Key {
        name: Cow::Borrowed(&key.name),
        values: Cow::Borrowed(&key.values),
        many: key.many,
    }
}

/// AWS's words without a reason.
fn plain(info: &RequestInfo, check: &AccessCheck) -> String {
    // Whoever comes with a token is told neither of the role nor of themselves.
    if matches!(info.caller.kind, CallerKind::Vouched(_)) {
        return format!("Not authorized to perform {}", check.action);
    }
    check.refusal(&info.caller.arn)
}

/// The denial of an operation that declares no check.
pub(crate) fn undeclared(info: &RequestInfo) -> Box<Decided<'static>> {
    let nothing = AccessCheck::new("", "");
    let mut decided = undecided(&nothing);
    let message = format!(
        "User: {} is not authorized to perform this action",
        info.caller.arn
    );
    decided.message = Some(message.into());
    let why = "the operation declares no access check, so nobody may call it";
    decided.why = Some(why.into());
    Box::new(decided.into_owned())
}

/// The denial of a caller whose policies, or of a resource whose owner's policies, are not all
/// there.
pub(crate) fn unresolved(
    info: &RequestInfo,
    check: Option<&AccessCheck>,
    unresolved: &Unresolved,
) -> Box<Decided<'static>> {
    let nothing = AccessCheck::new("", "*");
    let check = check.unwrap_or(&nothing);
    let mut decided = undecided(check);
    decided.message = Some(plain(info, check).into());
    let why = format!("{unresolved}, so the caller is refused as a whole");
    decided.why = Some(why.into());
    Box::new(decided.into_owned())
}

/// The denial of a role whose trust policy is not there or does not compile.
pub(crate) fn untrusted(info: &RequestInfo, check: &AccessCheck) -> Box<Decided<'static>> {
    let mut decided = undecided(check);
    decided.message = Some(plain(info, check).into());
    let why = "the role does not exist, or its trust policy does not compile";
    decided.why = Some(why.into());
    Box::new(decided.into_owned())
}

/// The denial of a check that the policies do not allow.
pub(crate) fn denied(
    info: &RequestInfo,
    check: &AccessCheck,
    keys: Vec<Key<'static>>,
    (layers, decision, explanation): (&Layers<'_>, &Decision<'_>, &Explanation<'_>),
) -> Box<Decided<'static>> {
    let mut decided = undecided(check);
    decided.keys.extend(keys);
    (decided.reason, decided.deciding) = reason(decision);
    // STS says nothing of the reason when a role may not be assumed, so that it does not tell
    // whether the role exists.
    let message = match &check.called {
        _ if check.policy_must_allow => plain(info, check),
        None => decision.denial_message(&info.caller.arn, check.action, &check.resource),
        Some(_) => format!(
            "{} {}",
            plain(info, check),
            decision.reason_clause(check.action)
        ),
    };
    decided.message = Some(message.into());
    decided.why = Some(explanation.summary.clone().into());
    let remedies = explanation.suggestions.iter().chain(&explanation.then);
    decided.remedies = remedies
        .map(|suggestion| record::Remedy {
            layer: suggestion.layer.to_string(),
            statement: suggestion.statement.clone(),
        })
        .collect();
    decided.closest = explanation.closest.as_ref().map(closest);
    decided.considered = considered(layers);
    decided.reliefs = explanation
        .reliefs
        .iter()
        .map(|relief| record::Relief {
            at: deciding(&relief.location),
            statement: relief.statement.clone(),
            replacement: relief.replacement.clone(),
        })
        .collect();
    decided.checked = explanation.checked;
    Box::new(decided.into_owned())
}

fn reason(decision: &Decision<'_>) -> (record::Reason<'static>, Option<Deciding<'static>>) {
    match &decision.reason {
        Reason::Allow(at) => (record::Reason::Allow, Some(deciding(at))),
        Reason::RootUser => (record::Reason::RootUser, None),
        Reason::NoPermissionNeeded => (record::Reason::NoPermissionNeeded, None),
        Reason::ExplicitDeny(at) => (record::Reason::ExplicitDeny, Some(deciding(at))),
        Reason::ImplicitDeny(layer) => {
            let layer = layer.name().into();
            (record::Reason::ImplicitDeny { layer }, None)
        }
    }
}

fn deciding(at: &Location<'_>) -> Deciding<'static> {
    Deciding {
        layer: at.layer.name().into(),
        policy: at.policy.to_owned().into(),
        statement: u32::try_from(at.statement).unwrap_or(u32::MAX),
        sid: at.sid.map(|sid| sid.to_owned().into()),
    }
}

fn closest(closest: &Closest<'_>) -> record::Closest {
    record::Closest {
        at: deciding(&closest.location),
        failed: failed(&closest.mismatch),
        also: closest.also.iter().map(failed).collect(),
        hint: closest.hint.clone(),
        statement: closest.statement.to_owned(),
    }
}

fn failed(mismatch: &Mismatch) -> Failed {
    match mismatch {
        Mismatch::Resource { element, patterns } => Failed::Resource {
            element: (*element).to_owned(),
            patterns: patterns.clone(),
        },
        Mismatch::Principal => Failed::Principal,
        Mismatch::Condition {
            operator,
            key,
            wanted,
            seen,
        } => Failed::Condition {
            operator: operator.clone(),
            key: key.clone(),
            wanted: wanted.clone(),
            seen: seen.clone(),
        },
        _ => Failed::Action,
    }
}

/// Every policy of the layers, in the order in which they are evaluated.
fn considered(layers: &Layers<'_>) -> Vec<Considered> {
    let one = |layer: Layer, named: &NamedPolicy<'_>| Considered {
        layer: layer.to_string(),
        policy: named.name.to_owned(),
    };
    let resource = match layers.resource_policy_must_allow {
        true => Layer::Trust,
        false => Layer::Resource,
    };
    let levels = |layer, levels: &[&[NamedPolicy<'_>]]| -> Vec<Considered> {
        let policies = levels.iter().copied().flatten();
        policies.map(|named| one(layer, named)).collect()
    };
    let mut all = levels(Layer::ResourceControl, layers.rcps);
    all.extend(levels(Layer::ServiceControl, layers.scps));
    all.extend(layers.resource.iter().map(|named| one(resource, named)));
    let flat = [
        (Layer::Identity, layers.identity),
        (Layer::Boundary, layers.boundary.unwrap_or_default()),
        (Layer::Session, layers.session.unwrap_or_default()),
    ];
    for (layer, policies) in flat {
        all.extend(policies.iter().map(|named| one(layer, named)));
    }
    // The same policy may stand at several levels.
    let mut seen = std::collections::HashSet::new();
    all.retain(|policy| seen.insert((policy.layer.clone(), policy.policy.clone())));
    all
}

/// The wanted keys of a context with their values as text.
pub(crate) fn keys(context: &Context<'_>, wanted: impl Fn(&str) -> bool) -> Vec<Key<'static>> {
    let key = |(name, value): (&str, &ContextValue<'_>)| {
        let (values, many): (Vec<String>, bool) = match value {
            ContextValue::List(values) => (values.iter().map(ToString::to_string).collect(), true),
            ContextValue::Str(text) => (vec![text.to_string()], false),
            ContextValue::Bool(bool) => (vec![bool.to_string()], false),
            ContextValue::Int(int) => (vec![int.to_string()], false),
            ContextValue::EpochSeconds(s) if name == "aws:EpochTime" => {
                (vec![s.to_string()], false)
            }
            ContextValue::EpochSeconds(s) => {
                let at = rolecall_base::Timestamp::from_epoch_seconds(*s);
                (vec![at.iso8601_seconds()], false)
            }
            ContextValue::Ip(address) => (vec![address.to_string()], false),
        };
        Key {
            name: name.to_owned().into(),
            values: Cow::Owned(values),
            many,
        }
    };
    let wanted = context.iter().filter(|(name, _)| wanted(name));
    wanted.map(key).collect()
}
