//! The record of what was asked, by whom, and how it ended.

use std::collections::VecDeque;

use parking_lot::Mutex;
use rolecall_identity::resolve::Unresolved;
use rolecall_policy::{Explanation, Layer};
use serde::Serialize;

use crate::access::AccessCheck;
use crate::request::RequestInfo;

/// How many refusals are kept.
const DENIALS_MAX: usize = 1000;

/// How many bytes of each text of a refusal are kept. A name in a request may be as long as its
/// body, and nobody without permission may fill the memory with it.
const TEXT_MAX: usize = 8_192;

/// One refusal, with what AWS does not tell the caller.
#[derive(Clone, Debug, Serialize)]
pub struct Denial {
    /// The id that the answer carried.
    pub request_id: String,
    /// When, in ISO 8601.
    pub at: String,
    /// The caller's ARN.
    pub caller: String,
    /// The action that was refused.
    pub action: String,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// The message that the client saw.
    pub message: String,
    /// Why, in words.
    pub why: String,
    /// Statements, each with the layer that lacks it, that together would allow the call.
    pub remedies: Vec<Remedy>,
}

/// A statement that would allow a refused call.
#[derive(Clone, Debug, Serialize)]
pub struct Remedy {
    /// The kind of policy to add it to.
    pub layer: String,
    /// The statement, as JSON.
    pub statement: String,
}

impl Denial {
    fn new(info: &RequestInfo, action: &str, resource: &str, message: String) -> Self {
        Self {
            request_id: info.request_id.clone(),
            at: info.now.iso8601_millis(),
            caller: info.caller.arn.clone(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            message,
            why: String::new(),
            remedies: Vec::new(),
        }
    }

    /// The same with no text longer than [`TEXT_MAX`]; a statement that is longer is left out.
    fn bounded(mut self) -> Self {
        for text in [
            &mut self.caller,
            &mut self.resource,
            &mut self.message,
            &mut self.why,
        ] {
            shorten(text);
        }
        self.remedies
            .retain(|remedy| remedy.statement.len() <= TEXT_MAX);
        self
    }

    /// An operation that declares no check.
    pub(crate) fn undeclared(info: &RequestInfo) -> Self {
        let message = format!(
            "User: {} is not authorized to perform this action",
            info.caller.arn
        );
        let mut denial = Self::new(info, "", "", message);
        "the operation declares no access check, so nobody may call it".clone_into(&mut denial.why);
        denial
    }

    /// A caller whose policies are not all there.
    pub(crate) fn unresolved(
        info: &RequestInfo,
        checks: &[AccessCheck],
        unresolved: &Unresolved,
    ) -> Self {
        let (action, resource) = checks
            .first()
            .map_or(("", "*"), |check| (check.action, check.resource.as_str()));
        let message = plain(info, action, resource);
        let mut denial = Self::new(info, action, resource, message);
        denial.why = format!("{unresolved}, so the caller is refused as a whole");
        denial
    }

    /// A role whose trust policy is not there or does not compile.
    pub(crate) fn untrusted(info: &RequestInfo, check: &AccessCheck) -> Self {
        let message = plain(info, check.action, &check.resource);
        let mut denial = Self::new(info, check.action, &check.resource, message);
        "the role does not exist, or its trust policy does not compile".clone_into(&mut denial.why);
        denial
    }

    /// A check that the policies do not allow.
    pub(crate) fn decided(
        info: &RequestInfo,
        check: &AccessCheck,
        message: String,
        explanation: &Explanation<'_>,
    ) -> Self {
        let mut denial = Self::new(info, check.action, &check.resource, message);
        denial.why = explanation.summary.clone();
        denial.remedies = explanation
            .suggestions
            .iter()
            .map(|s| Remedy {
                layer: layer_name(s.layer),
                statement: s.statement.clone(),
            })
            .collect();
        denial
    }
}

/// Shortens a text to [`TEXT_MAX`] bytes, or a few less, so that no character is cut.
fn shorten(text: &mut String) {
    if text.len() > TEXT_MAX {
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        text.shrink_to_fit();
    }
}

fn plain(info: &RequestInfo, action: &str, resource: &str) -> String {
    format!(
        "User: {} is not authorized to perform: {action} on resource: {resource}",
        info.caller.arn
    )
}

fn layer_name(layer: Layer) -> String {
    layer.to_string()
}

/// The refusals of late, newest last.
#[derive(Default)]
pub struct Audit {
    denials: Mutex<VecDeque<Denial>>,
}

impl Audit {
    /// Keeps a refusal and says it in the log.
    pub(crate) fn denied(&self, denial: Denial) {
        let denial = denial.bounded();
        tracing::warn!(
            request_id = denial.request_id,
            caller = denial.caller,
            action = denial.action,
            resource = denial.resource,
            why = denial.why,
            remedy = denial.remedies.first().map_or("", |r| r.statement.as_str()),
            "denied"
        );
        let mut denials = self.denials.lock();
        if denials.len() >= DENIALS_MAX {
            denials.pop_front();
        }
        denials.push_back(denial);
    }

    /// The refusals of late, newest last.
    pub fn denials(&self) -> Vec<Denial> {
        self.denials.lock().iter().cloned().collect()
    }

    /// The newest refusal whose message stands in `text`, such as a task's `stoppedReason`.
    pub fn behind(&self, text: &str) -> Option<Denial> {
        self.denials
            .lock()
            .iter()
            .rev()
            .find(|d| text.contains(&d.message))
            .cloned()
    }
}
