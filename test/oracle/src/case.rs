//! Reading cases and policies, straight from JSON.

use serde_json::Value;

use crate::cast::{self, Caller};
use crate::values::moment_text;

/// A string, or an array of strings, as strings; what is no string is left out.
pub fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The value of a condition in a policy: strings, numbers and Booleans, alone or in an array.
pub fn scalars(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(scalars).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// One thing, or an array of things.
pub fn items(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
    }
}

/// What is asked, by whom.
pub struct Question<'c> {
    /// Who asks.
    pub caller: &'static Caller,
    /// Such as `ecs:RunTask`.
    pub action: &'c str,
    /// An ARN, or `*`.
    pub resource: &'c str,
    /// The resource's owner; none means the caller's account.
    pub resource_account: Option<&'c str>,
    context: Vec<(&'c str, Vec<String>)>,
}

impl<'c> Question<'c> {
    /// Reads the question of a case; `None` if a needed member is missing.
    pub fn read(case: &'c Value) -> Option<Self> {
        let member = |name| case.get(name).and_then(Value::as_str);
        let caller = cast::find(member("principal")?)?;
        let keys = case.get("context").and_then(Value::as_object);
        let pairs = keys.into_iter().flatten();
        Some(Self {
            caller,
            action: member("action")?,
            resource: member("resource")?,
            resource_account: member("resource_account"),
            context: pairs.map(|(k, v)| (k.as_str(), texts(v))).collect(),
        })
    }

    /// The account of the resource; empty for callers without an account and no other owner.
    pub fn owner(&self) -> &str {
        self.resource_account.unwrap_or(self.caller.account)
    }

    /// The texts of a condition key, whatever the case of its letters; none if it is absent.
    pub fn values(&self, key: &str) -> Vec<String> {
        if let Some(known) = self.of_the_caller(&key.to_ascii_lowercase()) {
            return known.into_iter().collect();
        }
        let mut found = self.context.iter();
        let entry = found.find(|(name, _)| name.eq_ignore_ascii_case(key));
        entry.map(|(_, texts)| texts.clone()).unwrap_or_default()
    }

    /// What a variable stands for: the value of a key that has exactly one.
    pub fn single(&self, key: &str) -> Option<String> {
        match self.values(key).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// Keys that follow from the caller and the resource (IAM User Guide, "AWS global condition
    /// context keys" and the table of principal keys in "Policy variables"). The outer option
    /// says whether it is such a key.
    fn of_the_caller(&self, key: &str) -> Option<Option<String>> {
        let caller = self.caller;
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(match key {
            "aws:principalarn" => filled(match caller.kind {
                "role" => caller.issuer,
                "provider" | "service" => "",
                _ => caller.arn,
            }),
            "aws:principalaccount" => filled(caller.account),
            "aws:principaltype" => filled(match caller.kind {
                "root" => "Account",
                "user" => "User",
                "role" => "AssumedRole",
                "federated" => "FederatedUser",
                "anonymous" => "Anonymous",
                _ => "",
            }),
            "aws:userid" => filled(&match caller.kind {
                "role" => format!("{}:{}", caller.id, caller.session),
                "federated" => format!("{}:{}", caller.account, caller.session),
                "anonymous" => "anonymous".to_owned(),
                _ => caller.id.to_owned(),
            }),
            "aws:username" => match caller.kind {
                "user" => caller.arn.rsplit('/').next().and_then(filled),
                _ => None,
            },
            "aws:principalisawsservice" => Some((caller.kind == "service").to_string()),
            "aws:principalservicename" => match caller.kind {
                "service" => filled(caller.arn),
                _ => None,
            },
            "aws:resourceaccount" => filled(self.owner()),
            _ => return None,
        })
    }
}

/// The texts of a context value: strings, numbers, Booleans, lists, `{"epoch": seconds}` and
/// `{"ip": "address"}`.
fn texts(value: &Value) -> Vec<String> {
    if let Some(seconds) = value.get("epoch").and_then(Value::as_i64) {
        return vec![moment_text(seconds)];
    }
    if let Some(address) = value.get("ip").and_then(Value::as_str) {
        return vec![address.to_owned()];
    }
    scalars(value)
}
