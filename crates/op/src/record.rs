//! From a call that ended to its record.

use std::borrow::Cow;
use std::sync::Arc;

use rolecall_api::shape::{OperationShape, Service};
use rolecall_api::value::Value;
use rolecall_base::AwsError;
use rolecall_identity::{Caller, CallerKind, SessionKind};
use rolecall_policy::Context;
use rolecall_record::{
    CallKind, CallRecord, Identity, IdentityKind, Key, Outcome, PARAMETERS_MAX, REQUEST_KEYS,
    Recorder, Text,
};

use crate::authorize::caller_keys;
use crate::request::RequestInfo;
use crate::ruling::{Left, Ruling, Trail, keys};
use crate::{events, parameters};

/// The most bytes of parameters of a data event: the first lines of a batch tell nothing.
const DATA_PARAMETERS_MAX: usize = 2_048;

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
        let outcome = match error {
            None => Outcome::Ok,
            Some(error) => Outcome::Error {
                code: Cow::Borrowed(&error.code),
                message: Cow::Borrowed(&error.message),
            },
        };
        self.keep(outcome);
    }

    fn keep(&mut self, outcome: Outcome<'_>) {
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
        let denials = ruling.as_mut().map(|ruling| {
            let further = std::mem::take(&mut ruling.further);
            (ruling.denied.take(), further)
        });
        let (denied, further) = denials.unwrap_or_default();
        let mut call = kept.record(ruling.as_ref(), outcome);
        call.decisions.extend(denied.map(|denied| *denied));
        call.further = further;
        self.recorder.keep(call);
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.keep(given_up());
    }
}

/// A client that went away before its answer. Whether the call took effect is not known.
fn given_up() -> Outcome<'static> {
    Outcome::Error {
        code: "ClientDisconnected".into(),
        message: "The client closed the connection before the answer; the call may have taken \
                  effect."
            .into(),
    }
}

impl Kept {
    /// The record of the call, without what denied it.
    fn record<'a>(&'a self, ruling: Option<&'a Ruling>, outcome: Outcome<'a>) -> CallRecord<'a> {
        let info = &*self.info;
        let (decisions, shared_keys) = match ruling {
            Some(ruling) => {
                // The others follow from what the record says of the request.
                let mut context = Context::new();
                caller_keys(info, &mut context);
                let mut shared = keys(&context, |name| !REQUEST_KEYS.contains(&name));
                shared.extend(ruling.shared.iter().map(Key::borrowed));
                (ruling.allowed(), shared)
            }
            None => (Vec::new(), Vec::new()),
        };
        CallRecord {
            at: info.now,
            request_id: Cow::Borrowed(&info.request_id),
            account: Cow::Borrowed(info.caller.account.as_str()),
            region: Cow::Borrowed(info.region.as_str()),
            source: events::source(self.service).into(),
            operation: Cow::Borrowed(self.operation),
            kind: self.kind,
            caller: identity(info, self.operation),
            source_ip: info.transport.source_ip.map(|ip| ip.to_string().into()),
            user_agent: text(info.transport.user_agent.as_ref()),
            secure: info.transport.secure,
            read_only: self.read_only,
            outcome,
            parameters: text(self.parameters.as_ref()),
            parameters_omitted: self.parameters_omitted,
            resources: Vec::new(),
            decisions,
            shared_keys,
            further: Vec::new(),
        }
    }
}

fn text(text: Option<&String>) -> Option<Text<'_>> {
    text.map(|text| Cow::Borrowed(text.as_str()))
}

/// Who called, as CloudTrail tells it.
fn identity<'a>(info: &'a RequestInfo, operation: &str) -> Identity<'a> {
    let caller = &info.caller;
    let session = caller.session();
    let last = |arn: &'a str| arn.rsplit('/').next().map(Cow::Borrowed);
    let mut identity = Identity {
        kind: kind(caller, operation),
        arn: Cow::Borrowed(&caller.arn),
        principal_id: Cow::Borrowed(&caller.unique_id),
        account: Cow::Borrowed(caller.account.as_str()),
        access_key_id: text(caller.access_key_id.as_ref()),
        user_name: None,
        issuer_arn: None,
        issuer_id: None,
        session_name: None,
        session_issued: session.map(|session| session.issued),
        mfa: session.is_some_and(|session| session.mfa),
        source_identity: text(session.and_then(|session| session.source_identity.as_ref())),
        invoked_by: text(info.called_via.last()),
        called_via: Cow::Borrowed(&info.called_via),
        identity_provider: None,
        assumed_root: caller.is_assumed_root(),
    };
    match &caller.kind {
        CallerKind::User { .. } => identity.user_name = last(&caller.arn),
        CallerKind::Role { role_arn, .. } => {
            identity.issuer_arn = Some(Cow::Borrowed(role_arn));
            let id = caller.unique_id.split_once(':');
            identity.issuer_id = id.map(|(id, _)| Cow::Borrowed(id));
            identity.session_name = id.map(|(_, name)| Cow::Borrowed(name));
        }
        CallerKind::Federated { session, .. } => {
            if let SessionKind::Federated {
                name,
                user_id,
                user_arn,
                ..
            } = &session.kind
            {
                identity.issuer_arn = Some(Cow::Borrowed(user_arn));
                identity.issuer_id = Some(Cow::Borrowed(user_id));
                identity.session_name = Some(Cow::Borrowed(name));
            }
        }
        CallerKind::FargateAgent => identity.session_name = last(&caller.arn),
        CallerKind::Service { name, .. } => identity.invoked_by = Some(Cow::Borrowed(name)),
        CallerKind::Vouched(vouched) => {
            let qualifier = vouched.name_qualifier.as_ref();
            identity.user_name = Some(Cow::Borrowed(&vouched.subject));
            identity.identity_provider = text(Some(qualifier.unwrap_or(&vouched.provider)));
            identity.source_identity = text(vouched.source_identity.as_ref());
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
