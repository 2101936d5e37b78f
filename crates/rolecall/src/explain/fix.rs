//! What to change, and where.

use rolecall_advise::Statement;
use rolecall_advise::render::{Format, statement};
use rolecall_policy::Layer;
use rolecall_record::{CallRecord, Decided, IdentityKind};
use serde::Serialize;
use serde_json::Value;

use super::report::{Place, holder, layer};

/// What to do with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Add it to the policy.
    Add,
    /// Put it in the place of another one.
    Replace,
    /// Take it out.
    Remove,
}

/// A change to a policy.
#[derive(Clone, Debug, Serialize)]
pub struct Fix {
    /// What to do.
    pub change: Change,
    /// The kind of policy.
    pub layer: String,
    /// Which policy, in words.
    pub place: String,
    /// The statement that is replaced or removed.
    pub at: Option<Place>,
    /// The statement to add or to put in place; the one to remove.
    pub statement: Value,
}

impl Fix {
    /// What to do, in words.
    pub fn in_words(&self) -> String {
        let number = self.at.as_ref().map_or(0, |at| at.statement);
        let mut text = match self.change {
            Change::Add => format!("add to {}", self.place),
            Change::Replace => format!("replace statement {number} of {} with", self.place),
            Change::Remove => format!("take statement {number} out of {}", self.place),
        };
        if self.place.contains("arn:aws:iam::aws:policy/") {
            text.push_str(" (AWS's policies cannot be changed: use a copy)");
        }
        text
    }

    /// The statement, written out.
    pub fn written(&self, format: Format) -> String {
        let text = self.statement.to_string();
        match Statement::read(&text) {
            Ok(read) => statement(format, layer(&self.layer), &read),
            Err(_) => text,
        }
    }
}

/// Everything that together lets a denied call pass.
pub(super) fn fixes(call: &CallRecord<'_>, decided: &Decided<'_>) -> Vec<Fix> {
    let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let reliefs = decided.reliefs.iter().map(|relief| {
        let place = place_of(
            call,
            decided,
            layer(&relief.at.layer),
            Some(&relief.at.policy),
        );
        Fix {
            change: if relief.replacement.is_some() {
                Change::Replace
            } else {
                Change::Remove
            },
            layer: relief.at.layer.to_string(),
            place,
            at: Some(Place::of(&relief.at)),
            statement: json(relief.replacement.as_ref().unwrap_or(&relief.statement)),
        }
    });
    let remedies = decided.remedies.iter().map(|remedy| Fix {
        change: Change::Add,
        layer: remedy.layer.clone(),
        place: place_of(call, decided, layer(&remedy.layer), None),
        at: None,
        statement: json(&remedy.statement),
    });
    reliefs.chain(remedies).collect()
}

/// A policy in words: the one of that name, or any that does.
fn place_of(
    call: &CallRecord<'_>,
    decided: &Decided<'_>,
    layer: Layer,
    named: Option<&str>,
) -> String {
    let holder = holder(&call.caller);
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let considered = |layer: Layer| {
        let name = layer.to_string();
        let mut all = decided.considered.iter().filter(|c| c.layer == name);
        all.next().map(|c| c.policy.clone())
    };
    match (layer, named) {
        (Layer::Identity, Some(policy)) => format!("the policy {policy} of the {holder}"),
        (Layer::Identity, None) => format!("a policy of the {holder}"),
        (Layer::Trust, _) => format!("the trust policy of the role {}", last(&decided.resource)),
        (Layer::Resource, _) => format!("the policy of {}", decided.resource),
        (Layer::Boundary, _) => match named.map(str::to_owned).or(considered(layer)) {
            Some(policy) => format!("{policy}, the permissions boundary of the {holder}"),
            None => format!("the permissions boundary of the {holder}"),
        },
        (Layer::Session, _) => {
            let operation = if call.caller.kind == IdentityKind::FederatedUser {
                "GetFederationToken"
            } else {
                "AssumeRole"
            };
            format!("the session policy that was passed to {operation}")
        }
        (Layer::ServiceControl | Layer::ResourceControl, Some(policy)) => {
            format!("the {layer} {policy}")
        }
        (Layer::ServiceControl | Layer::ResourceControl, None) => format!(
            "a {layer} at every level above the account {} that lacks it",
            call.caller.account
        ),
    }
}
