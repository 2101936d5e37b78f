//! The text of a repository policy: what ECR refuses beyond the grammar, and how it prints it.

use serde_json::{Map, Value};

/// The policy as ECR prints it: elements in their usual order, indented, `"key" : value`, a list on
/// its line; a document without a `Version` is of 2008-10-17.
///
/// `None` for what ECR does not take: a `Resource` element, an action of another service, or what
/// is no policy at all.
pub(super) fn normalise(text: &str) -> Option<String> {
    let Value::Object(mut document) = serde_json::from_str(text).ok()? else {
        return None;
    };
    let statements = match document.remove("Statement")? {
        Value::Array(statements) => statements,
        single @ Value::Object(_) => vec![single],
        _ => return None,
    };
    let mut ordered = Vec::new();
    for statement in statements {
        let Value::Object(statement) = statement else {
            return None;
        };
        if !is_about_a_repository(&statement) {
            return None;
        }
        ordered.push(Node::Object(in_order(statement, &STATEMENT)));
    }
    let version = document
        .remove("Version")
        .unwrap_or_else(|| "2008-10-17".into());
    let mut elements = vec![("Version".to_owned(), Node::Value(version))];
    elements.extend(
        document
            .remove("Id")
            .map(|id| ("Id".to_owned(), Node::Value(id))),
    );
    elements.push(("Statement".to_owned(), Node::List(ordered)));
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    Node::Object(elements).print(0, &mut out);
    Some(out)
}

const STATEMENT: [&str; 7] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Condition",
];

fn is_about_a_repository(statement: &Map<String, Value>) -> bool {
    if !statement
        .keys()
        .all(|key| STATEMENT.contains(&key.as_str()))
    {
        return false;
    }
    let ours = |action: &Value| {
        action.as_str().is_some_and(|action| {
            action == "*"
                || action
                    .get(..4)
                    .is_some_and(|v| v.eq_ignore_ascii_case("ecr:"))
        })
    };
    let actions = statement
        .get("Action")
        .or_else(|| statement.get("NotAction"));
    match actions {
        Some(Value::Array(actions)) => actions.iter().all(ours),
        Some(single) => ours(single),
        None => false,
    }
}

fn in_order(mut members: Map<String, Value>, order: &[&str]) -> Vec<(String, Node)> {
    let known = order.iter().filter_map(|name| members.remove_entry(*name));
    known
        .map(|(name, value)| (name, Node::Value(value)))
        .collect()
}

/// JSON whose objects keep the order given.
enum Node {
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
    Value(Value),
}

impl Node {
    fn print(&self, depth: usize, out: &mut String) {
        match self {
            Self::Object(members) => {
                let members: Vec<(&str, &Node)> = members
                    .iter()
                    .map(|(name, node)| (name.as_str(), node))
                    .collect();
                print_object(&members, depth, out);
            }
            Self::List(items) => print_list(items, depth, out),
            Self::Value(Value::Object(members)) => {
                let nodes: Vec<(&str, Node)> = members
                    .iter()
                    .map(|(name, value)| (name.as_str(), Self::Value(value.clone())))
                    .collect();
                let members: Vec<(&str, &Node)> =
                    nodes.iter().map(|(name, node)| (*name, node)).collect();
                print_object(&members, depth, out);
            }
            Self::Value(Value::Array(items)) => {
                let items: Vec<Node> = items.iter().cloned().map(Self::Value).collect();
                print_list(&items, depth, out);
            }
            Self::Value(scalar) => out.push_str(&scalar.to_string()),
        }
    }
}

fn print_object(members: &[(&str, &Node)], depth: usize, out: &mut String) {
    if members.is_empty() {
        out.push_str("{ }");
        return;
    }
    out.push('{');
    for (n, (name, node)) in members.iter().enumerate() {
        out.push_str(if n == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        out.push_str(&Value::from(*name).to_string());
        out.push_str(" : ");
        node.print(depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push('}');
}

fn print_list(items: &[Node], depth: usize, out: &mut String) {
    out.push_str("[ ");
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push_str(", ");
        }
        item.print(depth, out);
    }
    out.push_str(if items.is_empty() { "]" } else { " ]" });
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn a_policy_is_printed_as_the_api_reference_shows_it() {
        let text = r#"{"Statement":[{"Action":["ecr:GetDownloadUrlForLayer","ecr:BatchGetImage"],
            "Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/app"},
            "Sid":"AllowPull"}],"Version":"2012-10-17"}"#;
        let shown = r#"{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Sid" : "AllowPull",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::123456789012:role/app"
    },
    "Action" : [ "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage" ]
  } ]
}"#;
        assert_eq!(normalise(text).unwrap(), shown);
        assert_eq!(normalise(shown).unwrap(), shown);
    }

    #[test]
    fn resources_and_the_actions_of_other_services_are_refused() {
        let statement =
            |more: &str| format!(r#"{{"Statement":{{"Effect":"Allow","Principal":"*"{more}}}}}"#);
        assert!(normalise(&statement(r#","Action":"ecr:*""#)).is_some());
        assert!(normalise(&statement(r#","Action":"*""#)).is_some());
        for more in [
            r#","Action":"ecr:*","Resource":"*""#,
            r#","Action":"ecr:*","NotResource":"*""#,
            r#","Action":"s3:GetObject""#,
            r#","Action":["ecr:*","s3:*"]"#,
            "",
        ] {
            assert_eq!(normalise(&statement(more)), None, "{more}");
        }
        for text in ["", "[]", "{}", r#"{"Statement":"x"}"#] {
            assert_eq!(normalise(text), None, "{text}");
        }
    }
}
