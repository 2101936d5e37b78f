//! Wider resources, where the exact ones do not fit.
//!
//! In this order, each step only if the one before was not enough:
//! 1. four or more names that differ after their last slash or colon only become a wildcard there;
//! 2. two or more of them;
//! 3. a resource becomes all of its type in its region and account (`repository/*`);
//! 4. a resource becomes `*`.
//!
//! The roles of `iam:PassRole` are never widened: who may pass any role may do anything.

use std::collections::{BTreeMap, BTreeSet};

use super::Grant;

/// A step of widening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// At least this many siblings become one pattern.
    Siblings(usize),
    /// Everything of the type.
    Type,
    /// Everything.
    All,
}

impl Level {
    /// The steps in order; `None` ends them.
    pub(super) const ALL: [Option<Self>; 5] = [
        Some(Self::Siblings(4)),
        Some(Self::Siblings(2)),
        Some(Self::Type),
        Some(Self::All),
        None,
    ];
}

/// The grants with wider resources, and what was widened.
pub(super) fn widen(grants: &[Grant], level: Level) -> (Vec<Grant>, BTreeSet<String>) {
    let mut what = BTreeSet::new();
    let wider = grants.iter().map(|grant| {
        if grant
            .actions
            .iter()
            .any(|action| action.eq_ignore_ascii_case("iam:PassRole"))
        {
            return grant.clone();
        }
        let resources = match level {
            Level::Siblings(least) => siblings(&grant.resources, least),
            Level::Type => grant.resources.iter().map(|r| (of_type(r), r)).collect(),
            Level::All => grant
                .resources
                .iter()
                .map(|r| ("*".to_owned(), r))
                .collect(),
        };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (wide, narrow) in &resources {
            if wide != *narrow {
                *counts.entry(wide).or_default() += 1;
            }
        }
        let actions: Vec<&str> = grant.actions.iter().map(String::as_str).collect();
        what.extend(counts.into_iter().map(|(wide, count)| {
            format!(
                "{}: {wide} instead of {count} resources",
                actions.join(", ")
            )
        }));
        Grant {
            resources: resources.into_iter().map(|(wide, _)| wide).collect(),
            ..grant.clone()
        }
    });
    let wider = wider.collect();
    (wider, what)
}

/// Each resource with what takes its place.
fn siblings(resources: &BTreeSet<String>, least: usize) -> Vec<(String, &String)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for resource in resources {
        *counts.entry(parent(resource)).or_default() += 1;
    }
    resources
        .iter()
        .map(|resource| {
            let parent = parent(resource);
            let many = counts.get(&parent).is_some_and(|count| *count >= least);
            (if many { parent } else { resource.clone() }, resource)
        })
        .collect()
}

/// `repository/team/web` is one of `repository/team/*`. What ends in a wildcard already is one of
/// the wildcard before it.
fn parent(resource: &str) -> String {
    let name_at = name_at(resource);
    let name = resource.get(name_at..).unwrap_or_default();
    let own = name.strip_suffix(['*']).unwrap_or(name);
    let own = own.strip_suffix([':', '/']).unwrap_or(own);
    match own.rfind(['/', ':']) {
        Some(at) => format!("{}*", resource.get(..=name_at + at).unwrap_or(resource)),
        None => resource.to_owned(),
    }
}

/// `repository/team/web` is one of `repository/*`.
fn of_type(resource: &str) -> String {
    let name_at = name_at(resource);
    match resource
        .get(name_at..)
        .and_then(|name| name.find(['/', ':']))
    {
        Some(at) => format!("{}*", resource.get(..=name_at + at).unwrap_or(resource)),
        None => resource.to_owned(),
    }
}

/// Where the sixth part of an ARN begins; the end if it is none.
fn name_at(resource: &str) -> usize {
    resource
        .match_indices(':')
        .nth(4)
        .map_or(resource.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_and_types() {
        let arn = "arn:aws:ecr:us-east-1:123456789012:";
        for (name, above, kind) in [
            ("repository/web", "repository/*", "repository/*"),
            ("repository/team/web", "repository/team/*", "repository/*"),
            ("task/prod/*", "task/*", "task/*"),
            (
                "task-definition/web:*",
                "task-definition/*",
                "task-definition/*",
            ),
            (
                "log-group:/a/b:log-stream:c/*",
                "log-group:/a/b:log-stream:*",
                "log-group:*",
            ),
            ("queue", "queue", "queue"),
        ] {
            assert_eq!(parent(&format!("{arn}{name}")), format!("{arn}{above}"));
            assert_eq!(of_type(&format!("{arn}{name}")), format!("{arn}{kind}"));
        }
        assert_eq!(parent("*"), "*");
        assert_eq!(of_type("*"), "*");
    }
}
