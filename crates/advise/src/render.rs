//! Policies and single statements as JSON, Terraform and CloudFormation.

mod terraform;
mod yaml;

use rolecall_policy::Layer;
use serde_json::{Value, json};

use crate::document::{PolicyDocument, Statement};
use crate::generate::{INLINE_ROLE_MAX, INLINE_USER_MAX};

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// AWS's own JSON.
    #[default]
    Json,
    /// Terraform's language, for the provider `hashicorp/aws`.
    Terraform,
    /// A CloudFormation template in YAML.
    CloudFormation,
}

/// Whom a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    /// A role, by name.
    Role(&'a str),
    /// A user, by name.
    User(&'a str),
}

impl<'a> Holder<'a> {
    const fn name(self) -> &'a str {
        match self {
            Self::Role(name) | Self::User(name) => name,
        }
    }

    /// How many characters that are not white space its inline policies may have together.
    const fn inline_max(self) -> usize {
        match self {
            Self::Role(_) => INLINE_ROLE_MAX,
            Self::User(_) => INLINE_USER_MAX,
        }
    }

    /// Whether the policies have to be managed ones.
    fn needs_managed(self, policies: &[PolicyDocument]) -> bool {
        match policies {
            [only] => only.len() > self.inline_max(),
            _ => true,
        }
    }
}

/// Policies for a user or role, ready to be put into place. One that fits is written inline, all
/// others as managed policies that are attached. JSON has nothing but the documents: one as an
/// object, several as a list.
pub fn policies(format: Format, holder: Holder<'_>, policies: &[PolicyDocument]) -> String {
    match format {
        Format::Json => {
            let all: Vec<Value> = policies.iter().map(PolicyDocument::json).collect();
            match all.as_slice() {
                [only] => ordered(only, 0),
                _ => ordered(&Value::Array(all), 0),
            }
        }
        Format::Terraform => terraform::policies(holder, policies),
        Format::CloudFormation => cloud_formation(holder, policies),
    }
}

/// One statement, to be added to a policy of a layer.
pub fn statement(format: Format, layer: Layer, statement: &Statement) -> String {
    match format {
        Format::Json => ordered(&statement.json(), 0),
        Format::Terraform => {
            let place = if layer == Layer::Trust {
                "# in the aws_iam_policy_document of the role's assume_role_policy\n"
            } else {
                "# in the aws_iam_policy_document of the policy\n"
            };
            format!("{place}{}", terraform::statement(statement, 0))
        }
        Format::CloudFormation => {
            let place = if layer == Layer::Trust {
                "# under AssumeRolePolicyDocument, Statement\n"
            } else {
                "# under PolicyDocument, Statement\n"
            };
            let list = Value::Array(vec![statement.json()]);
            format!("{place}{}", yaml::write(&list, 0))
        }
    }
}

fn cloud_formation(holder: Holder<'_>, policies: &[PolicyDocument]) -> String {
    let (several, managed) = (policies.len() > 1, holder.needs_managed(policies));
    let mut text = String::from("Resources:\n");
    for (i, policy) in policies.iter().enumerate() {
        let name = numbered(holder.name(), i, several);
        let mut properties = Vec::new();
        let kind = match (holder, managed) {
            (Holder::Role(role), true) => {
                properties.push(("ManagedPolicyName", json!(name)));
                properties.push(("Roles", json!([role])));
                "AWS::IAM::ManagedPolicy"
            }
            (Holder::User(user), true) => {
                properties.push(("ManagedPolicyName", json!(name)));
                properties.push(("Users", json!([user])));
                "AWS::IAM::ManagedPolicy"
            }
            (Holder::Role(role), false) => {
                properties.push(("RoleName", json!(role)));
                properties.push(("PolicyName", json!(name)));
                "AWS::IAM::RolePolicy"
            }
            (Holder::User(user), false) => {
                properties.push(("UserName", json!(user)));
                properties.push(("PolicyName", json!(name)));
                "AWS::IAM::UserPolicy"
            }
        };
        text.push_str(&format!(
            "  {}:\n    Type: {kind}\n    Properties:\n",
            logical_id(&name)
        ));
        for (key, value) in properties {
            text.push_str(&format!("      {key}:{}", yaml::member(&value, 8)));
        }
        text.push_str("      PolicyDocument:");
        text.push_str(&yaml::member(&policy.json(), 8));
    }
    text
}

/// Logical ids are letters and digits only (CloudFormation User Guide, "Resources section").
fn logical_id(name: &str) -> String {
    let mut id = String::new();
    let mut upper = true;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        } else {
            upper = true;
        }
    }
    format!("{id}Policy")
}

fn numbered(name: &str, i: usize, several: bool) -> String {
    if several {
        format!("{name}-{}", i + 1)
    } else {
        name.to_owned()
    }
}

/// A value on one line, elements in the order in which people write them.
///
/// ```
/// use rolecall_advise::render::compact;
///
/// let statement = serde_json::json!({"Action": "ecs:RunTask", "Effect": "Allow"});
/// assert_eq!(compact(&statement), r#"{"Effect":"Allow","Action":"ecs:RunTask"}"#);
/// ```
pub fn compact(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let all = members(object);
            let all = all
                .iter()
                .map(|(name, value)| format!("{}:{}", json!(name), compact(value)));
            format!("{{{}}}", all.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let all: Vec<String> = items.iter().map(compact).collect();
            format!("[{}]", all.join(","))
        }
        other => other.to_string(),
    }
}

/// The order in which people write the elements of a policy.
const ORDER: [&str; 10] = [
    "Version",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// The members of an object in [`ORDER`], others after them.
pub(crate) fn members(object: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut all: Vec<_> = object.iter().collect();
    all.sort_by_key(|(name, _)| {
        ORDER
            .iter()
            .position(|known| known == name)
            .unwrap_or(ORDER.len())
    });
    all
}

/// JSON with two spaces of indentation, members in [`ORDER`].
fn ordered(value: &Value, indent: usize) -> String {
    let inner = " ".repeat(indent + 2);
    let end = " ".repeat(indent);
    let join = |lines: Vec<String>, open: char, close: char| {
        format!("{open}\n{}\n{end}{close}", lines.join(",\n"))
    };
    match value {
        Value::Object(object) if !object.is_empty() => {
            let lines = members(object)
                .into_iter()
                .map(|(name, value)| {
                    format!("{inner}{}: {}", json!(name), ordered(value, indent + 2))
                })
                .collect();
            join(lines, '{', '}')
        }
        Value::Array(items) if !items.is_empty() => {
            let lines = items
                .iter()
                .map(|item| format!("{inner}{}", ordered(item, indent + 2)))
                .collect();
            join(lines, '[', ']')
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
