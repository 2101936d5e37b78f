//! XML answers of awsQuery and ec2Query: written by the server, read by clients.

mod error;
mod read;
mod write;

pub(crate) use error::{ec2_error, error, rest_error};
pub(crate) use read::{Node, parse, read};
pub(crate) use write::{ec2_envelope, envelope};
