//! Inputs of operations written as JSON with the API's member names.

use rolecall_api::shape::{Kind, Service, ShapeId};
use rolecall_api::value::Value;
use rolecall_base::Timestamp;
use serde_json::Value as Json;

/// The value of shape `id` that `json` writes down.
///
/// # Errors
/// What does not fit the shape, in words. Blobs and documents are not taken.
pub fn from_json(service: &'static Service, id: ShapeId, json: &Json) -> Result<Value, String> {
    let shape = service.shape(id);
    match (&shape.kind, json) {
        (Kind::Structure(structure), Json::Object(given)) => {
            let mut members = vec![Value::Null; structure.members.len()];
            for (name, json) in given {
                let at = structure.index_of(name);
                let at = at.ok_or_else(|| format!("{} has no member {name}", shape.name))?;
                if let (Some(to), Some(member)) = (members.get_mut(at), structure.members.get(at)) {
                    *to = from_json(service, member.shape, json)?;
                }
            }
            Ok(Value::Struct(members))
        }
        (Kind::List { member, .. }, Json::Array(items)) => {
            let items = items.iter().map(|item| from_json(service, *member, item));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        (Kind::Map { value, .. }, Json::Object(given)) => {
            let entries = given
                .iter()
                .map(|(key, json)| Ok((key.clone(), from_json(service, *value, json)?)));
            Ok(Value::Map(entries.collect::<Result<_, String>>()?))
        }
        (Kind::String(_), Json::String(text)) => Ok(Value::Str(text.clone())),
        // A document given as an object stands for its text, as policies are sent.
        (Kind::String(_), Json::Object(_)) => Ok(Value::Str(json.to_string())),
        (Kind::Integer { .. } | Kind::Long { .. }, Json::Number(number)) => number
            .as_i64()
            .map(Value::Int)
            .ok_or_else(|| format!("{number} is not an integer")),
        (Kind::Float { .. } | Kind::Double { .. }, Json::Number(number)) => number
            .as_f64()
            .map(Value::Float)
            .ok_or_else(|| format!("{number} is not a float")),
        (Kind::Boolean, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (Kind::Timestamp(_), Json::Number(number)) => number
            .as_i64()
            .map(|seconds| Value::Timestamp(Timestamp::from_epoch_seconds(seconds)))
            .ok_or_else(|| format!("{number} is not a time")),
        _ => Err(format!("{json} is not a {}", shape.name)),
    }
}
