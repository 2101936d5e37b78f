//! Writes the typed structs and operation markers of the built operations.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use super::model::{Model, Value, flag, has, text};
use super::names::{field_name, type_name};
use super::services::{Built, Wanted};

/// Names that a generated type must not shadow.
const TAKEN: &[&str] = &[
    "BTreeMap",
    "Blob",
    "Box",
    "Default",
    "Document",
    "Empty",
    "Err",
    "Fields",
    "None",
    "Ok",
    "Option",
    "Result",
    "Some",
    "String",
    "Timestamp",
    "Vec",
];

/// The structs and markers of `wanted`, as Rust source.
///
/// # Errors
/// If the model names a shape that it lacks, or two names fall together in Rust.
pub(crate) fn write(model: &Model, wanted: &Wanted) -> Result<String> {
    let built = built_operations(model, wanted)?;
    if built.is_empty() {
        return Ok(String::new());
    }
    let mut reachable = BTreeSet::new();
    for name in &built {
        for end in ["input", "output"] {
            if let Some(shape) = end_shape(model, name, end) {
                reach(model, shape, &mut reachable)?;
            }
        }
    }
    let mut out = String::new();
    let mut rows = String::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for name in &built {
        seen.insert(type_name(name), format!("operation {name}"));
    }
    for (index, (name, shape)) in model.shapes.iter().enumerate() {
        if !reachable.contains(name.as_str()) || text(shape, "type") != Some("structure") {
            continue;
        }
        if is_document(shape) {
            continue;
        }
        let rust = type_name(name);
        if TAKEN.contains(&rust.as_str()) {
            bail!("shape {name} would shadow {rust}");
        }
        if let Some(other) = seen.insert(rust.clone(), name.clone()) {
            bail!("{name} and {other} are both {rust}");
        }
        structure(model, name, shape, &mut out)?;
        rows.push_str(&row(index, &rust, shape)?);
    }
    out.push_str(&format!("crate::typed::shaped! {{\n{rows}}}\n\n"));
    out.push_str(&markers(model, &built));
    let mut uses = String::new();
    if out.contains("BTreeMap<") {
        uses.push_str("use std::collections::BTreeMap;\n\n");
    }
    let empty = out.contains(" Empty").then_some("crate::typed::Empty");
    let values: Vec<&str> = ["Blob", "Document"]
        .into_iter()
        .filter(|t| out.contains(&format!("<{t}>")))
        .collect();
    if out.contains("<Timestamp>") {
        uses.push_str("use crate::Timestamp;\n");
    }
    if let Some(empty) = empty {
        uses.push_str(&format!("use {empty};\n"));
    }
    if !values.is_empty() {
        uses.push_str(&format!("use crate::value::{{{}}};\n", values.join(", ")));
    }
    Ok(format!("{uses}\n{out}"))
}

fn row(index: usize, rust: &str, shape: &Value) -> Result<String> {
    let fields: Vec<String> = members(shape)
        .map(|(m, _)| field_name(m))
        .collect::<Result<_>>()?;
    Ok(format!("    {rust} {index} [{}]\n", fields.join(", ")))
}

/// The operations of `wanted` that get types, sorted.
fn built_operations(model: &Model, wanted: &Wanted) -> Result<Vec<String>> {
    let mut names: Vec<String> = match wanted.built {
        Built::All => model.operations.keys().cloned().collect(),
        Built::These(list) => list.split_whitespace().map(str::to_owned).collect(),
    };
    names.sort();
    for name in &names {
        if !model.operations.contains_key(name) {
            bail!("the model has no operation {name}");
        }
    }
    Ok(names)
}

fn end_shape<'a>(model: &'a Model, operation: &str, end: &str) -> Option<&'a str> {
    text(model.operations.get(operation)?.get(end)?, "shape")
}

fn members(shape: &Value) -> impl Iterator<Item = (&String, &Value)> {
    shape
        .get("members")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|m| m.iter())
}

/// Whether a structure stands for data without a model.
pub(crate) fn is_document(shape: &Value) -> bool {
    flag(shape, "document")
}

fn reach<'a>(model: &'a Model, name: &'a str, seen: &mut BTreeSet<&'a str>) -> Result<()> {
    if !seen.insert(name) {
        return Ok(());
    }
    let shape = model
        .shapes
        .get(name)
        .with_context(|| format!("no shape {name}"))?;
    for (_, member) in members(shape) {
        reach(
            model,
            text(member, "shape").context("a member without shape")?,
            seen,
        )?;
    }
    for part in ["member", "key", "value"] {
        if let Some(target) = shape.get(part).and_then(|m| text(m, "shape")) {
            reach(model, target, seen)?;
        }
    }
    Ok(())
}

fn structure(model: &Model, name: &str, shape: &Value, out: &mut String) -> Result<()> {
    out.push_str("#[derive(Clone, Default, PartialEq)]\n");
    out.push_str(&format!("pub struct {} {{\n", type_name(name)));
    for (member, reference) in members(shape) {
        let target = text(reference, "shape").context("a member without shape")?;
        let mut rust = rust_type(model, target)?;
        if holds(model, target, name, &mut BTreeSet::new()) {
            rust = format!("Box<{rust}>");
        }
        out.push_str(&format!(
            "    pub {}: Option<{rust}>,\n",
            field_name(member)?
        ));
    }
    out.push_str("}\n\n");
    Ok(())
}

/// Whether a value of structure `from` holds one of structure `wanted` inline.
fn holds<'a>(model: &'a Model, from: &'a str, wanted: &str, seen: &mut BTreeSet<&'a str>) -> bool {
    if from == wanted {
        return true;
    }
    let Some(shape) = model.shapes.get(from) else {
        return false;
    };
    if text(shape, "type") != Some("structure") || !seen.insert(from) {
        return false;
    }
    members(shape)
        .filter_map(|(_, m)| text(m, "shape"))
        .any(|target| holds(model, target, wanted, seen))
}

fn rust_type(model: &Model, name: &str) -> Result<String> {
    let shape = model
        .shapes
        .get(name)
        .with_context(|| format!("no shape {name}"))?;
    let part = |key: &str| -> Result<String> {
        let target = shape.get(key).and_then(|m| text(m, "shape"));
        rust_type(
            model,
            target.with_context(|| format!("{name} has no {key}"))?,
        )
    };
    Ok(match text(shape, "type").unwrap_or_default() {
        "structure" if is_document(shape) => "Document".to_owned(),
        "structure" => type_name(name),
        "list" => format!("Vec<{}>", part("member")?),
        "map" => format!("BTreeMap<String, {}>", part("value")?),
        "string" | "character" => "String".to_owned(),
        "integer" => "i32".to_owned(),
        "long" => "i64".to_owned(),
        "float" => "f32".to_owned(),
        "double" => "f64".to_owned(),
        "boolean" => "bool".to_owned(),
        "blob" => "Blob".to_owned(),
        "timestamp" => "Timestamp".to_owned(),
        other => bail!("{name} is of the unknown type {other:?}"),
    })
}

fn markers(model: &Model, built: &[String]) -> String {
    let mut names: Vec<&String> = model.operations.keys().collect();
    names.sort();
    let mut out = String::from("crate::typed::operations! {\n");
    for (index, name) in names.iter().enumerate() {
        if !built.contains(name) {
            continue;
        }
        let end = |which| {
            end_shape(model, name, which)
                .filter(|s| model.shapes.get(s).is_some_and(|s| !has(s, "streaming")))
                .map_or_else(|| "Empty".to_owned(), type_name)
        };
        out.push_str(&format!(
            "    {name} {index} {} {}\n",
            end("input"),
            end("output")
        ));
    }
    out.push_str("}\n\n");
    out
}
