//! The refusals of late, in memory: what the log and the parts of this process show of them. The
//! whole record, which survives a restart, is `rolecall-record`.

use std::collections::VecDeque;

use parking_lot::Mutex;
use rolecall_record::{Decided, TEXT_MAX, shorten};
use serde::Serialize;

use crate::request::RequestInfo;

/// How many refusals are kept.
const DENIALS_MAX: usize = 1000;

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
    /// What the decision that refused a request says.
    pub(crate) fn of(info: &RequestInfo, decided: &Decided<'_>) -> Self {
        let remedy = |remedy: &rolecall_record::Remedy| Remedy {
            layer: remedy.layer.clone(),
            statement: remedy.statement.clone(),
        };
        Self {
            request_id: info.request_id.clone(),
            at: info.now.iso8601_millis(),
            caller: info.caller.arn.clone(),
            action: decided.action.to_string(),
            resource: decided.resource.to_string(),
            message: decided.message.as_deref().unwrap_or_default().to_owned(),
            why: decided.why.as_deref().unwrap_or_default().to_owned(),
            remedies: decided.remedies.iter().map(remedy).collect(),
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
            shorten(text, TEXT_MAX);
        }
        self.remedies
            .retain(|remedy| remedy.statement.len() <= TEXT_MAX);
        self
    }
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
