//! Why a request was denied, in words, and what would allow it.

use crate::action::Action;
use crate::decision::{Decision, Layer, Location, Reason};
use crate::document::RawStatement;
use crate::evaluate::{Evaluation, Layers, NamedPolicy, Request, Supplied};
use crate::json::{Json, write_string};
use crate::policy::{Effect, Statement};
use crate::principal::PrincipalKind;

/// The part of a statement that did not match a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// No action pattern matched.
    Action,
    /// The action matched, the resource did not.
    Resource {
        /// The element's name, `Resource` or `NotResource`.
        element: &'static str,
        /// The statement's patterns.
        patterns: Vec<String>,
    },
    /// The principal is not one of those named.
    Principal,
    /// A condition failed.
    Condition {
        /// The operator, as written (`StringEquals`, `ForAnyValue:StringLike`).
        operator: String,
        /// The condition key, as written.
        key: String,
        /// The values the statement asks for.
        wanted: Vec<String>,
        /// What the request had; `None` if the key was absent.
        seen: Option<Vec<String>>,
    },
}

/// The statement that came closest to allowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closest<'a> {
    /// Where it stands.
    pub location: Location<'a>,
    /// What of it failed.
    pub mismatch: Mismatch,
}

/// A statement that, added to a layer, would supply the Allow that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Where to add it.
    pub layer: Layer,
    /// The statement, as JSON.
    pub statement: String,
}

/// What [`explain`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// One or two sentences.
    pub summary: String,
    /// For an implicit deny: the Allow statement that came closest in the layer that lacked one.
    pub closest: Option<Closest<'a>>,
    /// For an explicit deny: the statement that denied, as JSON.
    pub denied_by: Option<String>,
    /// For an implicit deny: the smallest statements that would allow this very request, one for
    /// each layer that lacks an Allow.
    pub suggestions: Vec<Suggestion>,
}

/// Explains a decision. Slow (it allocates and looks at every statement): not for the request path.
///
/// ```
/// use rolecall_policy::*;
///
/// let principal = Principal::user("123456789012", "arn:aws:iam::123456789012:user/al", "AIDAEXAMPLE");
/// let context = Context::new();
/// let request = Request {
///     principal: &principal,
///     action: "ecs:ListClusters",
///     resource: "*",
///     resource_account: None,
///     context: &context,
/// };
/// let layers = Layers::default();
/// let explanation = explain(&request, &layers, &evaluate(&request, &layers));
/// let fix = explanation.suggestions.first().unwrap();
/// assert_eq!(fix.layer, Layer::Identity);
/// assert_eq!(fix.statement, r#"{"Effect":"Allow","Action":"ecs:ListClusters","Resource":"*"}"#);
/// ```
pub fn explain<'a>(
    request: &Request<'_>,
    layers: &Layers<'a>,
    decision: &Decision<'a>,
) -> Explanation<'a> {
    let mut explanation = Explanation {
        summary: String::new(),
        closest: None,
        denied_by: None,
        suggestions: Vec::new(),
    };
    let what = format!("{} on {}", request.action, request.resource);
    explanation.summary = match &decision.reason {
        Reason::Allow(at) => format!("{what} is allowed by {}.", describe(at)),
        Reason::RootUser => format!("{what} is allowed: the caller is the account's root user."),
        Reason::NoPermissionNeeded => format!("{what} is allowed: it needs no permission."),
        Reason::ExplicitDeny(at) => {
            explanation.denied_by = statement_at(layers, at).map(|s| s.json().to_owned());
            format!("{what} is denied by {}.", describe(at))
        }
        Reason::ImplicitDeny(layer) => {
            explanation.closest = closest(request, layers, *layer);
            explanation.suggestions = suggestions(request, layers);
            let came = explanation.closest.as_ref().map(Closest::sentence);
            format!("No {layer} allows {what}.{}", came.unwrap_or_default())
        }
    };
    explanation
}

fn describe(at: &Location<'_>) -> String {
    let sid = at.sid.map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!(
        "statement {}{sid} of the {} {}",
        at.statement, at.layer, at.policy
    )
}

/// The policies of one layer; those of organizations without regard to level.
fn policies_of<'a>(layers: &Layers<'a>, layer: Layer) -> Vec<NamedPolicy<'a>> {
    match layer {
        Layer::Identity => layers.identity.to_vec(),
        Layer::Boundary => layers.boundary.unwrap_or_default().to_vec(),
        Layer::Session => layers.session.unwrap_or_default().to_vec(),
        Layer::Resource | Layer::Trust => layers.resource.into_iter().collect(),
        Layer::ServiceControl => layers.scps.concat(),
        Layer::ResourceControl => layers.rcps.concat(),
    }
}

fn statement_at<'a>(layers: &Layers<'a>, at: &Location<'_>) -> Option<&'a Statement> {
    let policies = policies_of(layers, at.layer);
    let named = policies.iter().find(|named| named.name == at.policy)?;
    named.policy.statements().get(at.statement)
}

/// The Allow statement that fails latest: on its conditions rather than its resource, and so on. A
/// statement about another service is not close.
fn closest<'a>(request: &Request<'_>, layers: &Layers<'a>, layer: Layer) -> Option<Closest<'a>> {
    let action = Action::new(request.action);
    let has_boundary = layers.boundary.is_some();
    let mut best: Option<(usize, Closest<'a>)> = None;
    for named in policies_of(layers, layer) {
        for (number, statement) in named.policy.about_service(Effect::Allow, &action) {
            let Some(mismatch) = mismatch(statement, request, &action, has_boundary) else {
                continue;
            };
            let rank = match &mismatch {
                Mismatch::Action => 0,
                Mismatch::Principal => 1,
                Mismatch::Resource { .. } => 2,
                Mismatch::Condition { .. } => 3,
            };
            if best.as_ref().is_none_or(|(known, _)| *known < rank) {
                let (policy, sid) = (named.name, statement.sid());
                let location = Location {
                    layer,
                    policy,
                    statement: number,
                    sid,
                };
                best = Some((rank, Closest { location, mismatch }));
            }
        }
    }
    best.map(|(_, closest)| closest)
}

/// The first part of a statement that does not fit the request; `None` if all of it does.
fn mismatch(
    statement: &Statement,
    request: &Request<'_>,
    action: &Action<'_>,
    has_boundary: bool,
) -> Option<Mismatch> {
    if !statement.actions.matches(action) {
        return Some(Mismatch::Action);
    }
    if statement.names(request, has_boundary).is_none() {
        return Some(Mismatch::Principal);
    }
    let raw = Json::parse(statement.json()).and_then(|json| RawStatement::read(json).ok())?;
    if !statement.covers_resource(request) {
        let list = raw.resources?;
        let element = if list.negated {
            "NotResource"
        } else {
            "Resource"
        };
        return Some(Mismatch::Resource {
            element,
            patterns: list.values,
        });
    }
    let failed = statement
        .conditions
        .iter()
        .zip(raw.conditions)
        .find(|(c, _)| !c.holds(request));
    failed.map(|(condition, raw)| Mismatch::Condition {
        operator: raw.operator,
        key: raw.key,
        wanted: raw.values,
        seen: condition.key().seen(request).texts(),
    })
}

impl Closest<'_> {
    fn sentence(&self) -> String {
        let place = describe(&self.location);
        match &self.mismatch {
            Mismatch::Action => format!(" Closest is {place}, but it lists other actions."),
            Mismatch::Principal => format!(" Closest is {place}, but it names other principals."),
            Mismatch::Resource { element, patterns } => {
                format!(
                    " Closest is {place}, but its {element} is {}.",
                    quoted(patterns)
                )
            }
            Mismatch::Condition {
                operator,
                key,
                wanted,
                seen,
            } => {
                let seen = match seen {
                    Some(seen) => quoted(seen),
                    None => "no such key".to_owned(),
                };
                let wanted = quoted(wanted);
                format!(
                    " Closest is {place}, but its condition {operator} {key} asks for {wanted} and \
                     the request has {seen}."
                )
            }
        }
    }
}

fn quoted(values: &[String]) -> String {
    let all: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
    all.join(" or ")
}

/// One statement for each layer that lacks an Allow, found by supplying them one after the other.
fn suggestions(request: &Request<'_>, layers: &Layers<'_>) -> Vec<Suggestion> {
    let action = Action::new(request.action);
    let mut found: Vec<Suggestion> = Vec::new();
    let mut supplied = Supplied::default();
    loop {
        let decision = Evaluation {
            request,
            action,
            layers,
            supplied,
        }
        .decide();
        match decision.reason {
            // Supplying what is supplied already would change nothing.
            Reason::ImplicitDeny(layer) if found.iter().all(|known| known.layer != layer) => {
                found.push(Suggestion {
                    layer,
                    statement: suggestion(request, layers, layer),
                });
                supplied = supplied.with(layer);
            }
            _ => return found,
        }
    }
}

/// The smallest statement that allows the request in a layer.
fn suggestion(request: &Request<'_>, layers: &Layers<'_>, layer: Layer) -> String {
    let mut json = String::from("{\"Effect\":\"Allow\",");
    if matches!(layer, Layer::Resource | Layer::Trust) {
        json.push_str("\"Principal\":");
        let principal = request.principal;
        let typed = match principal.kind {
            PrincipalKind::Service => Some(("Service", principal.service.unwrap_or_default())),
            PrincipalKind::Federated => Some(("Federated", principal.arn)),
            PrincipalKind::AssumedRole => Some(("AWS", principal.issuer_arn.unwrap_or_default())),
            PrincipalKind::Anonymous => None,
            _ => Some(("AWS", principal.arn)),
        };
        match typed {
            Some((kind, name)) => {
                json.push_str(&format!("{{\"{kind}\":"));
                write_string(name, &mut json);
                json.push_str("},");
            }
            None => json.push_str("\"*\","),
        }
    }
    json.push_str("\"Action\":");
    write_string(request.action, &mut json);
    if layer != Layer::Trust && has_resources(layers, layer) {
        json.push_str(",\"Resource\":");
        write_string(&escape(request.resource), &mut json);
    }
    json.push('}');
    json
}

/// Some services' policies (ECR's) have no `Resource` element; a suggestion for them has none
/// either.
fn has_resources(layers: &Layers<'_>, layer: Layer) -> bool {
    match (layer, &layers.resource) {
        (Layer::Resource, Some(named)) => named
            .policy
            .statements()
            .iter()
            .any(|statement| statement.resources.is_some()),
        _ => true,
    }
}

/// A resource's name as a pattern for that very name. Wildcard characters in names are escaped.
fn escape(resource: &str) -> String {
    if resource == "*" {
        return resource.to_owned();
    }
    resource
        .replace('$', "${$}")
        .replace('*', "${*}")
        .replace('?', "${?}")
}
