//! Terraform's language, laid out as `terraform fmt` does.

use super::{Holder, numbered};
use crate::document::{PolicyDocument, Statement};

/// The policies with the documents that they are made of.
pub(super) fn policies(holder: Holder<'_>, policies: &[PolicyDocument]) -> String {
    let (several, managed) = (policies.len() > 1, holder.needs_managed(policies));
    let blocks = policies.iter().enumerate().map(|(i, policy)| {
        let name = numbered(holder.name(), i, several);
        let id = identifier(&name);
        format!(
            "{}\n{}",
            document(&id, policy),
            resource(holder, &id, &name, managed)
        )
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn document(id: &str, policy: &PolicyDocument) -> String {
    let statements: Vec<String> = policy.statements.iter().map(|s| statement(s, 2)).collect();
    format!(
        "data \"aws_iam_policy_document\" \"{id}\" {{\n{}}}\n",
        statements.join("\n")
    )
}

fn resource(holder: Holder<'_>, id: &str, name: &str, managed: bool) -> String {
    let name = quoted(name);
    let (kind, of, whose) = match holder {
        Holder::Role(role) => ("role", "role  ", role),
        Holder::User(user) => ("user", "user  ", user),
    };
    let whose = quoted(whose);
    let document = format!("data.aws_iam_policy_document.{id}.json");
    if managed {
        format!(
            "resource \"aws_iam_policy\" \"{id}\" {{\n  name   = {name}\n  policy = {document}\n}}\n\n\
             resource \"aws_iam_{kind}_policy_attachment\" \"{id}\" {{\n  {kind}       = {whose}\n  \
             policy_arn = aws_iam_policy.{id}.arn\n}}\n"
        )
    } else {
        format!(
            "resource \"aws_iam_{kind}_policy\" \"{id}\" {{\n  name   = {name}\n  {of} = {whose}\n  \
             policy = {document}\n}}\n"
        )
    }
}

/// A `statement` block, `indent` spaces in.
pub(super) fn statement(statement: &Statement, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut single: Vec<(&str, String)> = Vec::new();
    if let Some(sid) = &statement.sid {
        single.push(("sid", quoted(sid)));
    }
    let effect = if statement.denies { "Deny" } else { "Allow" };
    single.push(("effect", quoted(effect)));
    let named = |negated: bool, plain: &'static str, not: &'static str| match negated {
        true => not,
        false => plain,
    };
    let mut lists = vec![(
        named(statement.action.negated, "actions", "not_actions"),
        statement.action.values.as_slice(),
    )];
    if let Some(resource) = &statement.resource {
        let name = named(resource.negated, "resources", "not_resources");
        lists.push((name, resource.values.as_slice()));
    }
    // A list of one stands on its line, aligned with its neighbours; a longer one in lines of its
    // own.
    let mut text = format!("{pad}statement {{\n");
    for (name, values) in &lists {
        if let [only] = values {
            single.push((name, format!("[{}]", quoted(only))));
        }
    }
    text.push_str(&aligned(&single, indent + 2));
    for (name, values) in lists.iter().filter(|(_, values)| values.len() != 1) {
        text.push_str(&format!("\n{pad}  {name} = [\n"));
        for value in *values {
            text.push_str(&format!("{pad}    {},\n", quoted(value)));
        }
        text.push_str(&format!("{pad}  ]\n"));
    }
    if let Some((negated, entries)) = &statement.principals {
        let name = named(*negated, "principals", "not_principals");
        let mut kinds: Vec<&str> = entries.iter().map(|(kind, _)| kind.as_str()).collect();
        kinds.dedup();
        for kind in kinds {
            let of_kind = entries.iter().filter(|(k, _)| k == kind);
            let values: Vec<String> = of_kind.map(|(_, name)| quoted(name)).collect();
            let lines = [
                ("type", quoted(kind)),
                ("identifiers", format!("[{}]", values.join(", "))),
            ];
            text.push_str(&block(name, &lines, indent + 2));
        }
    }
    for (operator, key, values) in &statement.conditions {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let lines = [
            ("test", quoted(operator)),
            ("variable", quoted(key)),
            ("values", format!("[{}]", values.join(", "))),
        ];
        text.push_str(&block("condition", &lines, indent + 2));
    }
    text.push_str(&format!("{pad}}}\n"));
    text
}

fn block(name: &str, lines: &[(&str, String)], indent: usize) -> String {
    let pad = " ".repeat(indent);
    format!("\n{pad}{name} {{\n{}{pad}}}\n", aligned(lines, indent + 2))
}

fn aligned(lines: &[(&str, String)], indent: usize) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let pad = " ".repeat(indent);
    lines
        .iter()
        .map(|(name, value)| format!("{pad}{name:width$} = {value}\n"))
        .collect()
}

/// A string; `${` and `%{` of the value are not Terraform's.
fn quoted(text: &str) -> String {
    let escaped = text.replace("${", "$${").replace("%{", "%%{");
    serde_json::Value::String(escaped).to_string()
}

/// Names of blocks are letters, digits, underscores and hyphens, and begin with a letter.
fn identifier(name: &str) -> String {
    let id: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        id
    } else {
        format!("_{id}")
    }
}
