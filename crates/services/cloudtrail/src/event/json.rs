//! One call as the JSON of a CloudTrail event.
//!
//! Sources: CloudTrail User Guide, "CloudTrail record contents for management, data, and network
//! activity events" and "CloudTrail userIdentity element".

use rolecall_record::{CallKind, CallRecord, Identity, IdentityKind};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::resources::resource;

/// The version of the events' form.
const EVENT_VERSION: &str = "1.11";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    event_version: &'static str,
    user_identity: UserIdentity<'a>,
    event_time: String,
    event_source: &'a str,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'a str,
    user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    request_parameters: Option<Box<RawValue>>,
    // Answers are not kept: they hold credentials.
    response_elements: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_event_data: Option<Additional<'a>>,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<EventResource<'a>>,
    event_type: &'static str,
    management_event: bool,
    recipient_account_id: &'a str,
    // What a service did by itself has no request.
    #[serde(skip_serializing_if = "Option::is_none")]
    service_event_details: Option<Box<RawValue>>,
    event_category: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Additional<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    called_via: &'a [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    request_parameters_omitted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventResource<'a> {
    account_id: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "ARN")]
    arn: &'a str,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<SessionContext<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoked_by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_issuer: Option<SessionIssuer<'a>>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identity: Option<&'a str>,
    // Text, as IAM User Guide, "Track privileged tasks in AWS CloudTrail", shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed_root: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionIssuer<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    principal_id: &'a str,
    arn: &'a str,
    account_id: &'a str,
    user_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    creation_date: String,
    // Text, not a truth value: so CloudTrail writes it.
    mfa_authenticated: &'static str,
}

/// The id of a call's event: a UUID that follows from the request's.
pub fn event_id(call: &CallRecord<'_>) -> String {
    let hash = Sha256::digest(format!("event {}", call.request_id).as_bytes());
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(hash) {
        *to = from;
    }
    let value = u128::from_be_bytes(bytes);
    // Version 4, variant 1 (RFC 9562, 4.1 and 4.2).
    let value = (value & !(0xf << 76)) | (4 << 76);
    let value = (value & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        value >> 96,
        (value >> 80) & 0xffff,
        (value >> 64) & 0xffff,
        (value >> 48) & 0xffff,
        value & 0xffff_ffff_ffff
    )
}

/// The name that lookups find a caller by: a user's name (an identity provider's subject is
/// one, too), a session's name, `root`.
pub fn user_name<'a>(caller: &'a Identity<'_>) -> Option<&'a str> {
    match caller.kind {
        IdentityKind::Root => Some("root"),
        IdentityKind::IAMUser | IdentityKind::SAMLUser | IdentityKind::WebIdentityUser => {
            caller.user_name.as_deref()
        }
        _ => caller.session_name.as_deref(),
    }
}

/// The event as CloudTrail delivers it to the account `recipient`: the caller's, or that of a
/// resource, which learns no more of a caller than its account and id.
pub fn event_json(call: &CallRecord<'_>, recipient: &str) -> String {
    let parameters = call.parameters.as_ref();
    let parameters = parameters.and_then(|p| RawValue::from_string(p.to_string()).ok());
    let (request_parameters, service_event_details) = match call.operation.as_ref() {
        "PolicyExecutionEvent" => (None, parameters),
        _ => (parameters, None),
    };
    let inside = call.caller.invoked_by.as_deref().unwrap_or("AWS Internal");
    let (management_event, event_category) = match call.kind {
        CallKind::Management => (true, "Management"),
        CallKind::Data => (false, "Data"),
    };
    let additional = !call.caller.called_via.is_empty() || call.parameters_omitted;
    let error = call.error();
    let event = Event {
        event_version: EVENT_VERSION,
        user_identity: if recipient == call.account {
            identity(&call.caller)
        } else {
            stranger(&call.caller)
        },
        event_time: call.at.iso8601_seconds(),
        event_source: &call.source,
        event_name: &call.operation,
        aws_region: &call.region,
        source_ip_address: call.source_ip.as_deref().unwrap_or(inside),
        user_agent: call.user_agent.as_deref().unwrap_or(inside),
        error_code: error.map(|(code, _)| code),
        error_message: error.map(|(_, message)| message),
        request_parameters,
        response_elements: None,
        additional_event_data: additional.then_some(Additional {
            called_via: &call.caller.called_via,
            request_parameters_omitted: call.parameters_omitted,
        }),
        request_id: &call.request_id,
        event_id: event_id(call),
        read_only: call.read_only,
        resources: resources(call),
        event_type: match call.caller.kind {
            IdentityKind::AWSService => "AwsServiceEvent",
            _ => "AwsApiCall",
        },
        management_event,
        recipient_account_id: recipient,
        service_event_details,
        event_category,
    };
    serde_json::to_string(&event).unwrap_or_default()
}

fn resources<'a>(call: &'a CallRecord<'_>) -> Vec<EventResource<'a>> {
    let all = call.resources.iter().map(|touched| EventResource {
        account_id: &touched.account,
        kind: resource(&touched.arn).map(|resource| resource.kind),
        arn: &touched.arn,
    });
    all.collect()
}

/// A caller as the account of a resource sees it (CloudTrail User Guide, "CloudTrail userIdentity
/// element": `AWSAccount`).
fn stranger<'a>(caller: &'a Identity<'_>) -> UserIdentity<'a> {
    UserIdentity {
        kind: "AWSAccount",
        principal_id: Some(&caller.principal_id),
        account_id: Some(&caller.account),
        ..UserIdentity::default()
    }
}

fn identity<'a>(caller: &'a Identity<'_>) -> UserIdentity<'a> {
    match caller.kind {
        IdentityKind::AWSService => UserIdentity {
            kind: caller.kind.name(),
            invoked_by: caller.invoked_by.as_deref(),
            ..UserIdentity::default()
        },
        IdentityKind::SAMLUser | IdentityKind::WebIdentityUser | IdentityKind::Unknown => {
            UserIdentity {
                kind: caller.kind.name(),
                principal_id: Some(&caller.principal_id),
                user_name: caller.user_name.as_deref(),
                identity_provider: caller.identity_provider.as_deref(),
                ..UserIdentity::default()
            }
        }
        _ => UserIdentity {
            kind: caller.kind.name(),
            principal_id: Some(&caller.principal_id),
            arn: Some(&caller.arn),
            account_id: Some(&caller.account),
            access_key_id: caller.access_key_id.as_deref(),
            user_name: caller.user_name.as_deref(),
            session_context: session(caller),
            invoked_by: caller.invoked_by.as_deref(),
            identity_provider: None,
        },
    }
}

fn session<'a>(caller: &'a Identity<'_>) -> Option<SessionContext<'a>> {
    let issued = caller.session_issued?;
    let kind = match caller.kind {
        IdentityKind::AssumedRole => "Role",
        _ => "IAMUser",
    };
    let issuer = caller.issuer_arn.as_deref().map(|arn| SessionIssuer {
        kind,
        principal_id: caller.issuer_id.as_deref().unwrap_or_default(),
        arn,
        account_id: &caller.account,
        user_name: arn.rsplit('/').next().unwrap_or_default(),
    });
    Some(SessionContext {
        session_issuer: issuer,
        attributes: Attributes {
            creation_date: issued.iso8601_seconds(),
            mfa_authenticated: if caller.mfa { "true" } else { "false" },
        },
        source_identity: caller.source_identity.as_deref(),
        assumed_root: caller.assumed_root.then_some("true"),
    })
}
