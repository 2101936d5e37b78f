//! The least-privilege policy from what was called.
//!
//! 1. Denied decisions are left out, unless asked for.
//! 2. Each resource is made general where it must be ([`rules::generalize`]).
//! 3. A condition key is kept where it says what the permission is for ([`rules::KEPT_KEYS`]) and
//!    every observation of the action on the resource had it with one value; at most
//!    [`VALUES_MAX`] different values are listed.
//! 4. Actions with the same resource and conditions become one statement, and so do resources with
//!    the same actions and conditions. Nothing is added by that: each action of a statement was
//!    seen on each resource of it.
//! 5. What is too large for one managed policy is split into several. What is too large for all
//!    that may be attached is widened, step by step until it fits: names that differ in their last
//!    part only become a wildcard there, where there are four or more of them, then where there are
//!    two; then everything of the type; then `*`. Roles that are passed and actions are never
//!    widened: what was not seen stays denied.
//!
//! The result does not depend on the order of the observations.

mod widen;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{PolicyDocument, Statement, Values};
use crate::observation::Observation;
use crate::rules;

/// How many values of a condition key are listed before the key is given up.
pub const VALUES_MAX: usize = 8;

/// The characters of a managed policy that are not white space (IAM User Guide, "IAM and AWS STS
/// quotas").
pub const MANAGED_MAX: usize = 6_144;
/// As [`MANAGED_MAX`], of all inline policies of a role together.
pub const INLINE_ROLE_MAX: usize = 10_240;
/// As [`MANAGED_MAX`], of all inline policies of a user together.
pub const INLINE_USER_MAX: usize = 2_048;
/// How many managed policies may be attached to a user or role.
pub const ATTACHED_MAX: usize = 10;

/// What a generated policy must fit into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The characters of one policy that are not white space.
    pub characters: usize,
    /// How many policies there may be.
    pub policies: usize,
}

impl Limit {
    /// Managed policies, as many as may be attached.
    pub const MANAGED: Self = Self {
        characters: MANAGED_MAX,
        policies: ATTACHED_MAX,
    };
    /// One inline policy of a role.
    pub const INLINE_ROLE: Self = Self {
        characters: INLINE_ROLE_MAX,
        policies: 1,
    };
    /// One inline policy of a user.
    pub const INLINE_USER: Self = Self {
        characters: INLINE_USER_MAX,
        policies: 1,
    };
}

/// How to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether what was denied is to be allowed, too.
    pub include_denied: bool,
    /// What the result must fit into.
    pub limit: Limit,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            include_denied: false,
            limit: Limit::MANAGED,
        }
    }
}

/// A generated policy, or several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// The documents, each within the limit; none if nothing was observed.
    pub policies: Vec<PolicyDocument>,
    /// What was widened to stay within the limit, in words.
    pub widened: Vec<String>,
    /// How many different (action, resource) pairs were observed.
    pub observed: usize,
    /// The pairs that were left out because they were only ever denied.
    pub denied: Vec<(String, String)>,
}

/// What cannot be made to fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the actions alone take {needed} characters, more than {policies} policies of {characters} hold"
)]
pub struct TooLarge {
    /// What it would take.
    pub needed: usize,
    /// The limit.
    pub characters: usize,
    /// The limit.
    pub policies: usize,
}

/// Conditions: (operator, key) to the values.
type Conditions = BTreeMap<(String, String), BTreeSet<String>>;

/// What is allowed, before it is put into statements.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    conditions: Conditions,
}

/// The smallest policy that allows what was observed.
///
/// # Errors
/// [`TooLarge`] if it does not fit even when every resource is `*`.
pub fn generate(observations: &[Observation], options: &Options) -> Result<Generated, TooLarge> {
    let taken = |o: &&Observation| o.allowed || options.include_denied;
    let pairs = |allowed: bool| -> BTreeSet<(String, String)> {
        let some = observations.iter().filter(|o| taken(o) == allowed);
        some.map(|o| (o.action.clone(), o.resource.clone()))
            .collect()
    };
    let observed = pairs(true);
    let denied: Vec<_> = pairs(false).difference(&observed).cloned().collect();
    let mut grants = merge(single(observations.iter().filter(taken)));
    let mut widened = Vec::new();
    for level in widen::Level::ALL {
        let policies = split(&grants, options.limit);
        if let Some(policies) = policies.filter(|all| all.len() <= options.limit.policies) {
            return Ok(Generated {
                policies,
                widened,
                observed: observed.len(),
                denied,
            });
        }
        let Some(level) = level else {
            break;
        };
        let (wider, what) = widen::widen(&grants, level);
        grants = merge_grants(wider);
        widened.extend(what);
    }
    Err(TooLarge {
        needed: document(&grants).len(),
        characters: options.limit.characters,
        policies: options.limit.policies,
    })
}

/// One grant for each action and resource.
fn single<'o>(
    observations: impl Iterator<Item = &'o Observation>,
) -> BTreeMap<(String, String), Conditions> {
    let mut seen: BTreeMap<(String, String), Vec<&Observation>> = BTreeMap::new();
    for observation in observations {
        for resource in rules::generalize(&observation.action, &observation.resource) {
            let entry = seen.entry((observation.action.clone(), resource));
            entry.or_default().push(observation);
        }
    }
    seen.into_iter()
        .map(|((action, resource), all)| {
            let conditions = conditions(&action, &all);
            ((action, resource), conditions)
        })
        .collect()
}

/// The keys that are kept and that each of the observations has with one value.
fn conditions(action: &str, observations: &[&Observation]) -> Conditions {
    let mut kept = Conditions::new();
    for key in rules::kept_keys(action) {
        let values: Option<BTreeSet<String>> = observations
            .iter()
            .map(|o| o.value(key.key).map(rules::escape))
            .collect();
        let fits = |values: &BTreeSet<String>| {
            // An operator on ARNs holds for nothing else.
            let arns = !key.operator.starts_with("Arn") || values.iter().all(|v| is_arn(v));
            arns && (1..=VALUES_MAX).contains(&values.len())
        };
        if let Some(values) = values.filter(fits) {
            kept.insert((key.operator.to_owned(), key.key.to_owned()), values);
        }
    }
    kept
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').count() >= 6
}

fn merge(single: BTreeMap<(String, String), Conditions>) -> Vec<Grant> {
    let grants = single
        .into_iter()
        .map(|((action, resource), conditions)| Grant {
            actions: BTreeSet::from([action]),
            resources: BTreeSet::from([resource]),
            conditions,
        });
    merge_grants(grants.collect())
}

/// Joins grants on the same resources under the same conditions, and then those of the same actions
/// under the same conditions.
fn merge_grants(grants: Vec<Grant>) -> Vec<Grant> {
    let mut by_resource: BTreeMap<(Conditions, BTreeSet<String>), BTreeSet<String>> =
        BTreeMap::new();
    for grant in grants {
        for resource in grant.resources {
            let key = (grant.conditions.clone(), BTreeSet::from([resource]));
            by_resource
                .entry(key)
                .or_default()
                .extend(grant.actions.iter().cloned());
        }
    }
    let mut by_actions: BTreeMap<(BTreeSet<String>, Conditions), BTreeSet<String>> =
        BTreeMap::new();
    for ((conditions, resources), actions) in by_resource {
        by_actions
            .entry((actions, conditions))
            .or_default()
            .extend(resources);
    }
    by_actions
        .into_iter()
        .map(|((actions, conditions), resources)| Grant {
            actions,
            resources,
            conditions,
        })
        .collect()
}

fn statement(grant: &Grant) -> Statement {
    let values = |set: &BTreeSet<String>| set.iter().cloned().collect();
    Statement {
        action: Values {
            negated: false,
            values: values(&grant.actions),
        },
        resource: Some(Values {
            negated: false,
            values: values(&grant.resources),
        }),
        conditions: grant
            .conditions
            .iter()
            .map(|((operator, key), set)| (operator.clone(), key.clone(), values(set)))
            .collect(),
        ..Statement::default()
    }
}

fn document(grants: &[Grant]) -> PolicyDocument {
    PolicyDocument {
        statements: grants.iter().map(statement).collect(),
    }
}

/// Puts the grants into policies, in order, each as full as it gets; a grant that is too large for
/// one policy is halved. `None` if a single action on a single resource is too large.
fn split(grants: &[Grant], limit: Limit) -> Option<Vec<PolicyDocument>> {
    let mut waiting: Vec<Grant> = grants.iter().rev().cloned().collect();
    let mut policies: Vec<PolicyDocument> = Vec::new();
    let mut open = PolicyDocument::default();
    while let Some(grant) = waiting.pop() {
        let alone = document(std::slice::from_ref(&grant));
        if alone.len() > limit.characters {
            let (first, second) = halves(&grant)?;
            waiting.push(second);
            waiting.push(first);
            continue;
        }
        let mut longer = open.clone();
        longer.statements.push(statement(&grant));
        if longer.len() > limit.characters {
            policies.push(std::mem::replace(&mut open, alone));
        } else {
            open = longer;
        }
    }
    if !open.is_empty() {
        policies.push(open);
    }
    Some(policies)
}

/// The same grant as two, by resources or else by actions.
fn halves(grant: &Grant) -> Option<(Grant, Grant)> {
    let half = |set: &BTreeSet<String>| {
        let middle = set.len() / 2;
        let first: BTreeSet<String> = set.iter().take(middle).cloned().collect();
        let second: BTreeSet<String> = set.iter().skip(middle).cloned().collect();
        (middle > 0).then_some((first, second))
    };
    let (mut one, mut other) = (grant.clone(), grant.clone());
    if let Some((first, second)) = half(&grant.resources) {
        one.resources = first;
        other.resources = second;
    } else {
        let (first, second) = half(&grant.actions)?;
        one.actions = first;
        other.actions = second;
    }
    Some((one, other))
}

#[cfg(test)]
mod tests;
