//! As much YAML as policies need. Strings are quoted as in JSON, which YAML reads the same.

use serde_json::Value;

use super::members;

/// A value that begins a line, `indent` spaces in.
pub(super) fn write(value: &Value, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(object) if !object.is_empty() => members(object)
            .into_iter()
            .map(|(name, value)| format!("{pad}{}:{}", key(name), member(value, indent + 2)))
            .collect(),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| {
                let text = write(item, indent + 2);
                format!("{pad}- {}", text.trim_start())
            })
            .collect(),
        other => format!("{pad}{other}\n"),
    }
}

/// A value after the colon of its member's name; what it holds stands `indent` spaces in.
pub(super) fn member(value: &Value, indent: usize) -> String {
    match value {
        Value::Object(object) if !object.is_empty() => format!("\n{}", write(value, indent)),
        Value::Array(items) if !items.is_empty() => format!("\n{}", write(value, indent)),
        other => format!(" {other}\n"),
    }
}

/// A name that is a plain word needs no quotes.
fn key(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        name.to_owned()
    } else {
        Value::String(name.to_owned()).to_string()
    }
}
