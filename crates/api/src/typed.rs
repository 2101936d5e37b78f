//! Typed structs for the operations that are built, and how they become values and back.

use std::collections::BTreeMap;
use std::fmt;

use rolecall_base::Timestamp;

use crate::shape::{Kind, OperationShape, Service, Shape, ShapeId, UNIT};
use crate::value::{Blob, Document, ShapeMismatch, Value};

/// A generated structure.
pub trait Shaped: FromValue {
    /// The service it belongs to.
    const SERVICE: &'static Service;
    /// Its shape there; `None` for [`Empty`].
    const SHAPE: Option<ShapeId>;
}

/// A Rust type that a [`Value`] becomes, and that becomes one. Nothing is compared by name:
/// structures are positional.
pub trait FromValue: Sized {
    /// What the value holds.
    ///
    /// # Errors
    /// [`ShapeMismatch`] when the value was not made by following the type's shape.
    fn from_value(value: Value) -> Result<Self, ShapeMismatch>;

    /// The value that holds it.
    fn into_value(self) -> Value;
}

/// An operation that is built. Implemented by a marker type of the operation's name, such as
/// `rolecall_api::ecs::RunTask`.
pub trait ApiOperation: 'static {
    /// The service.
    const SERVICE: &'static Service;
    /// AWS's name of the operation.
    const NAME: &'static str;
    /// The position in [`Service::operations`].
    const INDEX: usize;
    /// What it takes.
    type Input: Shaped + Clone + fmt::Debug + Send + Sync + 'static;
    /// What it answers.
    type Output: Shaped + Clone + fmt::Debug + Send + Sync + 'static;

    /// Its row in the service's table.
    fn shape() -> &'static OperationShape {
        match Self::SERVICE.operations.get(Self::INDEX) {
            Some(o) => o,
            None => &NO_OPERATION,
        }
    }
}

/// Stands in for a row that is missing from broken tables.
static NO_OPERATION: OperationShape = OperationShape {
    name: "",
    input: None,
    output: None,
    result_wrapper: None,
    method: "POST",
    uri: "/",
    errors: &[],
    unsigned: false,
};

/// The input or output of operations that have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Empty {}

impl FromValue for Empty {
    fn from_value(_: Value) -> Result<Self, ShapeMismatch> {
        Ok(Self {})
    }

    fn into_value(self) -> Value {
        Value::Struct(Vec::new())
    }
}

impl Shaped for Empty {
    const SERVICE: &'static Service = &NO_SERVICE;
    const SHAPE: Option<ShapeId> = None;
}

/// The service of [`Empty`].
static NO_SERVICE: Service = Service {
    id: "",
    service_id: "",
    signing_name: "",
    api_version: "",
    target_prefix: None,
    xml_namespace: None,
    protocols: &[],
    query_compatible: false,
    shapes: &[],
    patterns: &[],
    operations: &[],
    errors: &[],
};

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: FromValue> FromValue for Box<T> {
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        T::from_value(value).map(Box::new)
    }

    fn into_value(self) -> Value {
        T::into_value(*self)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            // Validation has refused absent elements; answers of other services may hold them.
            Value::List(items) => items
                .into_iter()
                .filter(|v| !v.is_null())
                .map(T::from_value)
                .collect(),
            _ => Err(ShapeMismatch { expected: "list" }),
        }
    }

    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Map(entries) => entries
                .into_iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(k, v)| T::from_value(v).map(|v| (k, v)))
                .collect(),
            _ => Err(ShapeMismatch { expected: "map" }),
        }
    }

    fn into_value(self) -> Value {
        Value::Map(self.into_iter().map(|(k, v)| (k, v.into_value())).collect())
    }
}

/// Implements [`FromValue`] for the types that one variant holds as they are.
macro_rules! scalar {
    ($($type:ty, $expected:literal, $variant:ident($x:ident) => $out:expr, $back:expr;)*) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, ShapeMismatch> {
                match value {
                    Value::$variant($x) => $out,
                    _ => Err(ShapeMismatch { expected: $expected }),
                }
            }

            fn into_value(self) -> Value {
                let $x = self;
                Value::$variant($back)
            }
        }
    )*};
}

scalar! {
    bool, "boolean", Bool(x) => Ok(x), x;
    i64, "long", Int(x) => Ok(x), x;
    i32, "integer", Int(x) =>
        i32::try_from(x).map_err(|_| ShapeMismatch { expected: "integer" }), i64::from(x);
    f64, "double", Float(x) => Ok(x), x;
    f32, "float", Float(x) => Ok(x as f32), f64::from(x);
    String, "string", Str(x) => Ok(x), x;
    Blob, "blob", Blob(x) => Ok(Self(x)), x.0;
    Timestamp, "timestamp", Timestamp(x) => Ok(x), x;
    Document, "document", Document(x) => Ok(*x), Box::new(x);
}

/// The members of a structure, taken one after the other. Used by the generated code.
pub struct Fields {
    members: std::vec::IntoIter<Value>,
}

impl Fields {
    /// The members of `value`.
    ///
    /// # Errors
    /// [`ShapeMismatch`] when it is not a structure.
    pub fn new(value: Value) -> Result<Self, ShapeMismatch> {
        match value {
            Value::Struct(members) => Ok(Self {
                members: members.into_iter(),
            }),
            _ => Err(ShapeMismatch {
                expected: "structure",
            }),
        }
    }

    /// The next member.
    ///
    /// # Errors
    /// [`ShapeMismatch`] when it is of another type.
    pub fn take<T: FromValue>(&mut self) -> Result<Option<T>, ShapeMismatch> {
        Option::<T>::from_value(self.members.next().unwrap_or_default())
    }
}

/// Prints the structure that `value` holds, with `***` for whatever is sensitive. The `Debug` of
/// the generated structs.
///
/// # Errors
/// Those of the formatter.
pub fn debug(
    f: &mut fmt::Formatter<'_>,
    service: &'static Service,
    id: ShapeId,
    value: &Value,
) -> fmt::Result {
    let shape = service.shape(id);
    let shown = Shown {
        service,
        shape,
        value,
        sensitive: shape.sensitive,
    };
    fmt::Debug::fmt(&shown, f)
}

/// A value beside its shape, for printing.
struct Shown<'a> {
    service: &'static Service,
    shape: &'static Shape,
    value: &'a Value,
    sensitive: bool,
}

impl<'a> Shown<'a> {
    fn child(&self, id: ShapeId, value: &'a Value) -> Self {
        let shape = self.service.shape(id);
        Self {
            service: self.service,
            shape,
            value,
            sensitive: self.sensitive || shape.sensitive,
        }
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive {
            return f.write_str("***");
        }
        match (self.value, &self.shape.kind) {
            (Value::Struct(members), Kind::Structure(s)) => {
                let mut out = f.debug_struct(self.shape.name);
                for (member, value) in s.members.iter().zip(members) {
                    if !value.is_null() {
                        out.field(member.name, &self.child(member.shape, value));
                    }
                }
                out.finish()
            }
            (Value::List(items), Kind::List { member, .. }) => f
                .debug_list()
                .entries(items.iter().map(|v| self.child(*member, v)))
                .finish(),
            (Value::Map(entries), Kind::Map { value, .. }) => f
                .debug_map()
                .entries(entries.iter().map(|(k, v)| (k, self.child(*value, v))))
                .finish(),
            (Value::Str(s), _) => fmt::Debug::fmt(s, f),
            (Value::Bool(b), _) => fmt::Display::fmt(b, f),
            (Value::Int(i), _) => fmt::Display::fmt(i, f),
            (Value::Float(x), _) => fmt::Display::fmt(x, f),
            (Value::Blob(b), _) => write!(f, "<{} bytes>", b.len()),
            (Value::Timestamp(t), _) => fmt::Display::fmt(t, f),
            (Value::Document(d), _) => fmt::Debug::fmt(d, f),
            (Value::Null, _) => f.write_str("null"),
            _ => f.write_str("<of another shape>"),
        }
    }
}

/// The input shape of `operation`, the unit shape if it takes nothing.
pub fn input_shape(service: &Service, operation: &OperationShape) -> &'static Shape {
    operation.input.map_or(&UNIT, |id| service.shape(id))
}

/// The output shape of `operation`, the unit shape if it answers nothing.
pub fn output_shape(service: &Service, operation: &OperationShape) -> &'static Shape {
    operation.output.map_or(&UNIT, |id| service.shape(id))
}

/// Implements the traits of a generated struct: its name, shape number, and fields in the shape's
/// order.
macro_rules! shaped {
    ($($name:ident $id:literal [$($field:ident),* $(,)?])*) => {$(
        impl $crate::typed::FromValue for $name {
            fn from_value(
                value: $crate::value::Value,
            ) -> Result<Self, $crate::value::ShapeMismatch> {
                let fields = &mut $crate::typed::Fields::new(value)?;
                // A structure may be empty.
                let _ = &fields;
                Ok(Self { $($field: fields.take()?,)* })
            }

            fn into_value(self) -> $crate::value::Value {
                $crate::value::Value::Struct(vec![
                    $($crate::typed::FromValue::into_value(self.$field),)*
                ])
            }
        }

        impl $crate::typed::Shaped for $name {
            const SERVICE: &'static $crate::shape::Service = &SERVICE;
            const SHAPE: Option<$crate::shape::ShapeId> = Some($crate::shape::ShapeId($id));
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let value = $crate::typed::FromValue::into_value(self.clone());
                $crate::typed::debug(f, &SERVICE, $crate::shape::ShapeId($id), &value)
            }
        }
    )*};
}
pub(crate) use shaped;

/// Implements [`ApiOperation`] for generated markers: name, row, input, output.
macro_rules! operations {
    ($($name:ident $index:literal $input:ident $output:ident)*) => {
        /// The operations with typed structs: name, and position in [`SERVICE`]'s table.
        pub const TYPED: &[(&str, usize)] = &[$((stringify!($name), $index)),*];

        $(
        #[doc = concat!("The operation `", stringify!($name), "`.")]
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl $crate::typed::ApiOperation for $name {
            const SERVICE: &'static $crate::shape::Service = &SERVICE;
            const NAME: &'static str = stringify!($name);
            const INDEX: usize = $index;
            type Input = $input;
            type Output = $output;
        }
        )*
    };
}
pub(crate) use operations;
