//! From records of calls to what a policy must allow.

use rolecall_advise::Observation;
use rolecall_policy::Layer;
use rolecall_record::{CallRecord, Decided, Key, Reason};

/// What was observed of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// What its own policies decided.
    pub own: Vec<Observation>,
    /// What the policy of the resource allowed, as a role's trust policy does: its own policies
    /// need not.
    pub by_resource: Vec<Observation>,
    /// How many calls.
    pub calls: usize,
}

/// One decision, as it was.
pub(super) fn observation(decided: &Decided<'_>) -> Observation {
    let key = |key: &Key<'_>| (key.name.to_string(), key.values.to_vec());
    Observation {
        action: decided.action.to_string(),
        resource: decided.resource.to_string(),
        keys: decided.keys.iter().map(key).collect(),
        allowed: decided.allowed,
    }
}

/// What was decided in these calls. Actions that need no permission are left out, and what could
/// not be decided.
pub fn observe<'c>(calls: impl Iterator<Item = &'c CallRecord<'static>>) -> Observed {
    let mut observed = Observed::default();
    for call in calls {
        observed.calls += 1;
        for decided in call.decisions.iter().chain(&call.further) {
            if matches!(
                decided.reason,
                Reason::NoPermissionNeeded | Reason::Undecidable
            ) {
                continue;
            }
            let observation = observation(decided);
            let by_resource = decided.allowed
                && decided.deciding.as_ref().is_some_and(|at| {
                    [Layer::Resource, Layer::Trust]
                        .iter()
                        .any(|layer| layer.to_string() == at.layer)
                });
            if by_resource {
                observed.by_resource.push(observation);
            } else {
                observed.own.push(observation);
            }
        }
    }
    observed
}
