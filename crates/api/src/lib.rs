//! The AWS service shapes, generated from the public service models.
//!
//! Three layers, each cheap to compile:
//!
//! - [`shape`]: what a service looks like on the wire, as static tables. Every operation of every
//!   service in [`SERVICES`] has them, built or not.
//! - [`value`]: one tree for every input and output, positional by member, that the protocols of
//!   `rolecall-wire` read and write by following the tables.
//! - [`typed`]: Rust structs for the operations that are built. They turn into a [`value::Value`]
//!   and back without comparing a single name.
//!
//! Everything under `generated/` is the output of `cargo xtask codegen`.

mod generated;
pub mod shape;
pub mod typed;
pub mod value;

pub use generated::*;
pub use rolecall_base::Timestamp;
pub use shape::{
    ErrorShape, Kind, Location, Member, OperationShape, Pattern, Protocol, Service, Shape, ShapeId,
    StringShape, StructureShape, TimestampFormat,
};
pub use typed::{ApiOperation, Empty, Shaped};
pub use value::{Blob, Document, ShapeMismatch, Value};
