//! What is not written, since it follows from what is: a reader adds it.

use rolecall_base::Timestamp;

use super::{CallRecord, Key, Touched};

impl CallRecord<'_> {
    /// The same with what is not written but follows from what is: the resources, and the keys that
    /// all decisions share among the keys of each.
    #[must_use]
    pub fn expanded(mut self) -> Self {
        if self.resources.is_empty() {
            self.resources = touched(&self);
        }
        if self.decisions.is_empty() {
            self.shared_keys.clear();
            return self;
        }
        let mut shared = request_keys(&self);
        shared.append(&mut self.shared_keys);
        for decided in self.decisions.iter_mut().chain(&mut self.further) {
            for key in &shared {
                let own = |own: &Key<'_>| own.name.eq_ignore_ascii_case(&key.name);
                if !decided.keys.iter().any(own) {
                    decided.keys.push(key.clone());
                }
            }
        }
        self
    }
}

/// The resources of the decisions, each once.
fn touched<'a>(call: &CallRecord<'a>) -> Vec<Touched<'a>> {
    let mut all: Vec<Touched<'a>> = Vec::new();
    for decided in &call.decisions {
        let known = all.iter().any(|touched| touched.arn == decided.resource);
        if decided.resource == "*" || decided.resource.is_empty() || known {
            continue;
        }
        let own = || call.caller.account.clone();
        all.push(Touched {
            arn: decided.resource.clone(),
            account: decided.resource_account.clone().unwrap_or_else(own),
        });
    }
    all
}

/// The condition keys that follow from what a record says of its request and of the caller's
/// session. They are not written.
pub const REQUEST_KEYS: [&str; 14] = [
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
    "aws:TokenIssueTime",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:SourceIdentity",
];

/// The keys named in [`REQUEST_KEYS`] as far as the request had them.
fn request_keys<'a>(call: &CallRecord<'a>) -> Vec<Key<'a>> {
    let via = &call.caller.called_via;
    let issued = call.caller.session_issued;
    let age = |issued: Timestamp| call.at.since(issued).as_secs().to_string();
    let value = |name: &str| match name {
        "aws:RequestedRegion" => Some(call.region.to_string()),
        "aws:CurrentTime" => Some(call.at.iso8601_seconds()),
        "aws:EpochTime" => Some(call.at.epoch_seconds().to_string()),
        "aws:SecureTransport" => Some(call.secure.to_string()),
        "aws:ViaAWSService" => Some((!via.is_empty()).to_string()),
        "aws:CalledViaFirst" => via.first().cloned(),
        "aws:CalledViaLast" => via.last().cloned(),
        "aws:SourceIp" => call.source_ip.as_ref().map(ToString::to_string),
        "aws:UserAgent" => call.user_agent.as_ref().map(ToString::to_string),
        "aws:TokenIssueTime" => issued.map(Timestamp::iso8601_seconds),
        "aws:MultiFactorAuthPresent" => issued.map(|_| call.caller.mfa.to_string()),
        "aws:MultiFactorAuthAge" => issued.filter(|_| call.caller.mfa).map(age),
        // Whoever assumes a role with a token sets the identity, and has none yet.
        "aws:SourceIdentity" => issued
            .and(call.caller.source_identity.as_ref())
            .map(ToString::to_string),
        _ => None,
    };
    let key = |name: &'static str| {
        let many = name == "aws:CalledVia";
        let values = match many {
            true => via.to_vec(),
            false => vec![value(name)?],
        };
        (!values.is_empty()).then(|| Key {
            name: name.into(),
            values: values.into(),
            many,
        })
    };
    REQUEST_KEYS.into_iter().filter_map(key).collect()
}
