//! Tags of log groups: by name (the older operations) and by ARN.

use std::collections::BTreeMap;

use rolecall_api::Empty;
use rolecall_api::logs::{ListTagsForResourceResponse, ListTagsLogGroupResponse};
use rolecall_base::tags::TAGS_MAX;
use rolecall_base::{AwsError, Tags};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_store::Txn;

use crate::documents::LogGroup;
use crate::names::{self, required};
use crate::{access, errors};

/// Sets tags of a group that is named.
///
/// Source: CloudWatch Logs API Reference, `TagLogGroup`.
pub struct TagLogGroup;

/// Removes tags of a group that is named.
///
/// Source: CloudWatch Logs API Reference, `UntagLogGroup`.
pub struct UntagLogGroup;

/// Lists the tags of a group that is named.
///
/// Source: CloudWatch Logs API Reference, `ListTagsLogGroup`.
pub struct ListTagsLogGroup;

/// Sets tags of a resource.
///
/// Source: CloudWatch Logs API Reference, `TagResource`.
pub struct TagResource;

/// Removes tags of a resource.
///
/// Source: CloudWatch Logs API Reference, `UntagResource`.
pub struct UntagResource;

/// Lists the tags of a resource.
///
/// Source: CloudWatch Logs API Reference, `ListTagsForResource`.
pub struct ListTagsForResource;

impl Operation for TagLogGroup {
    type Api = rolecall_api::logs::TagLogGroup;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","tags":{"Name":"app"}}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.log_group_name);
        let tags = pairs(input.tags.as_ref());
        Ok(access::group(req, "logs:TagLogGroup", name)
            .request_tags(&tags)
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.log_group_name);
        set(tx, req.info, name, req.input.tags.as_ref())?.ok_or_else(errors::no_group)?;
        Ok(Empty {})
    }
}

impl Operation for UntagLogGroup {
    type Api = rolecall_api::logs::UntagLogGroup;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","tags":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.log_group_name);
        let keys = input.tags.clone().unwrap_or_default();
        Ok(access::group(req, "logs:UntagLogGroup", name)
            .tag_keys(keys)
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.log_group_name);
        unset(tx, req.info, name, req.input.tags.as_ref()).ok_or_else(errors::no_group)?;
        Ok(Empty {})
    }
}

impl Operation for ListTagsLogGroup {
    type Api = rolecall_api::logs::ListTagsLogGroup;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.log_group_name);
        Ok(access::group(req, "logs:ListTagsLogGroup", name).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let group = names::group_in(tx, req.info, required(&req.input.log_group_name))?;
        Ok(ListTagsLogGroupResponse {
            tags: Some(map(&group.tags)),
        })
    }
}

impl Operation for TagResource {
    type Api = rolecall_api::logs::TagResource;
    const EXAMPLE: &'static str = r#"{"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:/ecs/app","tags":{"Name":"app"}}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.resource_arn);
        let tags = pairs(input.tags.as_ref());
        let name = names::group_of_arn(arn).unwrap_or_default();
        Ok(
            access::within(req, "logs:TagResource", name, arn.to_owned())
                .request_tags(&tags)
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = of_arn(req.info, required(&req.input.resource_arn))?;
        set(tx, req.info, name, req.input.tags.as_ref())?.ok_or_else(errors::no_resource)?;
        Ok(Empty {})
    }
}

impl Operation for UntagResource {
    type Api = rolecall_api::logs::UntagResource;
    const EXAMPLE: &'static str = r#"{"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:/ecs/app","tagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.resource_arn);
        let name = names::group_of_arn(arn).unwrap_or_default();
        let keys = input.tag_keys.clone().unwrap_or_default();
        Ok(
            access::within(req, "logs:UntagResource", name, arn.to_owned())
                .tag_keys(keys)
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = of_arn(req.info, required(&req.input.resource_arn))?;
        unset(tx, req.info, name, req.input.tag_keys.as_ref()).ok_or_else(errors::no_resource)?;
        Ok(Empty {})
    }
}

impl Operation for ListTagsForResource {
    type Api = rolecall_api::logs::ListTagsForResource;
    const EXAMPLE: &'static str =
        r#"{"resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:/ecs/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.resource_arn);
        let name = names::group_of_arn(arn).unwrap_or_default();
        Ok(access::within(req, "logs:ListTagsForResource", name, arn.to_owned()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = of_arn(req.info, required(&req.input.resource_arn))?;
        let group = names::group_in(tx, req.info, name).map_err(|_| errors::no_resource())?;
        Ok(ListTagsForResourceResponse {
            tags: Some(map(&group.tags)),
        })
    }
}

/// The group that an ARN of this account and region names; the tagging operations take it without
/// the trailing `:*` only.
fn of_arn<'a>(info: &RequestInfo, arn: &'a str) -> Result<&'a str, AwsError> {
    let name = names::group_of_arn(arn)
        .filter(|_| !arn.ends_with(":*"))
        .ok_or_else(|| errors::invalid("The specified resourceArn is invalid."))?;
    if names::group_arn(info, name) == arn {
        Ok(name)
    } else {
        Err(errors::no_resource())
    }
}

fn set(
    tx: &mut Txn,
    info: &RequestInfo,
    name: &str,
    given: Option<&BTreeMap<String, String>>,
) -> Result<Option<()>, AwsError> {
    let key = names::group_key(info, name);
    let Some(group) = tx.get::<LogGroup>(&key) else {
        return Ok(None);
    };
    let mut group = group.cloned();
    for (k, v) in pairs(given).iter() {
        group.tags.set(k.to_owned(), v.to_owned());
    }
    if group.tags.len() > TAGS_MAX {
        return Err(AwsError::new(
            "TooManyTagsException",
            format!("Too many tags: a log group carries at most {TAGS_MAX}."),
        ));
    }
    tx.put(key, group);
    Ok(Some(()))
}

fn unset(tx: &mut Txn, info: &RequestInfo, name: &str, keys: Option<&Vec<String>>) -> Option<()> {
    let found = tx.update::<LogGroup>(&names::group_key(info, name), |group| {
        for key in keys.into_iter().flatten() {
            group.tags.remove(key);
        }
    });
    found.then_some(())
}

fn pairs(given: Option<&BTreeMap<String, String>>) -> Tags {
    given
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

fn map(tags: &Tags) -> BTreeMap<String, String> {
    tags.iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}
