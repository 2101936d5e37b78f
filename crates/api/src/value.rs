//! One tree for every input and output, positional by member.

use rolecall_base::Timestamp;

use crate::shape::{Kind, Service, ShapeId};

/// An input or output, or a part of one.
///
/// Its form follows a [`crate::Shape`]; a member that is absent is [`Value::Null`].
///
/// It doesn't know what is sensitive: its `Debug` shows everything and belongs in no log. The
/// typed structs' `Debug` hides what the model calls sensitive.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer or long.
    Int(i64),
    /// A float or double.
    Float(f64),
    /// Text.
    Str(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// A point in time.
    Timestamp(Timestamp),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order of the wire.
    Map(Vec<(String, Value)>),
    /// A structure or union: one value per member of the shape, in the shape's order.
    Struct(Vec<Value>),
    /// Data without a model.
    Document(Box<Document>),
}

impl Value {
    /// The structure of shape `id` with all its members absent.
    pub fn empty_struct(service: &Service, id: ShapeId) -> Self {
        match &service.shape(id).kind {
            Kind::Structure(s) => Self::Struct(vec![Self::Null; s.members.len()]),
            _ => Self::Null,
        }
    }

    /// Whether it is absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The member at `index`, if it is a structure that has one there.
    pub fn member(&self, index: usize) -> Option<&Value> {
        match self {
            Self::Struct(members) => members.get(index).filter(|m| !m.is_null()),
            _ => None,
        }
    }
}

/// Bytes: the type of blob members.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// JSON-like data without a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Document {
    /// `null`.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(String),
    /// An array.
    List(Vec<Document>),
    /// An object, in the order of the wire.
    Map(Vec<(String, Document)>),
}

/// A [`Value`] that does not have the form of the type it should become. It cannot come from a
/// request: the decoder follows the same tables as the types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// What was expected.
    pub expected: &'static str,
}

impl std::fmt::Display for ShapeMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the value is not a {}", self.expected)
    }
}

impl std::error::Error for ShapeMismatch {}
