//! Names, keys and ARNs of groups and streams.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! CloudWatch Logs"; CloudWatch Logs API Reference, `LogGroup`.

use rolecall_base::{Arn, AwsError};
use rolecall_op::RequestInfo;
use rolecall_store::{Doc, Snapshot, Txn};

use crate::documents::{LogGroup, LogStream};
use crate::errors;

/// The key that all groups of the request's account and region begin with.
pub(crate) fn groups_prefix(info: &RequestInfo) -> String {
    format!("{}/{}/", info.account(), info.region)
}

/// The key of a group.
pub(crate) fn group_key(info: &RequestInfo, group: &str) -> String {
    format!("{}/{}/{group}", info.account(), info.region)
}

/// The key that all streams of a group begin with. A colon stands in no group's name.
pub(crate) fn streams_prefix(info: &RequestInfo, group: &str) -> String {
    format!("{}:", group_key(info, group))
}

/// The key of a stream.
pub(crate) fn stream_key(info: &RequestInfo, group: &str, stream: &str) -> String {
    format!("{}:{stream}", group_key(info, group))
}

/// The group's ARN without the trailing `:*` (`logGroupArn`, the resource of the tagging actions).
pub(crate) fn group_arn(info: &RequestInfo, group: &str) -> String {
    info.arn("logs", format_args!("log-group:{group}"))
}

/// The resource that most actions on a group are authorized on: its ARN with an empty stream, which
/// the `arn` of a group, ending in `:*`, matches.
pub(crate) fn group_resource(info: &RequestInfo, group: &str) -> String {
    stream_arn(info, group, "")
}

/// A stream's ARN.
pub(crate) fn stream_arn(info: &RequestInfo, group: &str, stream: &str) -> String {
    info.arn(
        "logs",
        format_args!("log-group:{group}:log-stream:{stream}"),
    )
}

/// The group that an operation names by `logGroupName`, or by `logGroupIdentifier`, which takes the
/// name or the ARN.
pub(crate) fn named<'a>(
    name: Option<&'a String>,
    identifier: Option<&'a String>,
) -> Result<&'a str, AwsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => Ok(group_of_arn(identifier).unwrap_or(identifier)),
        (Some(_), Some(_)) => Err(errors::invalid(
            "You must specify either logGroupName or logGroupIdentifier, but not both.",
        )),
        (None, None) => Err(errors::invalid(
            "You must specify either logGroupName or logGroupIdentifier.",
        )),
    }
}

/// The name inside a group's ARN, with or without `:*`.
pub(crate) fn group_of_arn(arn: &str) -> Option<&str> {
    Arn::parse(arn)
        .ok()
        .filter(|parsed| parsed.service() == "logs")?;
    let resource = arn.splitn(6, ':').nth(5)?;
    let name = resource.strip_prefix("log-group:")?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

/// The group, or AWS's error.
pub(crate) fn group(
    snap: &Snapshot,
    info: &RequestInfo,
    name: &str,
) -> Result<Doc<LogGroup>, AwsError> {
    snap.get::<LogGroup>(&group_key(info, name))
        .ok_or_else(errors::no_group)
}

/// The group in a transaction, or AWS's error.
pub(crate) fn group_in(
    tx: &Txn,
    info: &RequestInfo,
    name: &str,
) -> Result<Doc<LogGroup>, AwsError> {
    tx.get::<LogGroup>(&group_key(info, name))
        .ok_or_else(errors::no_group)
}

/// The group and the stream, or AWS's error.
pub(crate) fn stream(
    snap: &Snapshot,
    info: &RequestInfo,
    group_name: &str,
    stream_name: &str,
) -> Result<(Doc<LogGroup>, Doc<LogStream>), AwsError> {
    let group = group(snap, info, group_name)?;
    let stream = snap
        .get::<LogStream>(&stream_key(info, group_name, stream_name))
        .ok_or_else(errors::no_stream)?;
    Ok((group, stream))
}

/// The text of a member that the model requires: validation has seen to it.
pub(crate) fn required(member: &Option<String>) -> &str {
    member.as_deref().unwrap_or_default()
}
