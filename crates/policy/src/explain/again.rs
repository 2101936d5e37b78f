//! The same request, evaluated again under changed policies.

use super::{Relief, Suggestion, closest};
use crate::decision::{Layer, Location, Reason};
use crate::evaluate::{Layers, NamedPolicy, Request, evaluate};
use crate::json::Json;
use crate::policy::{Policy, PolicyKind};
use crate::principal::PrincipalKind;

/// Policies that can be changed.
pub(super) struct Drafts<'a> {
    identity: Vec<Draft<'a>>,
    boundary: Option<Vec<Draft<'a>>>,
    session: Option<Vec<Draft<'a>>>,
    resource: Option<Draft<'a>>,
    scps: Vec<Vec<Draft<'a>>>,
    rcps: Vec<Vec<Draft<'a>>>,
    must_allow: bool,
}

/// A policy as it is, or as it would be.
struct Draft<'a> {
    name: &'a str,
    lent: Option<&'a Policy>,
    changed: Option<Changed<'a>>,
}

/// The place that a statement had and its `Sid`; a new statement has none.
type Place<'a> = (usize, Option<&'a str>);

/// A policy with other statements.
struct Changed<'a> {
    kind: PolicyKind,
    statements: Vec<(Option<Place<'a>>, String)>,
    policy: Option<Policy>,
}

impl<'a> Draft<'a> {
    const fn of(named: &NamedPolicy<'a>) -> Self {
        Self {
            name: named.name,
            lent: Some(named.policy),
            changed: None,
        }
    }

    const fn empty(kind: PolicyKind) -> Self {
        Self {
            name: "",
            lent: None,
            changed: Some(Changed {
                kind,
                statements: Vec::new(),
                policy: None,
            }),
        }
    }

    fn named(&self) -> Option<NamedPolicy<'_>> {
        let policy = match &self.changed {
            Some(changed) => changed.policy.as_ref()?,
            None => self.lent?,
        };
        Some(NamedPolicy {
            name: self.name,
            policy,
        })
    }

    fn change(&mut self, edit: impl FnOnce(&mut Changed<'a>)) {
        let lent = self.lent;
        let changed = self.changed.get_or_insert_with(|| Changed {
            kind: lent.map_or(PolicyKind::Identity, Policy::kind),
            statements: lent
                .map_or(&[][..], Policy::statements)
                .iter()
                .enumerate()
                .map(|(i, s)| (Some((i, s.sid())), s.json().to_owned()))
                .collect(),
            policy: None,
        });
        edit(changed);
        let texts: Vec<&str> = changed.statements.iter().map(|(_, s)| s.as_str()).collect();
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            texts.join(",")
        );
        changed.policy = Policy::load(&text, changed.kind).ok();
    }
}

impl<'a> Drafts<'a> {
    pub(super) fn new(layers: &Layers<'a>) -> Self {
        let drafts = |policies: &[NamedPolicy<'a>]| policies.iter().map(Draft::of).collect();
        Self {
            identity: drafts(layers.identity),
            boundary: layers.boundary.map(drafts),
            session: layers.session.map(drafts),
            resource: layers.resource.as_ref().map(Draft::of),
            scps: layers.scps.iter().map(|level| drafts(level)).collect(),
            rcps: layers.rcps.iter().map(|level| drafts(level)).collect(),
            must_allow: layers.resource_policy_must_allow,
        }
    }

    /// Runs `with` on these policies.
    pub(super) fn with_layers<T>(&self, with: impl FnOnce(&Layers<'_>) -> T) -> T {
        fn named<'d>(drafts: &'d [Draft<'_>]) -> Vec<NamedPolicy<'d>> {
            drafts.iter().filter_map(Draft::named).collect()
        }
        let identity = named(&self.identity);
        let boundary = self.boundary.as_deref().map(named);
        let session = self.session.as_deref().map(named);
        let scps: Vec<_> = self.scps.iter().map(|level| named(level)).collect();
        let scps: Vec<&[NamedPolicy<'_>]> = scps.iter().map(Vec::as_slice).collect();
        let rcps: Vec<_> = self.rcps.iter().map(|level| named(level)).collect();
        let rcps: Vec<&[NamedPolicy<'_>]> = rcps.iter().map(Vec::as_slice).collect();
        with(&Layers {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: self.resource.as_ref().and_then(Draft::named),
            scps: &scps,
            rcps: &rcps,
            resource_policy_must_allow: self.must_allow,
        })
    }

    /// Whether the request is allowed now.
    pub(super) fn allows(&self, request: &Request<'_>) -> bool {
        self.with_layers(|layers| evaluate(request, layers).allowed())
    }

    /// Adds each suggested statement to its layer.
    pub(super) fn add_all(&mut self, suggestions: &[Suggestion]) {
        for suggestion in suggestions {
            self.add(suggestion.layer, &suggestion.statement);
        }
    }

    fn add(&mut self, layer: Layer, statement: &str) {
        let with = |kind: PolicyKind| {
            let mut draft = Draft::empty(kind);
            draft.change(|changed| changed.statements.push((None, statement.to_owned())));
            draft
        };
        match layer {
            Layer::Identity => self.identity.push(with(PolicyKind::Identity)),
            Layer::Boundary => {
                let boundary = self.boundary.get_or_insert_default();
                boundary.push(with(PolicyKind::Identity));
            }
            Layer::Session => {
                let session = self.session.get_or_insert_default();
                session.push(with(PolicyKind::Session));
            }
            Layer::ServiceControl => {
                for level in &mut self.scps {
                    level.push(with(PolicyKind::Scp));
                }
            }
            // Resource control policies only deny.
            Layer::ResourceControl => {}
            Layer::Resource | Layer::Trust => {
                let kind = if layer == Layer::Trust {
                    PolicyKind::Trust
                } else {
                    PolicyKind::Resource
                };
                let draft = self.resource.get_or_insert_with(|| Draft::empty(kind));
                draft.change(|changed| changed.statements.push((None, statement.to_owned())));
            }
        }
    }

    /// Takes what denies this request out of the statement that denies it; `None` if none does.
    pub(super) fn relieve(&mut self, request: &Request<'_>) -> Option<Relief<'a>> {
        let (layer, policy, number) =
            self.with_layers(|layers| match evaluate(request, layers).reason {
                Reason::ExplicitDeny(at) => Some((at.layer, at.policy.to_owned(), at.statement)),
                _ => None,
            })?;
        let has_boundary = self.boundary.is_some();
        let draft = self
            .of_layer(layer)
            .into_iter()
            .find(|draft| draft.denies_at(&policy, number, request, has_boundary))?;
        let mut relief = None;
        let name = draft.name;
        draft.change(|changed| {
            let Some((Some((place, sid)), text)) = changed.statements.get(number).cloned() else {
                return;
            };
            let replacement = replacement(&text, layer, changed.kind, (request, has_boundary));
            match (&replacement, changed.statements.get_mut(number)) {
                (Some(replacement), Some((_, text))) => text.clone_from(replacement),
                _ => drop(changed.statements.remove(number)),
            }
            relief = Some(Relief {
                location: Location {
                    layer,
                    policy: name,
                    statement: place,
                    sid,
                },
                statement: text,
                replacement,
            });
        });
        relief
    }

    fn of_layer(&mut self, layer: Layer) -> Vec<&mut Draft<'a>> {
        match layer {
            Layer::Identity => self.identity.iter_mut().collect(),
            Layer::Boundary => self.boundary.iter_mut().flatten().collect(),
            Layer::Session => self.session.iter_mut().flatten().collect(),
            Layer::Resource | Layer::Trust => self.resource.iter_mut().collect(),
            Layer::ServiceControl => self.scps.iter_mut().flatten().collect(),
            Layer::ResourceControl => self.rcps.iter_mut().flatten().collect(),
        }
    }
}

impl Draft<'_> {
    /// Whether this is the policy of that name whose statement of that number denies; the same
    /// policy may be attached at several levels.
    fn denies_at(
        &self,
        policy: &str,
        number: usize,
        request: &Request<'_>,
        has_boundary: bool,
    ) -> bool {
        self.name == policy
            && self
                .named()
                .and_then(|named| named.policy.statements().get(number))
                .is_some_and(|statement| closest::applies(statement, request, has_boundary))
    }
}

/// The statement with as little taken out as lets the request pass; `None` if nothing of it can be
/// kept.
///
/// In policies that many share (of resources and organizations) the caller is excepted; in its own
/// the resource, or else the action.
fn replacement(
    statement: &str,
    layer: Layer,
    kind: PolicyKind,
    (request, has_boundary): (&Request<'_>, bool),
) -> Option<String> {
    let Some(Json::Object(elements)) = Json::parse(statement) else {
        return None;
    };
    let shared = matches!(
        layer,
        Layer::Resource | Layer::ResourceControl | Layer::ServiceControl
    );
    let candidates = if shared {
        [except_caller(&elements, request), None, None]
    } else {
        [
            except_resource(&elements, request),
            except_action(&elements, request),
            None,
        ]
    };
    candidates.into_iter().flatten().find_map(|elements| {
        let mut text = String::new();
        Json::Object(elements).write(&mut text);
        let document = format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#);
        let policy = Policy::load(&document, kind).ok()?;
        let passes = policy
            .statements()
            .iter()
            .all(|statement| !closest::applies(statement, request, has_boundary));
        passes.then_some(text)
    })
}

type Elements = Vec<(String, Json)>;

fn list(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items.clone(),
        single => vec![single.clone()],
    }
}

fn except_resource(elements: &Elements, request: &Request<'_>) -> Option<Elements> {
    if request.resource == "*" {
        return None;
    }
    let own = Json::String(super::escape(request.resource));
    let mut elements = elements.clone();
    let (name, value) = elements
        .iter_mut()
        .find(|(name, _)| name == "Resource" || name == "NotResource")?;
    let mut values = list(value);
    if name == "NotResource" {
        values.push(own);
    } else if values == [Json::String("*".to_owned())] {
        "NotResource".clone_into(name);
        values = vec![own];
    } else {
        values.retain(|value| *value != own);
    }
    if values.is_empty() {
        return None;
    }
    *value = Json::Array(values);
    Some(elements)
}

fn except_action(elements: &Elements, request: &Request<'_>) -> Option<Elements> {
    let mut elements = elements.clone();
    let (_, value) = elements.iter_mut().find(|(name, _)| name == "Action")?;
    let mut values = list(value);
    values.retain(
        |value| !matches!(value, Json::String(text) if text.eq_ignore_ascii_case(request.action)),
    );
    if values.is_empty() {
        return None;
    }
    *value = Json::Array(values);
    Some(elements)
}

fn except_caller(elements: &Elements, request: &Request<'_>) -> Option<Elements> {
    const OPERATOR: &str = "ArnNotEquals";
    const KEY: &str = "aws:PrincipalArn";
    let principal = request.principal;
    let caller = match principal.kind {
        PrincipalKind::AssumedRole => principal.issuer_arn?,
        PrincipalKind::User | PrincipalKind::Root => principal.arn,
        _ => return None,
    };
    let caller = Json::String(caller.to_owned());
    let mut elements = elements.clone();
    let mut conditions = match elements.iter().find(|(name, _)| name == "Condition") {
        Some((_, Json::Object(conditions))) => conditions.clone(),
        Some(_) => return None,
        None => Vec::new(),
    };
    if !conditions.iter().any(|(name, _)| name == OPERATOR) {
        conditions.push((OPERATOR.to_owned(), Json::Object(Vec::new())));
    }
    for (operator, keys) in &mut conditions {
        let Json::Object(keys) = keys else {
            return None;
        };
        if operator != OPERATOR {
            continue;
        }
        match keys.iter_mut().find(|(name, _)| name == KEY) {
            Some((_, value)) => {
                let mut values = list(value);
                values.push(caller.clone());
                *value = Json::Array(values);
            }
            None => keys.push((KEY.to_owned(), caller.clone())),
        }
    }
    elements.retain(|(name, _)| name != "Condition");
    elements.push(("Condition".to_owned(), Json::Object(conditions)));
    Some(elements)
}
