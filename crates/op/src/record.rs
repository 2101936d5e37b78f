//! From a call that ended to its record.

use std::sync::Arc;

use rolecall_api::shape::{OperationShape, Service};
use rolecall_api::value::Value;
use rolecall_base::AwsError;
use rolecall_identity::{Caller, CallerKind, SessionKind};
use rolecall_record::{
    CallKind, CallRecord, Decided, Identity, IdentityKind, Outcome, PARAMETERS_MAX, REQUEST_KEYS,
    Recorder, TEXT_MAX, Touched, USER_AGENT_MAX, shorten,
};

use crate::authorize::condition_context;
use crate::request::RequestInfo;
use crate::ruling::{Left, Ruling, Trail, keys};
use crate::{events, parameters};

/// The most bytes of parameters of a data event: the first lines of a batch tell nothing.
const DATA_PARAMETERS_MAX: usize = 2_048;

/// What a call takes in memory until it is written, beside what is counted; about.
const CALL_BYTES: usize = 1_024;

/// A call that goes on. When it is dropped before it ended, it is recorded as given up. A call of
/// nobody is not recorded: one that comes with a token is, once the token was found good.
pub(crate) struct Ongoing {
    recorder: Recorder,
    kept: Option<Kept>,
}

/// What is kept of a call until its record is made.
struct Kept {
    info: Arc<RequestInfo>,
    /// The service's name in credential scopes, such as `ecs`.
    service: &'static str,
    kind: CallKind,
    read_only: bool,
    operation: &'static str,
    parameters: Option<String>,
    parameters_omitted: bool,
    trail: Trail,
    /// How it ended; `None` while it goes on.
    outcome: Option<Outcome>,
}

impl Ongoing {
    /// The call of an operation.
    pub(crate) fn new(
        recorder: &Recorder,
        info: &Arc<RequestInfo>,
        service: &'static Service,
        operation: &'static OperationShape,
        input: Option<&Value>,
    ) -> Self {
        let kind = events::kind(service.id, operation.name);
        let max = match kind {
            CallKind::Management => PARAMETERS_MAX,
            CallKind::Data => DATA_PARAMETERS_MAX,
        };
        let written =
            input.and_then(|input| parameters::json(service, operation.input, input, max));
        let parameters_omitted = matches!(written, Some(None));
        Self {
            recorder: recorder.clone(),
            kept: Some(Kept {
                info: Arc::clone(info),
                service: service.signing_name,
                kind,
                read_only: events::is_read_only(service.id, operation.name),
                operation: operation.name,
                parameters: written.flatten(),
                parameters_omitted,
                trail: Trail::kept(),
                outcome: None,
            }),
        }
    }

    /// A byte stream that was authorized without an operation, named by its action.
    pub(crate) fn stream(
        recorder: &Recorder,
        info: &Arc<RequestInfo>,
        action: &'static str,
    ) -> Self {
        let (service, operation) = action.split_once(':').unwrap_or((action, ""));
        Self {
            recorder: recorder.clone(),
            kept: Some(Kept {
                info: Arc::clone(info),
                service,
                kind: events::kind(service, operation),
                read_only: events::is_read_only(service, operation),
                operation,
                parameters: None,
                parameters_omitted: false,
                trail: Trail::kept(),
                outcome: None,
            }),
        }
    }

    /// Where its decisions are left.
    pub(crate) fn trail(&self) -> Trail {
        match &self.kept {
            Some(kept) => kept.trail.clone(),
            None => Trail::default(),
        }
    }

    /// Records how it ended.
    pub(crate) fn ended(mut self, error: Option<&AwsError>) {
        self.end(error);
    }

    fn end(&mut self, error: Option<&AwsError>) {
        if let (Some(kept), Some(error)) = (&mut self.kept, error) {
            let text = &error.message;
            let end = text.floor_char_boundary(TEXT_MAX);
            kept.outcome = Some(Outcome::Error {
                code: error.code.to_string(),
                message: text.get(..end).unwrap_or_default().to_owned(),
            });
        } else if let Some(kept) = &mut self.kept {
            kept.outcome = Some(Outcome::Ok);
        }
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        let Some(mut kept) = self.kept.take() else {
            return;
        };
        let Left {
            vouched,
            mut ruling,
        } = kept.trail.take();
        if let Some(info) = vouched {
            kept.info = info;
        }
        if matches!(kept.info.caller.kind, CallerKind::Anonymous) {
            return;
        }
        let bytes = kept.bound() + ruling.as_mut().map_or(0, Ruling::bound);
        let make = move || kept.into_record(ruling);
        self.recorder.keep(bytes, make);
    }
}

/// A client that went away before its answer. Whether the call took effect is not known.
fn given_up() -> Outcome {
    Outcome::Error {
        code: "ClientDisconnected".to_owned(),
        message: "The client closed the connection before the answer; the call may have taken \
                  effect."
            .to_owned(),
    }
}

impl Kept {
    /// Shortens its texts, and says about how many bytes of memory it takes then.
    fn bound(&mut self) -> usize {
        let agent = |info: &RequestInfo| info.transport.user_agent.as_ref().map_or(0, String::len);
        if agent(&self.info) > USER_AGENT_MAX
            && let Some(agent) = &mut Arc::make_mut(&mut self.info).transport.user_agent
        {
            shorten(agent, USER_AGENT_MAX);
        }
        let message = match &self.outcome {
            Some(Outcome::Error { message, .. }) => message.len(),
            _ => 0,
        };
        let vouched = match &self.info.caller.kind {
            CallerKind::Vouched(vouched) => {
                let values = vouched.keys.iter().flat_map(|key| &key.values);
                values.map(String::len).sum()
            }
            _ => 0,
        };
        let parameters = self.parameters.as_ref().map_or(0, String::len);
        CALL_BYTES + agent(&self.info) + message + vouched + parameters
    }

    fn into_record(self, ruling: Option<Ruling>) -> CallRecord {
        let info = &self.info;
        let (decisions, shared_keys, further) = match ruling {
            Some(mut ruling) => {
                // The others follow from what the record says of the request.
                let written = |name: &str| !REQUEST_KEYS.contains(&name);
                let mut shared = keys(&condition_context(info), written);
                shared.append(&mut ruling.shared);
                let further = std::mem::take(&mut ruling.further);
                (ruling.decisions(), shared, further)
            }
            None => (Vec::new(), Vec::new(), Vec::new()),
        };
        CallRecord {
            at: info.now,
            request_id: info.request_id.clone(),
            account: info.caller.account.to_string(),
            region: info.region.to_string(),
            source: events::source(self.service),
            operation: self.operation.to_owned(),
            kind: self.kind,
            caller: identity(info, self.operation),
            source_ip: info.transport.source_ip.map(|ip| ip.to_string()),
            user_agent: info.transport.user_agent.clone(),
            secure: info.transport.secure,
            read_only: self.read_only,
            outcome: self.outcome.unwrap_or_else(given_up),
            parameters: self.parameters,
            parameters_omitted: self.parameters_omitted,
            resources: touched(&decisions, info),
            decisions,
            shared_keys,
            further,
        }
    }
}

/// The resources of the decisions, each once.
fn touched(decisions: &[Decided], info: &RequestInfo) -> Vec<Touched> {
    let mut all: Vec<Touched> = Vec::new();
    for decided in decisions {
        let known = all.iter().any(|touched| touched.arn == decided.resource);
        if decided.resource == "*" || decided.resource.is_empty() || known {
            continue;
        }
        let own = || info.caller.account.to_string();
        all.push(Touched {
            arn: decided.resource.clone(),
            account: decided.resource_account.clone().unwrap_or_else(own),
        });
    }
    all
}

/// Who called, as CloudTrail tells it.
fn identity(info: &RequestInfo, operation: &str) -> Identity {
    let caller = &info.caller;
    let session = caller.session();
    let last = |arn: &str| arn.rsplit('/').next().map(str::to_owned);
    let mut identity = Identity {
        kind: kind(caller, operation),
        arn: caller.arn.clone(),
        principal_id: caller.unique_id.clone(),
        account: caller.account.to_string(),
        access_key_id: caller.access_key_id.clone(),
        user_name: None,
        issuer_arn: None,
        issuer_id: None,
        session_name: None,
        session_issued: session.map(|session| session.issued),
        mfa: session.is_some_and(|session| session.mfa),
        source_identity: session.and_then(|session| session.source_identity.clone()),
        invoked_by: info.called_via.last().cloned(),
        called_via: info.called_via.clone(),
        identity_provider: None,
    };
    match &caller.kind {
        CallerKind::User { .. } => identity.user_name = last(&caller.arn),
        CallerKind::Role { role_arn, .. } => {
            identity.issuer_arn = Some(role_arn.clone());
            let id = caller.unique_id.split_once(':');
            identity.issuer_id = id.map(|(id, _)| id.to_owned());
            identity.session_name = id.map(|(_, name)| name.to_owned());
        }
        CallerKind::Federated { session, .. } => {
            if let SessionKind::Federated {
                name,
                user_id,
                user_arn,
                ..
            } = &session.kind
            {
                identity.issuer_arn = Some(user_arn.clone());
                identity.issuer_id = Some(user_id.clone());
                identity.session_name = Some(name.clone());
            }
        }
        CallerKind::FargateAgent => identity.session_name = last(&caller.arn),
        CallerKind::Service { name, .. } => identity.invoked_by = Some(name.clone()),
        CallerKind::Vouched(vouched) => {
            let qualifier = vouched.name_qualifier.as_ref();
            identity.user_name = Some(vouched.subject.clone());
            identity.identity_provider = Some(qualifier.unwrap_or(&vouched.provider).clone());
            identity
                .source_identity
                .clone_from(&vouched.source_identity);
        }
        CallerKind::Root { .. } | CallerKind::Anonymous => {}
    }
    identity
}

fn kind(caller: &Caller, operation: &str) -> IdentityKind {
    match &caller.kind {
        CallerKind::Root { .. } => IdentityKind::Root,
        CallerKind::User { .. } => IdentityKind::IAMUser,
        CallerKind::Role { .. } | CallerKind::FargateAgent => IdentityKind::AssumedRole,
        CallerKind::Federated { .. } => IdentityKind::FederatedUser,
        CallerKind::Service { .. } => IdentityKind::AWSService,
        CallerKind::Vouched(_) | CallerKind::Anonymous => match operation {
            "AssumeRoleWithSAML" => IdentityKind::SAMLUser,
            "AssumeRoleWithWebIdentity" => IdentityKind::WebIdentityUser,
            _ => IdentityKind::Unknown,
        },
    }
}

#[cfg(test)]
mod tests;
