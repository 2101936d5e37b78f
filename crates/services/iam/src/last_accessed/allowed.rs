//! The services that service control policies let an account use.
//!
//! Source: IAM API Reference, `GenerateOrganizationsAccessReport`: "a list of services that are
//! allowed by any service control policies (SCPs) that apply to the entity". A service counts as
//! allowed if one of its actions is, on some resource, under some condition. Of services that
//! Rolecall has no models of, the actions are not known: they are listed where they are named.

use std::collections::BTreeSet;

use rolecall_api::SERVICES;

use super::grants::Grants;

/// What the policies of each level allow, and what any of them denies altogether.
pub(super) struct Limits {
    levels: Vec<Grants>,
    denied: Grants,
}

impl Limits {
    /// From the documents of each level, the root of the organization first.
    pub(super) fn new(levels: &[Vec<String>]) -> Self {
        let mut denied = Grants::default();
        let level = |documents: &Vec<String>| {
            let mut grants = Grants::default();
            for document in documents {
                grants.add(document);
                denied.add_denied(document);
            }
            grants
        };
        let levels = levels.iter().map(level).collect();
        Self { levels, denied }
    }

    /// The namespaces of the services that are allowed at every level.
    pub(super) fn services(&self) -> BTreeSet<String> {
        let modelled = SERVICES.iter().map(|service| service.signing_name);
        let mut all: BTreeSet<String> = modelled.map(str::to_owned).collect();
        all.extend(self.levels.iter().flat_map(Grants::services));
        all.retain(|namespace| self.allows(namespace));
        all
    }

    fn allows(&self, namespace: &str) -> bool {
        let mut of = SERVICES
            .iter()
            .filter(|service| service.signing_name == namespace)
            .flat_map(|service| service.operations)
            .peekable();
        if of.peek().is_none() {
            return !self.denied.names_all_of(namespace)
                && self.levels.iter().all(|level| level.names(namespace));
        }
        of.any(|operation| {
            let allowed = |level: &Grants| level.allows(namespace, operation.name);
            self.levels.iter().all(allowed) && !self.denied.allows(namespace, operation.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(levels: &[&[&str]]) -> Vec<String> {
        let level = |statements: &&[&str]| {
            let document = |s: &&str| format!(r#"{{"Version":"2012-10-17","Statement":{s}}}"#);
            statements.iter().map(document).collect()
        };
        let levels: Vec<Vec<String>> = levels.iter().map(level).collect();
        Limits::new(&levels).services().into_iter().collect()
    }

    const FULL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

    #[test]
    fn every_level_must_allow_and_none_may_deny_all_of_it() {
        let all = services(&[&[FULL]]);
        assert!(all.contains(&"ecs".to_owned()) && all.contains(&"sts".to_owned()));
        let some = r#"{"Effect":"Allow","Action":["ecs:RunTask","s3:Get*"],"Resource":"*"}"#;
        assert_eq!(services(&[&[FULL], &[some]]), ["ecs", "s3"]);
        assert_eq!(services(&[&[some], &[FULL]]), ["ecs", "s3"]);
        let other = r#"{"Effect":"Allow","Action":["ecs:ListClusters","iam:*"],"Resource":"*"}"#;
        // The actions of one level are not those of the other.
        assert!(services(&[&[some], &[other]]).is_empty());
        let deny = r#"{"Effect":"Deny","Action":["ecs:*","s3:*"],"Resource":"*"}"#;
        assert!(services(&[&[some], &[FULL, deny]]).is_empty());
        let part = r#"{"Effect":"Deny","Action":["ecs:List*","s3:Put*"],"Resource":"*"}"#;
        assert_eq!(services(&[&[FULL, part], &[some]]), ["ecs", "s3"]);
        let sometimes = r#"{"Effect":"Deny","Action":"*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        assert_eq!(services(&[&[FULL, sometimes], &[some]]), ["ecs", "s3"]);
        let but = r#"{"Effect":"Deny","NotAction":["ecs:*"],"Resource":"*"}"#;
        assert_eq!(services(&[&[FULL, but], &[some]]), ["ecs"]);
        assert!(services(&[&[FULL], &[]]).is_empty());
    }
}
