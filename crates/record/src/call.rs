//! What is kept of one call.

mod owned;
mod told;

use std::borrow::Cow;

use minicbor::{Decode, Encode};
use rolecall_base::Timestamp;
use serde::Serialize;

use crate::codec;
use crate::text::{PARAMETERS_MAX, TEXT_MAX, shorten_all, shorten_text};

pub use told::REQUEST_KEYS;

/// A text of a record: borrowed from the request while it is written, owned when it was read.
pub type Text<'a> = Cow<'a, str>;

/// The most bytes of a user agent (CloudTrail User Guide, "CloudTrail record contents": 1 KB).
pub const USER_AGENT_MAX: usize = 1_024;

/// One call, with the decisions that it took.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct CallRecord<'a> {
    /// When it was received.
    #[cbor(n(0), with = "codec::timestamp")]
    pub at: Timestamp,
    /// The id that the answer carried.
    #[n(1)]
    pub request_id: Text<'a>,
    /// The account that the call was made in, 12 digits.
    #[n(2)]
    pub account: Text<'a>,
    /// The region of the credential scope, such as `us-east-1`.
    #[n(3)]
    pub region: Text<'a>,
    /// The service's name in events, such as `ecs.amazonaws.com`.
    #[n(4)]
    pub source: Text<'a>,
    /// The operation, such as `RunTask`; empty for a byte stream without an operation.
    #[n(5)]
    pub operation: Text<'a>,
    /// Whether CloudTrail calls it a management event or a data event.
    #[n(6)]
    pub kind: CallKind,
    /// Who called.
    #[n(7)]
    pub caller: Identity<'a>,
    /// The address that it came from; `None` for a call from inside.
    #[n(8)]
    pub source_ip: Option<Text<'a>>,
    /// The client, at most 1 KB.
    #[n(9)]
    pub user_agent: Option<Text<'a>>,
    /// Whether it came over TLS.
    #[n(10)]
    pub secure: bool,
    /// Whether it changes nothing.
    #[n(11)]
    pub read_only: bool,
    /// How it ended.
    #[n(12)]
    pub outcome: Outcome<'a>,
    /// The input as a JSON object, without secrets; `None` if the operation takes none, or if it
    /// was left out for its size.
    #[n(13)]
    pub parameters: Option<Text<'a>>,
    /// Whether the parameters were left out for their size.
    #[n(14)]
    #[cbor(default, skip_if = "is_false")]
    pub parameters_omitted: bool,
    /// The resources that the call was authorized on, without `*`. They are not written: a reader
    /// finds them, told by the decisions.
    #[n(15)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub resources: Vec<Touched<'a>>,
    /// What was decided, in order; the last one is the denial if the call was denied.
    #[n(16)]
    pub decisions: Vec<Decided<'a>>,
    /// The condition keys that all decisions share, without [`REQUEST_KEYS`], as they are written:
    /// a reader finds them among the keys of each decision instead, and this empty.
    #[n(17)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_keys: Vec<Key<'a>>,
    /// What would have been denied next: a call is denied for one thing at a time, as on AWS. At
    /// most [`FURTHER_MAX`].
    #[n(18)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Decided<'a>>,
}

fn is_none(texts: &[String]) -> bool {
    texts.is_empty()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the derived code calls it so"
)]
fn is_false(is: &bool) -> bool {
    !is
}

/// How many further denials of a call are kept.
pub const FURTHER_MAX: usize = 8;

/// CloudTrail's categories of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
pub enum CallKind {
    /// An operation on a resource itself; `LookupEvents` shows it.
    #[n(0)]
    Management,
    /// An operation in or on the content of a resource, such as `PutLogEvents`.
    #[n(1)]
    Data,
}

/// Who called.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Identity<'a> {
    /// What kind of principal.
    #[n(0)]
    pub kind: IdentityKind,
    /// The ARN as `GetCallerIdentity` prints it.
    #[n(1)]
    pub arn: Text<'a>,
    /// The unique id as `GetCallerIdentity` prints it: `AIDA…`, `AROA…:session`.
    #[n(2)]
    pub principal_id: Text<'a>,
    /// The account that the caller belongs to.
    #[n(3)]
    pub account: Text<'a>,
    /// The access key that signed; `None` for a call from inside.
    #[n(4)]
    pub access_key_id: Option<Text<'a>>,
    /// The user's name, of users and of those whom an identity provider vouches for.
    #[n(5)]
    pub user_name: Option<Text<'a>>,
    /// Of a session, the ARN of the role or user that it was made from.
    #[n(6)]
    pub issuer_arn: Option<Text<'a>>,
    /// Of a session, the unique id of the role or user that it was made from.
    #[n(7)]
    pub issuer_id: Option<Text<'a>>,
    /// The name of a role's or a federated user's session. Tasks' sessions have the task's id.
    #[n(8)]
    pub session_name: Option<Text<'a>>,
    /// When the session was made.
    #[cbor(n(9), with = "codec::timestamp_opt", default)]
    pub session_issued: Option<Timestamp>,
    /// Whether multi-factor authentication was used.
    #[n(10)]
    #[cbor(default, skip_if = "is_false")]
    pub mfa: bool,
    /// The source identity, if the session carries one.
    #[n(11)]
    pub source_identity: Option<Text<'a>>,
    /// The service that called on the principal's behalf, or that is the principal.
    #[n(12)]
    pub invoked_by: Option<Text<'a>>,
    /// The services that the call came through, the first one first (`aws:CalledVia`).
    #[n(13)]
    #[cbor(default, skip_if = "is_none")]
    pub called_via: Cow<'a, [String]>,
    /// The identity provider that vouches for the caller, who assumes a role: its ARN, or the name
    /// qualifier of a SAML provider.
    #[n(14)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<Text<'a>>,
    /// Whether it is the root user in a privileged session of `AssumeRoot`.
    #[n(15)]
    #[cbor(default, skip_if = "is_false")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub assumed_root: bool,
}

/// The kinds of principal, named as CloudTrail's `userIdentity.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
pub enum IdentityKind {
    /// The account's root user.
    #[n(0)]
    Root,
    /// A user with long-term credentials, or in a session of `GetSessionToken`.
    #[n(1)]
    IAMUser,
    /// A session of a role.
    #[n(2)]
    AssumedRole,
    /// A session of `GetFederationToken`.
    #[n(3)]
    FederatedUser,
    /// A service of AWS, which Rolecall itself stands for.
    #[n(4)]
    AWSService,
    /// A user of a SAML provider who assumes a role.
    #[n(5)]
    SAMLUser,
    /// A user of an OpenID Connect provider who assumes a role.
    #[n(6)]
    WebIdentityUser,
    /// Nobody who is known.
    #[n(7)]
    Unknown,
}

impl IdentityKind {
    /// CloudTrail's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "Root",
            Self::IAMUser => "IAMUser",
            Self::AssumedRole => "AssumedRole",
            Self::FederatedUser => "FederatedUser",
            Self::AWSService => "AWSService",
            Self::SAMLUser => "SAMLUser",
            Self::WebIdentityUser => "WebIdentityUser",
            Self::Unknown => "Unknown",
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Outcome<'a> {
    /// It succeeded.
    #[n(0)]
    Ok,
    /// It was answered with an error.
    #[n(1)]
    Error {
        /// AWS's code, such as `AccessDenied`.
        #[n(0)]
        code: Text<'a>,
        /// The message that the client saw.
        #[n(1)]
        message: Text<'a>,
    },
}

/// A resource that a call was about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Touched<'a> {
    /// Its ARN.
    #[n(0)]
    pub arn: Text<'a>,
    /// The account that owns it.
    #[n(1)]
    pub account: Text<'a>,
}

/// One decision: may the caller do this action on this resource?
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Decided<'a> {
    /// The action, such as `iam:PassRole`.
    #[n(0)]
    pub action: Text<'a>,
    /// The concrete ARN, or `*` for an action without resource types.
    #[n(1)]
    pub resource: Text<'a>,
    /// The account that owns the resource; `None` is the caller's.
    #[n(2)]
    pub resource_account: Option<Text<'a>>,
    /// The condition keys of this check, and the global ones that the request set.
    #[n(3)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub keys: Vec<Key<'a>>,
    /// Whether it was allowed.
    #[n(4)]
    pub allowed: bool,
    /// Why, as the order of evaluation found it.
    #[n(5)]
    pub reason: Reason<'a>,
    /// The statement that decided, if one did.
    #[n(6)]
    pub deciding: Option<Deciding<'a>>,
    /// Of a denial: the message that the client saw.
    #[n(7)]
    pub message: Option<Text<'a>>,
    /// Of a denial: why, in words, with what AWS does not tell the caller.
    #[n(8)]
    pub why: Option<Text<'a>>,
    /// Of a denial: the statements that together would allow it.
    #[n(9)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// Of a denial: the statement that came closest to allowing it.
    #[n(10)]
    pub closest: Option<Closest>,
    /// Of a denial: the policies that were looked at.
    #[n(11)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub considered: Vec<Considered>,
    /// Of an explicit denial: the statements that denied, each with what would let it pass.
    #[n(12)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    pub reliefs: Vec<Relief>,
    /// Of a denial: whether the request, decided again with the remedies and reliefs, is allowed.
    #[n(13)]
    #[cbor(default, skip_if = "is_false")]
    pub checked: bool,
}

/// A statement that denied, and how little of it has to go.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Relief {
    /// Where it stands.
    #[n(0)]
    pub at: Deciding<'static>,
    /// The statement, as JSON.
    #[n(1)]
    pub statement: String,
    /// What to put in its place, as JSON; `None` is nothing.
    #[n(2)]
    pub replacement: Option<String>,
}

/// A condition key of a request and its values.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Key<'a> {
    /// The name, such as `iam:PassedToService`.
    #[n(0)]
    pub name: Text<'a>,
    /// The values; one unless the key is a list.
    #[n(1)]
    pub values: Cow<'a, [String]>,
    /// Whether the key is a list (`aws:TagKeys`), whatever the number of its values.
    #[n(2)]
    #[cbor(default, skip_if = "is_false")]
    pub many: bool,
}

/// Why a check was allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Reason<'a> {
    /// A statement allowed it.
    #[n(0)]
    Allow,
    /// The caller is the root user.
    #[n(1)]
    RootUser,
    /// The action needs no permission.
    #[n(2)]
    NoPermissionNeeded,
    /// A statement denied it.
    #[n(3)]
    ExplicitDeny,
    /// No statement of this layer allows it.
    #[n(4)]
    ImplicitDeny {
        /// The kind of policy, such as `identity-based policy`.
        #[n(0)]
        layer: Text<'a>,
    },
    /// It could not be decided (a policy that is missing, a role without a trust policy), so it was
    /// denied.
    #[n(5)]
    Undecidable,
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Deciding<'a> {
    /// The kind of policy, such as `identity-based policy`.
    #[n(0)]
    pub layer: Text<'a>,
    /// The policy's ARN, or the name of an inline one.
    #[n(1)]
    pub policy: Text<'a>,
    /// The statement's position, from 0.
    #[n(2)]
    pub statement: u32,
    /// Its `Sid`, if it has one.
    #[n(3)]
    pub sid: Option<Text<'a>>,
}

/// A statement that would allow a denied call.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Remedy {
    /// The kind of policy to add it to, such as `role trust policy`.
    #[n(0)]
    pub layer: String,
    /// The statement, as JSON.
    #[n(1)]
    pub statement: String,
}

/// The Allow that came closest to a denied request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Closest {
    /// Where it stands.
    #[n(0)]
    pub at: Deciding<'static>,
    /// The first part of it that did not fit.
    #[n(1)]
    pub failed: Failed,
    /// What else of it did not fit, in the order action, principal, resource, conditions.
    #[n(2)]
    #[cbor(default)]
    pub also: Vec<Failed>,
    /// The mistake behind it, if it looks like one that people make.
    #[n(3)]
    pub hint: Option<String>,
    /// The statement, as JSON.
    #[n(4)]
    #[cbor(default)]
    pub statement: String,
}

/// The part of a statement that did not fit a request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Failed {
    /// Its actions.
    #[n(0)]
    Action,
    /// Its resources.
    #[n(1)]
    Resource {
        /// `Resource` or `NotResource`.
        #[n(0)]
        element: String,
        /// The statement's patterns.
        #[n(1)]
        patterns: Vec<String>,
    },
    /// Its principals.
    #[n(2)]
    Principal,
    /// One of its conditions.
    #[n(3)]
    Condition {
        /// The operator, as written.
        #[n(0)]
        operator: String,
        /// The condition key, as written.
        #[n(1)]
        key: String,
        /// What the statement asks for.
        #[n(2)]
        wanted: Vec<String>,
        /// What the request had; `None` if the key was absent.
        #[n(3)]
        seen: Option<Vec<String>>,
    },
}

/// A policy that was looked at for a denied request.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Considered {
    /// The kind of policy.
    #[n(0)]
    pub layer: String,
    /// Its ARN, or the name of an inline one.
    #[n(1)]
    pub policy: String,
}

/// Calls whose records the disk did not take.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Lost {
    /// When the first of them was received.
    #[cbor(n(0), with = "codec::timestamp")]
    pub at: Timestamp,
    /// How many.
    #[n(1)]
    pub calls: u64,
    /// What the disk said.
    #[n(2)]
    pub why: String,
}

impl CallRecord<'_> {
    /// The decision that denied the call, if one did.
    pub fn denial(&self) -> Option<&Decided<'_>> {
        self.decisions.iter().find(|decided| !decided.allowed)
    }

    /// The error's code and message, if it ended with one.
    pub fn error(&self) -> Option<(&str, &str)> {
        match &self.outcome {
            Outcome::Ok => None,
            Outcome::Error { code, message } => Some((code, message)),
        }
    }

    /// Shortens every text to its bound.
    pub(crate) fn bound(&mut self) {
        let caller = &mut self.caller;
        let ids = [&mut caller.arn, &mut caller.principal_id];
        let names = [&mut caller.user_name, &mut caller.identity_provider];
        let names = names.into_iter().flatten();
        let request = [&mut self.request_id, &mut self.region];
        for text in request.into_iter().chain(ids).chain(names) {
            shorten_text(text, TEXT_MAX);
        }
        if let Some(agent) = &mut self.user_agent {
            shorten_text(agent, USER_AGENT_MAX);
        }
        if let Outcome::Error { message, .. } = &mut self.outcome {
            shorten_text(message, TEXT_MAX);
        }
        let parameters = self.parameters.as_ref();
        if parameters.is_some_and(|parameters| parameters.len() > PARAMETERS_MAX) {
            self.parameters = None;
            self.parameters_omitted = true;
        }
        for touched in &mut self.resources {
            shorten_text(&mut touched.arn, TEXT_MAX);
        }
        for key in &mut self.shared_keys {
            shorten_all(&mut key.values, TEXT_MAX);
        }
        for decided in self.decisions.iter_mut().chain(&mut self.further) {
            decided.bound();
        }
    }
}

impl<'a> Decided<'a> {
    /// May `action` be done on `resource`? Before that is decided: denied, for no reason yet.
    pub fn new(action: Text<'a>, resource: Text<'a>) -> Self {
        Self {
            action,
            resource,
            resource_account: None,
            keys: Vec::new(),
            allowed: false,
            reason: Reason::Undecidable,
            deciding: None,
            message: None,
            why: None,
            remedies: Vec::new(),
            closest: None,
            considered: Vec::new(),
            reliefs: Vec::new(),
            checked: false,
        }
    }

    /// Shortens every text to its bound.
    fn bound(&mut self) {
        shorten_text(&mut self.resource, TEXT_MAX);
        for text in [&mut self.message, &mut self.why].into_iter().flatten() {
            shorten_text(text, TEXT_MAX);
        }
        for key in &mut self.keys {
            shorten_all(&mut key.values, TEXT_MAX);
        }
        // A statement that is cut would be no statement.
        self.remedies
            .retain(|remedy| remedy.statement.len() <= TEXT_MAX);
        self.reliefs
            .retain(|relief| relief.statement.len() <= TEXT_MAX);
        if let Some(closest) = &mut self.closest
            && closest.statement.len() > TEXT_MAX
        {
            closest.statement.clear();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
