//! CBOR by shape: the bodies of rpcv2Cbor.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>, RFC 8949.

mod read;
mod write;

pub(crate) use read::{read, read_plain};
pub(crate) use write::{Plain, write};
