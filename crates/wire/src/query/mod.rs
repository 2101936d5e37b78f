//! Form-encoded requests: awsQuery and ec2Query.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>,
//! <https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>

mod form;
mod read;
mod write;

pub(crate) use form::find;
pub(crate) use read::float;
pub(crate) use read::read;
pub(crate) use write::{scalar, write};

use rolecall_api::{Kind, Member, Service};

/// The two dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Lists are `Name.member.1`.
    Aws,
    /// Lists are `Name.1`, names start with a capital.
    Ec2,
}

/// The name of `member` in a request.
pub(crate) fn request_name(service: &Service, dialect: Dialect, member: &Member) -> String {
    match dialect {
        Dialect::Aws => flat_item_name(service, member)
            .unwrap_or_else(|| member.wire_name())
            .to_owned(),
        Dialect::Ec2 => match member.query_name {
            Some(name) => name.to_owned(),
            None => capitalized(member.wire_name()),
        },
    }
}

/// A flattened list without a name of its own goes by the name of its elements, if they have one.
pub(crate) fn flat_item_name(service: &Service, member: &Member) -> Option<&'static str> {
    if member.location_name.is_some() {
        return None;
    }
    match service.shape(member.shape).kind {
        Kind::List {
            member_name,
            flattened,
            ..
        } if flattened || member.flattened => member_name,
        _ => None,
    }
}

fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
