//! A recorded call, put so that it answers: why?

use rolecall_identity::organization::RootTask;
use rolecall_policy::{Layer, Mismatch};
use rolecall_record::{
    CallRecord, Decided, Deciding, Failed, Identity, IdentityKind, Outcome, Reason,
};
use serde::Serialize;
use serde_json::Value;

use super::fix::{Fix, fixes};
use super::observe::observation;

/// What is to be said of a call.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The id that the answer carried.
    pub request_id: String,
    /// When it was received, ISO 8601.
    pub at: String,
    /// The service, such as `ecs`.
    pub service: String,
    /// The operation, such as `RunTask`; empty for a byte stream.
    pub operation: String,
    /// The region.
    pub region: String,
    /// Who called.
    pub caller: CallerReport,
    /// Where the call came from; `None` for one from inside.
    pub source_ip: Option<String>,
    /// The error that the client got, if it got one.
    pub error: Option<Failure>,
    /// The decision that denied the call, if one did.
    pub denied: Option<Denied>,
    /// What would have been denied next: a call is denied for one thing at a time.
    pub further: Vec<Denied>,
    /// What was allowed before that.
    pub allowed: Vec<Allowed>,
}

/// Who called.
#[derive(Clone, Debug, Serialize)]
pub struct CallerReport {
    /// CloudTrail's word for the kind of principal.
    pub kind: &'static str,
    /// The ARN, of services their name.
    pub arn: String,
    /// Whose policies count, in words: `role web`.
    pub holder: String,
    /// The session's name; of a task's roles the task's id.
    pub session_name: Option<String>,
    /// The access key.
    pub access_key_id: Option<String>,
}

/// An error as the client saw it.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
}

/// A check that was denied.
#[derive(Clone, Debug, Serialize)]
pub struct Denied {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// What decided, in words.
    pub decided: String,
    /// The statement that denied, if one did.
    pub by: Option<Place>,
    /// The policies that were looked at, by kind, in the order of evaluation.
    pub considered: Vec<Looked>,
    /// The statement that came closest.
    pub closest: Option<ClosestReport>,
    /// What ECS users should know about the action.
    pub note: Option<String>,
    /// All of it in a sentence or two.
    pub why: String,
    /// What to change, all of it.
    pub fixes: Vec<Fix>,
    /// Whether this check, decided again with all of `fixes`, is allowed. A call that needs several
    /// permissions may be denied for the next one then.
    pub checked: bool,
}

/// The policies of one kind that were looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Looked {
    /// The kind of policy.
    pub layer: String,
    /// Their ARNs or names.
    pub policies: Vec<String>,
}

/// A statement that allowed.
#[derive(Clone, Debug, Serialize)]
pub struct Allowed {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The statement; `None` if none was needed.
    pub by: Option<Place>,
}

/// Where a statement stands.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// The kind of policy.
    pub layer: String,
    /// The policy's ARN or name.
    pub policy: String,
    /// The statement's position, from 0.
    pub statement: u32,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// The statement that came closest to allowing.
#[derive(Clone, Debug, Serialize)]
pub struct ClosestReport {
    /// Where it stands.
    pub place: Place,
    /// The statement.
    pub statement: Option<Value>,
    /// Each part that failed, in words.
    pub failed: Vec<String>,
    /// The mistake that it looks like.
    pub hint: Option<String>,
}

impl Report {
    /// What is to be said of a recorded call.
    pub fn of(call: &CallRecord<'_>) -> Self {
        let denied = call.decisions.iter().find(|decided| !decided.allowed);
        let allowed = call.decisions.iter().filter(|decided| decided.allowed);
        Self {
            request_id: call.request_id.to_string(),
            at: call.at.iso8601_millis(),
            service: service(&call.source),
            operation: call.operation.to_string(),
            region: call.region.to_string(),
            caller: caller(&call.caller),
            source_ip: call.source_ip.as_ref().map(ToString::to_string),
            error: match &call.outcome {
                Outcome::Ok => None,
                Outcome::Error { code, message } => Some(Failure {
                    code: code.to_string(),
                    message: message.to_string(),
                }),
            },
            denied: denied.map(|decided| Denied::of(call, decided)),
            further: call.further.iter().map(|d| Denied::of(call, d)).collect(),
            allowed: allowed
                .map(|decided| Allowed {
                    action: decided.action.to_string(),
                    resource: decided.resource.to_string(),
                    by: decided.deciding.as_ref().map(Place::of),
                })
                .collect(),
        }
    }

    /// Whether it says of another call what this one says: a client that tries again is denied
    /// again.
    pub fn repeats(&self, other: &Self) -> bool {
        let what = |report: &Self| {
            let denied = report.denied.as_ref();
            denied.map(|d| (d.action.clone(), d.resource.clone(), d.why.clone()))
        };
        self.caller.arn == other.caller.arn && what(self) == what(other)
    }
}

impl Denied {
    fn of(call: &CallRecord<'_>, decided: &Decided<'_>) -> Self {
        let observed = observation(decided);
        let mut considered: Vec<Looked> = Vec::new();
        for policy in &decided.considered {
            match considered.iter_mut().find(|l| l.layer == policy.layer) {
                Some(looked) => looked.policies.push(policy.policy.clone()),
                None => considered.push(Looked {
                    layer: policy.layer.clone(),
                    policies: vec![policy.policy.clone()],
                }),
            }
        }
        let by = decided.deciding.as_ref().map_or("", |at| &*at.policy);
        // No policy that anybody has can give more to a privileged session of root.
        let task = call.caller.assumed_root && RootTask::parse(by).is_some();
        Self {
            action: decided.action.to_string(),
            resource: decided.resource.to_string(),
            decided: in_words(decided),
            by: decided.deciding.as_ref().map(Place::of),
            considered,
            closest: decided.closest.as_ref().map(|closest| ClosestReport {
                place: Place::of(&closest.at),
                statement: serde_json::from_str(&closest.statement).ok(),
                failed: std::iter::once(&closest.failed)
                    .chain(&closest.also)
                    .map(|failed| mismatch(failed).clause())
                    .collect(),
                hint: closest.hint.clone(),
            }),
            note: if task {
                Some(format!(
                    "the session is for the task of {by}: another task takes another session of \
                     AssumeRoot"
                ))
            } else {
                rolecall_advise::note(&observed.action, &observed.resource, &observed.keys)
            },
            why: decided.why.as_deref().unwrap_or_default().to_owned(),
            fixes: if task {
                Vec::new()
            } else {
                fixes(call, decided)
            },
            checked: decided.checked,
        }
    }
}

impl Place {
    pub(super) fn of(at: &Deciding<'_>) -> Self {
        Self {
            layer: at.layer.to_string(),
            policy: at.policy.to_string(),
            statement: at.statement,
            sid: at.sid.as_ref().map(ToString::to_string),
        }
    }

    /// `statement 2 (Logs) of the identity-based policy web`.
    pub fn in_words(&self) -> String {
        let sid = self.sid.as_ref().map(|sid| format!(" ({sid})"));
        format!(
            "statement {}{} of the {} {}",
            self.statement,
            sid.unwrap_or_default(),
            self.layer,
            self.policy
        )
    }
}

fn in_words(decided: &Decided<'_>) -> String {
    match &decided.reason {
        Reason::ExplicitDeny => match &decided.deciding {
            Some(at) => format!("{} denies it", Place::of(at).in_words()),
            None => "a statement denies it".to_owned(),
        },
        Reason::ImplicitDeny { layer } => format!("no {layer} allows it"),
        _ => {
            let why = decided.why.as_deref();
            why.unwrap_or("it could not be decided").to_owned()
        }
    }
}

fn mismatch(failed: &Failed) -> Mismatch {
    match failed {
        Failed::Action => Mismatch::Action,
        Failed::Principal => Mismatch::Principal,
        Failed::Resource { element, patterns } => Mismatch::Resource {
            element: if element == "NotResource" {
                "NotResource"
            } else {
                "Resource"
            },
            patterns: patterns.clone(),
        },
        Failed::Condition {
            operator,
            key,
            wanted,
            seen,
        } => Mismatch::Condition {
            operator: operator.clone(),
            key: key.clone(),
            wanted: wanted.clone(),
            seen: seen.clone(),
        },
    }
}

/// `ecs` of `ecs.amazonaws.com`.
fn service(source: &str) -> String {
    source.split('.').next().unwrap_or(source).to_owned()
}

fn caller(identity: &Identity<'_>) -> CallerReport {
    CallerReport {
        kind: identity.kind.name(),
        arn: match (&identity.invoked_by, identity.kind) {
            (Some(service), IdentityKind::AWSService) => service.to_string(),
            _ => identity.arn.to_string(),
        },
        holder: holder(identity),
        session_name: identity.session_name.as_ref().map(ToString::to_string),
        access_key_id: identity.access_key_id.as_ref().map(ToString::to_string),
    }
}

/// Whose policies count.
pub(super) fn holder(identity: &Identity<'_>) -> String {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let issuer = identity.issuer_arn.as_deref().unwrap_or(&identity.arn);
    match identity.kind {
        IdentityKind::Root => "root user".to_owned(),
        IdentityKind::AssumedRole => format!("role {}", last(issuer)),
        IdentityKind::IAMUser | IdentityKind::FederatedUser => format!("user {}", last(issuer)),
        IdentityKind::AWSService => "service".to_owned(),
        _ => "nobody who is known".to_owned(),
    }
}

/// The layer of a name that a record holds.
pub(super) fn layer(name: &str) -> Layer {
    const ALL: [Layer; 7] = [
        Layer::ResourceControl,
        Layer::ServiceControl,
        Layer::Resource,
        Layer::Trust,
        Layer::Identity,
        Layer::Boundary,
        Layer::Session,
    ];
    ALL.into_iter()
        .find(|layer| layer.to_string() == name)
        .unwrap_or(Layer::Identity)
}
