//! What is kept of one call.

use minicbor::{Decode, Encode};
use rolecall_base::Timestamp;
use serde::Serialize;

use crate::codec;
use crate::text::{PARAMETERS_MAX, TEXT_MAX, shorten};

/// The most bytes of a user agent (CloudTrail User Guide, "CloudTrail record contents": 1 KB).
pub const USER_AGENT_MAX: usize = 1_024;

/// One call, with the decisions that it took.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct CallRecord {
    /// When it was received.
    #[cbor(n(0), with = "codec::timestamp")]
    pub at: Timestamp,
    /// The id that the answer carried.
    #[n(1)]
    pub request_id: String,
    /// The account that the call was made in, 12 digits.
    #[n(2)]
    pub account: String,
    /// The region of the credential scope, such as `us-east-1`.
    #[n(3)]
    pub region: String,
    /// The service's name in events, such as `ecs.amazonaws.com`.
    #[n(4)]
    pub source: String,
    /// The operation, such as `RunTask`; empty for a byte stream without an operation.
    #[n(5)]
    pub operation: String,
    /// Whether CloudTrail calls it a management event or a data event.
    #[n(6)]
    pub kind: CallKind,
    /// Who called.
    #[n(7)]
    pub caller: Identity,
    /// The address that it came from; `None` for a call from inside.
    #[n(8)]
    pub source_ip: Option<String>,
    /// The client, at most 1 KB.
    #[n(9)]
    pub user_agent: Option<String>,
    /// Whether it came over TLS.
    #[n(10)]
    pub secure: bool,
    /// Whether it changes nothing.
    #[n(11)]
    pub read_only: bool,
    /// How it ended.
    #[n(12)]
    pub outcome: Outcome,
    /// The input as a JSON object, without secrets; `None` if the operation takes none, or if it
    /// was left out for its size.
    #[n(13)]
    pub parameters: Option<String>,
    /// Whether the parameters were left out for their size.
    #[n(14)]
    #[cbor(default)]
    pub parameters_omitted: bool,
    /// The resources that the call was authorized on, without `*`.
    #[n(15)]
    pub resources: Vec<Touched>,
    /// What was decided, in order; the last one is the denial if the call was denied.
    #[n(16)]
    pub decisions: Vec<Decided>,
    /// The condition keys that all decisions share, without [`REQUEST_KEYS`], as they are written:
    /// a reader finds them among the keys of each decision instead, and this empty.
    #[n(17)]
    #[cbor(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_keys: Vec<Key>,
    /// What would have been denied next: a call is denied for one thing at a time, as on AWS. At
    /// most [`FURTHER_MAX`].
    #[n(18)]
    #[cbor(default)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Decided>,
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
pub struct Identity {
    /// What kind of principal.
    #[n(0)]
    pub kind: IdentityKind,
    /// The ARN as `GetCallerIdentity` prints it.
    #[n(1)]
    pub arn: String,
    /// The unique id as `GetCallerIdentity` prints it: `AIDA…`, `AROA…:session`.
    #[n(2)]
    pub principal_id: String,
    /// The account that the caller belongs to.
    #[n(3)]
    pub account: String,
    /// The access key that signed; `None` for a call from inside.
    #[n(4)]
    pub access_key_id: Option<String>,
    /// The user's name, of users and of those whom an identity provider vouches for.
    #[n(5)]
    pub user_name: Option<String>,
    /// Of a session, the ARN of the role or user that it was made from.
    #[n(6)]
    pub issuer_arn: Option<String>,
    /// Of a session, the unique id of the role or user that it was made from.
    #[n(7)]
    pub issuer_id: Option<String>,
    /// The name of a role's or a federated user's session. Tasks' sessions have the task's id.
    #[n(8)]
    pub session_name: Option<String>,
    /// When the session was made.
    #[cbor(n(9), with = "codec::timestamp_opt", default)]
    pub session_issued: Option<Timestamp>,
    /// Whether multi-factor authentication was used.
    #[n(10)]
    #[cbor(default)]
    pub mfa: bool,
    /// The source identity, if the session carries one.
    #[n(11)]
    pub source_identity: Option<String>,
    /// The service that called on the principal's behalf, or that is the principal.
    #[n(12)]
    pub invoked_by: Option<String>,
    /// The services that the call came through, the first one first (`aws:CalledVia`).
    #[n(13)]
    #[cbor(default)]
    pub called_via: Vec<String>,
    /// The identity provider that vouches for the caller, who assumes a role: its ARN, or the name
    /// qualifier of a SAML provider.
    #[n(14)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<String>,
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
pub enum Outcome {
    /// It succeeded.
    #[n(0)]
    Ok,
    /// It was answered with an error.
    #[n(1)]
    Error {
        /// AWS's code, such as `AccessDenied`.
        #[n(0)]
        code: String,
        /// The message that the client saw.
        #[n(1)]
        message: String,
    },
}

/// A resource that a call was about.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Touched {
    /// Its ARN.
    #[n(0)]
    pub arn: String,
    /// The account that owns it.
    #[n(1)]
    pub account: String,
}

/// One decision: may the caller do this action on this resource?
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Decided {
    /// The action, such as `iam:PassRole`.
    #[n(0)]
    pub action: String,
    /// The concrete ARN, or `*` for an action without resource types.
    #[n(1)]
    pub resource: String,
    /// The account that owns the resource; `None` is the caller's.
    #[n(2)]
    pub resource_account: Option<String>,
    /// The condition keys of this check, and the global ones that the request set.
    #[n(3)]
    pub keys: Vec<Key>,
    /// Whether it was allowed.
    #[n(4)]
    pub allowed: bool,
    /// Why, as the order of evaluation found it.
    #[n(5)]
    pub reason: Reason,
    /// The statement that decided, if one did.
    #[n(6)]
    pub deciding: Option<Deciding>,
    /// Of a denial: the message that the client saw.
    #[n(7)]
    pub message: Option<String>,
    /// Of a denial: why, in words, with what AWS does not tell the caller.
    #[n(8)]
    pub why: Option<String>,
    /// Of a denial: the statements that together would allow it.
    #[n(9)]
    #[cbor(default)]
    pub remedies: Vec<Remedy>,
    /// Of a denial: the statement that came closest to allowing it.
    #[n(10)]
    pub closest: Option<Closest>,
    /// Of a denial: the policies that were looked at.
    #[n(11)]
    #[cbor(default)]
    pub considered: Vec<Considered>,
    /// Of an explicit denial: the statements that denied, each with what would let it pass.
    #[n(12)]
    #[cbor(default)]
    pub reliefs: Vec<Relief>,
    /// Of a denial: whether the request, decided again with the remedies and reliefs, is allowed.
    #[n(13)]
    #[cbor(default)]
    pub checked: bool,
}

/// A statement that denied, and how little of it has to go.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Relief {
    /// Where it stands.
    #[n(0)]
    pub at: Deciding,
    /// The statement, as JSON.
    #[n(1)]
    pub statement: String,
    /// What to put in its place, as JSON; `None` is nothing.
    #[n(2)]
    pub replacement: Option<String>,
}

/// A condition key of a request and its values.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Key {
    /// The name, such as `iam:PassedToService`.
    #[n(0)]
    pub name: String,
    /// The values; one unless the key is a list.
    #[n(1)]
    pub values: Vec<String>,
    /// Whether the key is a list (`aws:TagKeys`), whatever the number of its values.
    #[n(2)]
    #[cbor(default)]
    pub many: bool,
}

/// Why a check was allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Reason {
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
        layer: String,
    },
    /// It could not be decided (a policy that is missing, a role without a trust policy), so it was
    /// denied.
    #[n(5)]
    Undecidable,
}

/// A statement that decided.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Deciding {
    /// The kind of policy, such as `identity-based policy`.
    #[n(0)]
    pub layer: String,
    /// The policy's ARN, or the name of an inline one.
    #[n(1)]
    pub policy: String,
    /// The statement's position, from 0.
    #[n(2)]
    pub statement: u32,
    /// Its `Sid`, if it has one.
    #[n(3)]
    pub sid: Option<String>,
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
    pub at: Deciding,
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

impl CallRecord {
    /// The decision that denied the call, if one did.
    pub fn denial(&self) -> Option<&Decided> {
        self.decisions.iter().find(|decided| !decided.allowed)
    }

    /// The error's code and message, if it ended with one.
    pub fn error(&self) -> Option<(&str, &str)> {
        match &self.outcome {
            Outcome::Ok => None,
            Outcome::Error { code, message } => Some((code, message)),
        }
    }

    /// The same with the keys that all decisions share among the keys of each: those that are
    /// written and those that follow from the request.
    #[must_use]
    pub fn expanded(mut self) -> Self {
        if self.decisions.is_empty() {
            self.shared_keys.clear();
            return self;
        }
        let mut shared = request_keys(&self);
        shared.append(&mut self.shared_keys);
        for decided in self.decisions.iter_mut().chain(&mut self.further) {
            for key in &shared {
                let own = |own: &Key| own.name.eq_ignore_ascii_case(&key.name);
                if !decided.keys.iter().any(own) {
                    decided.keys.push(key.clone());
                }
            }
        }
        self
    }

    /// Shortens every text to its bound.
    pub fn bound(&mut self) {
        let caller = &mut self.caller;
        let ids = [&mut caller.arn, &mut caller.principal_id];
        let names = [&mut caller.user_name, &mut caller.identity_provider];
        let names = names.into_iter().flatten();
        let request = [&mut self.request_id, &mut self.region];
        for text in request.into_iter().chain(ids).chain(names) {
            shorten(text, TEXT_MAX);
        }
        if let Some(agent) = &mut self.user_agent {
            shorten(agent, USER_AGENT_MAX);
        }
        if let Outcome::Error { message, .. } = &mut self.outcome {
            shorten(message, TEXT_MAX);
        }
        if self
            .parameters
            .as_ref()
            .is_some_and(|p| p.len() > PARAMETERS_MAX)
        {
            self.parameters = None;
            self.parameters_omitted = true;
        }
        for touched in &mut self.resources {
            shorten(&mut touched.arn, TEXT_MAX);
        }
        for value in self.shared_keys.iter_mut().flat_map(|key| &mut key.values) {
            shorten(value, TEXT_MAX);
        }
        for decided in self.decisions.iter_mut().chain(&mut self.further) {
            decided.bound();
        }
    }
}

/// The condition keys that follow from what a record says of its request. They are not written.
pub const REQUEST_KEYS: [&str; 10] = [
    "aws:RequestedRegion",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:SecureTransport",
    "aws:ViaAWSService",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:SourceIp",
    "aws:UserAgent",
];

/// The keys named in [`REQUEST_KEYS`] as far as the request had them.
fn request_keys(call: &CallRecord) -> Vec<Key> {
    let via = &call.caller.called_via;
    let one = |value: String| Some((vec![value], false));
    let value = |name: &str| match name {
        "aws:RequestedRegion" => one(call.region.clone()),
        "aws:CurrentTime" => one(call.at.iso8601_seconds()),
        "aws:EpochTime" => one(call.at.epoch_seconds().to_string()),
        "aws:SecureTransport" => one(call.secure.to_string()),
        "aws:ViaAWSService" => one((!via.is_empty()).to_string()),
        "aws:CalledVia" => (!via.is_empty()).then(|| (via.clone(), true)),
        "aws:CalledViaFirst" => via.first().cloned().and_then(one),
        "aws:CalledViaLast" => via.last().cloned().and_then(one),
        "aws:SourceIp" => call.source_ip.clone().and_then(one),
        "aws:UserAgent" => call.user_agent.clone().and_then(one),
        _ => None,
    };
    let key = |name: &&str| {
        let (values, many) = value(name)?;
        Some(Key {
            name: (*name).to_owned(),
            values,
            many,
        })
    };
    REQUEST_KEYS.iter().filter_map(key).collect()
}

impl Decided {
    /// About how many bytes of memory its texts take.
    pub fn bytes(&self) -> usize {
        let keys = self.keys.iter().flat_map(|key| &key.values);
        let remedies = self.remedies.iter().map(|remedy| &remedy.statement);
        let reliefs = self.reliefs.iter();
        let reliefs = reliefs.flat_map(|r| r.replacement.iter().chain([&r.statement]));
        let closest = self.closest.iter().map(|closest| &closest.statement);
        let considered = self.considered.iter().map(|considered| &considered.policy);
        let texts = [&self.message, &self.why].into_iter().flatten();
        let texts = texts.chain([&self.resource]).chain(keys).chain(remedies);
        let texts = texts.chain(reliefs).chain(closest).chain(considered);
        texts.map(String::len).sum()
    }

    /// Shortens every text to its bound.
    pub fn bound(&mut self) {
        shorten(&mut self.resource, TEXT_MAX);
        for text in [&mut self.message, &mut self.why].into_iter().flatten() {
            shorten(text, TEXT_MAX);
        }
        for value in self.keys.iter_mut().flat_map(|key| &mut key.values) {
            shorten(value, TEXT_MAX);
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
