//! JSON by shape: the bodies of awsJson1_0 and awsJson1_1.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

mod read;
mod write;

pub(crate) use read::{read, read_document};
pub(crate) use write::{string, write};
