//! Why a request was denied, in words, and what would allow it.

mod again;
mod closest;
mod hint;

use crate::action::Action;
use crate::context::ContextValue;
use crate::decision::{Decision, Layer, Location, Reason};
use crate::evaluate::{Evaluation, Layers, NamedPolicy, Request, Supplied};
use crate::json::write_string;
use crate::policy::Statement;
use crate::principal::PrincipalKind;

use again::Drafts;

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
    /// The first part of it that failed.
    pub mismatch: Mismatch,
    /// What else of it failed, in the order action, principal, resource, conditions.
    pub also: Vec<Mismatch>,
    /// The mistake behind the mismatch, if it looks like one that people make: `"the letters
    /// differ in case only"`.
    pub hint: Option<String>,
    /// The statement, as JSON.
    pub statement: &'a str,
}

/// A statement that, added to a layer, would supply the Allow that it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Where to add it.
    pub layer: Layer,
    /// The statement, as JSON.
    pub statement: String,
}

/// A statement that denied, and how little of it has to go for this request to pass it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relief<'a> {
    /// The statement that denied.
    pub location: Location<'a>,
    /// The statement, as JSON.
    pub statement: String,
    /// What to put in its place, as JSON; `None`: nothing, it denies this request and no more than
    /// that can be kept of it.
    pub replacement: Option<String>,
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
    /// For an explicit deny: the statements that denied, one after the other, each with what would
    /// let this request pass.
    pub reliefs: Vec<Relief<'a>>,
    /// For an explicit deny: what would still lack an Allow with the reliefs.
    pub then: Vec<Suggestion>,
    /// Whether the request, evaluated again with all reliefs and suggestions, is allowed.
    pub checked: bool,
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
        reliefs: Vec::new(),
        then: Vec::new(),
        checked: decision.allowed(),
    };
    let what = format!("{} on {}", request.action, request.resource);
    explanation.summary = match &decision.reason {
        Reason::Allow(at) => format!("{what} is allowed by {}.", describe(at)),
        Reason::RootUser => format!("{what} is allowed: the caller is the account's root user."),
        Reason::NoPermissionNeeded => format!("{what} is allowed: it needs no permission."),
        Reason::ExplicitDeny(at) => {
            explanation.denied_by = statement_at(layers, at).map(|s| s.json().to_owned());
            relieve(request, layers, &mut explanation);
            let because = statement_at(layers, at)
                .map(|statement| closest::conditions_met(statement, request))
                .unwrap_or_default();
            format!("{what} is denied by {}{because}.", describe(at))
        }
        Reason::ImplicitDeny(layer) => {
            explanation.closest = closest::closest(request, layers, *layer);
            explanation.suggestions = suggestions(request, layers);
            let mut drafts = Drafts::new(layers);
            drafts.add_all(&explanation.suggestions);
            explanation.checked = drafts.allows(request);
            let came = explanation.closest.as_ref().map(Closest::sentence);
            format!("No {layer} allows {what}.{}", came.unwrap_or_default())
        }
    };
    explanation
}

/// Takes out of each denying statement what denies this request, and finds what is missing then.
fn relieve<'a>(request: &Request<'_>, layers: &Layers<'a>, explanation: &mut Explanation<'a>) {
    /// More denials of one request than anybody would lift one by one.
    const MANY: usize = 16;
    let mut drafts = Drafts::new(layers);
    while explanation.reliefs.len() < MANY {
        match drafts.relieve(request) {
            Some(relief) => explanation.reliefs.push(relief),
            None => break,
        }
    }
    explanation.then = drafts.with_layers(|layers| suggestions(request, layers));
    drafts.add_all(&explanation.then);
    explanation.checked = drafts.allows(request);
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
                let Some(statement) = suggestion(request, layers, layer) else {
                    return found;
                };
                found.push(Suggestion { layer, statement });
                supplied = supplied.with(layer);
            }
            _ => return found,
        }
    }
}

/// The smallest statement that allows the request in a layer. None where it would let in whoever
/// asks: callers without a name, and those of a provider whose token names nobody.
fn suggestion(request: &Request<'_>, layers: &Layers<'_>, layer: Layer) -> Option<String> {
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
        let (kind, name) = typed?;
        json.push_str(&format!("{{\"{kind}\":"));
        write_string(name, &mut json);
        json.push_str("},");
    }
    json.push_str("\"Action\":");
    write_string(request.action, &mut json);
    if layer != Layer::Trust && has_resources(layers, layer) {
        json.push_str(",\"Resource\":");
        write_string(&escape(request.resource), &mut json);
    }
    if layer == Layer::Trust && request.principal.kind == PrincipalKind::Federated {
        write_vouched_for(request, &mut json)?;
    } else if layer != Layer::Trust {
        write_passed_to(request, &mut json);
    }
    json.push('}');
    Some(json)
}

/// Whom the provider vouches for, and to whom: without that condition everybody that the provider
/// knows could assume the role (IAM User Guide, "Create a role for OpenID Connect federation"). None
/// if the request does not say whom.
fn write_vouched_for(request: &Request<'_>, json: &mut String) -> Option<()> {
    let provider = request.principal.arn;
    let prefix = match provider.split_once(":oidc-provider/") {
        Some((_, issuer)) => issuer,
        None if provider.contains(":saml-provider/") => "saml",
        None => provider,
    };
    let told = |name: &str| {
        let key = format!("{prefix}:{name}");
        match request.context.get(&key) {
            Some(ContextValue::Str(value)) => Some((key, value.replace('$', "${$}"))),
            _ => None,
        }
    };
    let subject = told("sub")?;
    let audience = told("aud");
    json.push_str(",\"Condition\":{\"StringEquals\":{");
    for (key, value) in audience.iter().chain([&subject]) {
        if !json.ends_with('{') {
            json.push(',');
        }
        write_string(key, json);
        json.push(':');
        write_string(value, json);
    }
    json.push_str("}}");
    Some(())
}

/// Whoever may pass a role should say to whom: the condition that the IAM User Guide asks for in
/// "Grant a user permissions to pass a role to an AWS service".
fn write_passed_to(request: &Request<'_>, json: &mut String) {
    if !request.action.eq_ignore_ascii_case("iam:PassRole") {
        return;
    }
    if let Some(ContextValue::Str(service)) = request.context.get("iam:PassedToService") {
        json.push_str(",\"Condition\":{\"StringEquals\":{\"iam:PassedToService\":");
        write_string(service, json);
        json.push_str("}}");
    }
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

/// A resource's name as a pattern for that very name. Wildcard characters in names are escaped, but
/// for one at the end: services check what has no name yet on ARNs such as `task/prod/*`, and that
/// is how policies name it.
fn escape(resource: &str) -> String {
    let (name, end) = match resource.strip_suffix('*') {
        Some(name) => (name, "*"),
        None => (resource, ""),
    };
    let name = name
        .replace('$', "${$}")
        .replace('*', "${*}")
        .replace('?', "${?}");
    format!("{name}{end}")
}
