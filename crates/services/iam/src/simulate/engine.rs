//! The simulation itself: every action on every resource, decided by the evaluator that decides
//! real calls.
//!
//! Source: IAM API Reference, `SimulatePrincipalPolicy`, `SimulateCustomPolicy`,
//! `EvaluationResult`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_api::iam as api;
use rolecall_base::{Arn, AwsError};
use rolecall_policy::{
    Context, Decision, Effect, Layers, NamedPolicy, Policy, PolicyKind, Principal, Reason, Request,
    evaluate,
};

use crate::errors;
use crate::simulate::document::{Document, Origin, Single};
use crate::simulate::value;

/// Named policies by level of the organization.
pub(crate) type Levels = Vec<Vec<(String, Arc<Policy>)>>;

/// What is simulated.
pub(crate) struct Simulation {
    /// Policies of the identity.
    pub(crate) identity: Vec<Document>,
    /// The permissions boundary.
    pub(crate) boundary: Option<Vec<Document>>,
    /// Service control policies by level, root first; `None` is no organization.
    pub(crate) scps: Option<Levels>,
    /// The policy of every resource.
    pub(crate) resource: Option<Document>,
    /// The account that owns resources whose ARN names none.
    pub(crate) owner: Option<String>,
    /// The condition keys that are given.
    pub(crate) entries: Vec<api::ContextEntry>,
}

/// The outcome of one action on one resource.
struct Outcome {
    decision: &'static str,
    matched: Vec<api::Statement>,
    missing: Vec<String>,
    boundary: Option<bool>,
    organization: Option<bool>,
    details: BTreeMap<String, String>,
    cross_account: bool,
}

const ALLOWED: &str = "allowed";
const EXPLICIT: &str = "explicitDeny";
const IMPLICIT: &str = "implicitDeny";

fn word(decision: &Decision<'_>) -> &'static str {
    match decision.reason {
        Reason::Allow(_) | Reason::RootUser | Reason::NoPermissionNeeded => ALLOWED,
        Reason::ExplicitDeny(_) => EXPLICIT,
        Reason::ImplicitDeny(_) => IMPLICIT,
    }
}

fn named(documents: &[Document]) -> Vec<NamedPolicy<'_>> {
    documents
        .iter()
        .map(|document| NamedPolicy {
            name: &document.id,
            policy: &document.policy,
        })
        .collect()
}

impl Simulation {
    /// The result for `action` on `resources`, an empty list being `*`.
    ///
    /// # Errors
    /// `InvalidInput` for context entries that do not fit their type.
    pub(crate) fn result(
        &self,
        principal: &Principal<'_>,
        action: &str,
        resources: &[String],
    ) -> Result<api::EvaluationResult, AwsError> {
        let context = self.context()?;
        let all = ["*".to_owned()];
        let asked = if resources.is_empty() {
            &all[..]
        } else {
            resources
        };
        let outcomes: Vec<(&String, Outcome)> = asked
            .iter()
            .map(|resource| {
                (
                    resource,
                    self.outcome(principal, action, resource, &context),
                )
            })
            .collect();
        let everything = matches!(asked, [only] if only == "*");
        let worst = |wanted: &str| outcomes.iter().any(|(_, o)| o.decision == wanted);
        let decision = [EXPLICIT, IMPLICIT]
            .into_iter()
            .find(|wanted| worst(wanted))
            .unwrap_or(ALLOWED);
        let mut matched: Vec<api::Statement> = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        for (_, outcome) in outcomes.iter().filter(|(_, o)| o.decision == decision) {
            for statement in &outcome.matched {
                if !matched.contains(statement) {
                    matched.push(statement.clone());
                }
            }
        }
        for key in outcomes.iter().flat_map(|(_, o)| &o.missing) {
            if !missing.contains(key) {
                missing.push(key.clone());
            }
        }
        let ended = outcomes.iter().any(|(_, o)| o.organization == Some(false));
        let detailed = !ended && (!everything || outcomes.iter().any(|(_, o)| o.cross_account));
        let name = match asked {
            [only] => only.clone(),
            _ => "*".to_owned(),
        };
        let both = |of: fn(&Outcome) -> Option<bool>| {
            outcomes
                .iter()
                .filter_map(|(_, o)| of(o))
                .reduce(|a, b| a && b)
        };
        Ok(api::EvaluationResult {
            eval_action_name: Some(action.to_owned()),
            eval_resource_name: Some(name),
            eval_decision: Some(decision.to_owned()),
            matched_statements: Some(matched),
            missing_context_values: Some(missing),
            organizations_decision_detail: both(|o| o.organization).map(|allowed| {
                api::OrganizationsDecisionDetail {
                    allowed_by_organizations: Some(allowed),
                }
            }),
            permissions_boundary_decision_detail: both(|o| o.boundary).map(boundary_detail),
            eval_decision_details: detailed.then(|| strictest(&outcomes)),
            resource_specific_results: (!everything).then(|| specific(&outcomes)),
        })
    }

    fn outcome(
        &self,
        principal: &Principal<'_>,
        action: &str,
        resource: &str,
        context: &Context<'_>,
    ) -> Outcome {
        let owner = self.owner_of(resource);
        let owner = owner.filter(|_| self.resource.is_some());
        let request = Request {
            principal,
            action,
            resource,
            resource_account: owner.as_deref(),
            context,
        };
        let identity = named(&self.identity);
        let boundary = self.boundary.as_deref().map(named);
        let scps = self.scps.iter().flatten();
        let scps: Vec<Vec<NamedPolicy<'_>>> = scps.map(|level| level_of(level)).collect();
        let levels: Vec<&[NamedPolicy<'_>]> = scps.iter().map(Vec::as_slice).collect();
        let layers = Layers {
            identity: &identity,
            boundary: boundary.as_deref(),
            scps: &levels,
            resource: self.resource.as_ref().map(|document| NamedPolicy {
                name: &document.id,
                policy: &document.policy,
            }),
            ..Layers::default()
        };
        let decision = word(&evaluate(&request, &layers));
        let alone = |policies: &[NamedPolicy<'_>]| {
            let layers = Layers {
                identity: policies,
                ..Layers::default()
            };
            let own = Request {
                resource_account: None,
                ..request
            };
            word(&evaluate(&own, &layers))
        };
        let cross_account = owner.as_deref().is_some_and(|o| o != principal.account);
        let organization = self
            .scps
            .as_ref()
            .map(|_| levels.iter().all(|level| alone(level) == ALLOWED));
        // "If an Organizations SCP included in the evaluation denies access, the simulation ends."
        let ended = organization == Some(false);
        let mut details = BTreeMap::new();
        if cross_account && !ended {
            details.insert("IAM Policy".to_owned(), alone(&identity).to_owned());
            let resource = self.of_resource(&request).to_owned();
            details.insert("Resource Policy".to_owned(), resource);
            if let Some(boundary) = &boundary {
                let boundary = alone(boundary).to_owned();
                details.insert("Permissions Boundary Policy".to_owned(), boundary);
            }
        }
        let matched = match ended {
            true => Vec::new(),
            false => self.matched(&request, decision),
        };
        Outcome {
            decision,
            matched,
            missing: self.missing(principal, context),
            boundary: boundary
                .as_deref()
                .map(|policies| alone(policies) == ALLOWED),
            organization,
            details,
            cross_account,
        }
    }

    /// What the resource's policy says alone.
    fn of_resource(&self, request: &Request<'_>) -> &'static str {
        let Some(document) = &self.resource else {
            return IMPLICIT;
        };
        if document
            .singles
            .iter()
            .any(|s| s.effect == Effect::Deny && applies(s, request, true))
        {
            EXPLICIT
        } else if document.singles.iter().any(|s| applies(s, request, true)) {
            ALLOWED
        } else {
            IMPLICIT
        }
    }

    /// The statements that made the decision.
    fn matched(&self, request: &Request<'_>, decision: &str) -> Vec<api::Statement> {
        let effect = match decision {
            ALLOWED => Effect::Allow,
            EXPLICIT => Effect::Deny,
            _ => return Vec::new(),
        };
        // A boundary gives nothing, so that its Allow is no reason; its Deny is one.
        let boundary = self
            .boundary
            .iter()
            .flatten()
            .filter(|_| effect == Effect::Deny);
        let documents = self.identity.iter().chain(boundary).chain(&self.resource);
        let mut matched = Vec::new();
        for document in documents {
            let resource = document.origin == Origin::Resource;
            for single in &document.singles {
                if single.effect == effect && applies(single, request, resource) {
                    matched.push(document.matched(single));
                }
            }
        }
        matched
    }

    /// The condition keys of the policies for which there is no value.
    fn missing(&self, principal: &Principal<'_>, context: &Context<'_>) -> Vec<String> {
        let documents = self.identity.iter().chain(self.boundary.iter().flatten());
        let mut missing: Vec<String> = Vec::new();
        for key in documents.chain(&self.resource).flat_map(|d| &d.keys) {
            let known = context.get(key).is_some() || follows(key, principal);
            if !known && !missing.iter().any(|m| m.eq_ignore_ascii_case(key)) {
                missing.push(key.clone());
            }
        }
        missing
    }

    /// The account of a resource: the one in its ARN, or `ResourceOwner`.
    fn owner_of(&self, resource: &str) -> Option<String> {
        let named = Arn::parse(resource)
            .ok()
            .map(|arn| arn.account().to_owned());
        named
            .filter(|account| account.len() == 12)
            .or_else(|| self.owner.clone())
    }

    fn context(&self) -> Result<Context<'_>, AwsError> {
        let mut context = Context::with_capacity(self.entries.len());
        for entry in &self.entries {
            let name = entry.context_key_name.as_deref().unwrap_or_default();
            let kind = entry.context_key_type.as_deref().unwrap_or("string");
            let values = entry.context_key_values.as_deref().unwrap_or_default();
            if let Some(wrong) = values.iter().find(|value| !value::is_of(kind, value)) {
                return Err(errors::invalid_input(format!(
                    "The value {wrong} of the context key {name} is not of type {kind}."
                )));
            }
            if kind.ends_with("List") {
                context.set_list(name, values.iter().map(String::as_str));
                continue;
            }
            match values {
                [only] => {
                    context.set(name, only.as_str());
                }
                [] => {}
                _ => {
                    return Err(errors::invalid_input(format!(
                        "The context key {name} of type {kind} takes one value only."
                    )));
                }
            }
        }
        Ok(context)
    }
}

fn level_of(level: &[(String, Arc<Policy>)]) -> Vec<NamedPolicy<'_>> {
    level
        .iter()
        .map(|(name, policy)| NamedPolicy { name, policy })
        .collect()
}

/// Whether a statement is about the request, by itself.
fn applies(single: &Single, request: &Request<'_>, resource: bool) -> bool {
    let policy = [NamedPolicy {
        name: "",
        policy: &single.policy,
    }];
    let own = Request {
        resource_account: None,
        ..*request
    };
    let decision = if resource {
        // Everything else is allowed, so that only this statement is asked.
        let Some(everything) = everything() else {
            return false;
        };
        let rest = [NamedPolicy {
            name: "",
            policy: everything,
        }];
        let layers = Layers {
            identity: &rest,
            resource: policy.first().copied(),
            resource_policy_must_allow: true,
            ..Layers::default()
        };
        word(&evaluate(&own, &layers))
    } else {
        let layers = Layers {
            identity: &policy,
            ..Layers::default()
        };
        word(&evaluate(&own, &layers))
    };
    match single.effect {
        Effect::Allow => decision == ALLOWED,
        Effect::Deny => decision == EXPLICIT,
    }
}

fn everything() -> Option<&'static Policy> {
    static ALL: std::sync::OnceLock<Option<Policy>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        Policy::load(text, PolicyKind::Identity).ok()
    })
    .as_ref()
}

/// Whether a condition key follows from the simulated caller.
fn follows(key: &str, principal: &Principal<'_>) -> bool {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    if is("aws:PrincipalAccount")
        || is("aws:PrincipalType")
        || is("aws:ResourceAccount")
        || is("aws:PrincipalIsAWSService")
    {
        return true;
    }
    let named = !principal.arn.is_empty();
    (is("aws:PrincipalArn") && named)
        || (is("aws:userid") && !principal.unique_id.is_empty())
        || (is("aws:username") && named && principal.issuer_arn.is_none())
}

fn boundary_detail(allowed: bool) -> api::PermissionsBoundaryDecisionDetail {
    api::PermissionsBoundaryDecisionDetail {
        allowed_by_permissions_boundary: Some(allowed),
    }
}

/// The strictest decision by type of policy over all resources.
fn strictest(outcomes: &[(&String, Outcome)]) -> BTreeMap<String, String> {
    let rank = |word: &str| {
        [ALLOWED, IMPLICIT, EXPLICIT]
            .iter()
            .position(|w| *w == word)
    };
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, word) in outcomes.iter().flat_map(|(_, o)| &o.details) {
        let known = all.entry(name.clone()).or_insert_with(|| word.clone());
        if rank(word) > rank(known) {
            known.clone_from(word);
        }
    }
    all
}

fn specific(outcomes: &[(&String, Outcome)]) -> Vec<api::ResourceSpecificResult> {
    outcomes
        .iter()
        .map(|(resource, outcome)| api::ResourceSpecificResult {
            eval_resource_name: Some((*resource).clone()),
            eval_resource_decision: Some(outcome.decision.to_owned()),
            matched_statements: Some(outcome.matched.clone()),
            missing_context_values: Some(outcome.missing.clone()),
            eval_decision_details: (outcome.cross_account && outcome.organization != Some(false))
                .then(|| outcome.details.clone()),
            permissions_boundary_decision_detail: outcome.boundary.map(boundary_detail),
        })
        .collect()
}
