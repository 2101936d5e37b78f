//! Checks that several operations declare.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! Elastic Container Service".

use rolecall_base::{Arn, AwsError, Tags};
use rolecall_op::{AccessCheck, AccessRequest, RequestInfo};

use crate::documents::Task;
use crate::errors;
use crate::refs::{ClusterRef, arn, key, task_id};

/// The service that task and execution roles are passed to.
pub(crate) const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";

/// The check of `action` on a cluster, with its tags if it is there.
pub(crate) fn cluster(
    req: &AccessRequest<'_>,
    action: &'static str,
    cluster: &ClusterRef,
) -> AccessCheck {
    let check = AccessCheck::new(action, &cluster.arn);
    match cluster.find(req.info, req.snap) {
        Some(found) => check.service_resource_tags("ecs", &found.tags),
        None => check,
    }
}

/// The check of `action` on a task, with its tags if it is there. An ARN of another cluster is
/// decided on as it is.
pub(crate) fn task(
    req: &AccessRequest<'_>,
    action: &'static str,
    cluster: &ClusterRef,
    given: &str,
) -> AccessCheck {
    let Some(id) = task_id(given, &cluster.name) else {
        return AccessCheck::new(action, given).key("ecs:cluster", &cluster.arn);
    };
    let part = Task::key_part(&cluster.name, id);
    let resource = arn(req.info, format_args!("task/{part}"));
    let check = AccessCheck::new(action, resource).key("ecs:cluster", &cluster.arn);
    match req.snap.get::<Task>(&key(req.info, &part)) {
        Some(task) => check.service_resource_tags("ecs", &task.tags),
        None => check,
    }
}

/// The check of `ecs:TagResource` on what `create_action` makes with tags; none without tags.
pub(crate) fn tags_on_create(
    create_action: &'static str,
    resource: impl Into<String>,
    tags: &Tags,
) -> Option<AccessCheck> {
    (!tags.is_empty()).then(|| {
        AccessCheck::new("ecs:TagResource", resource)
            .key("ecs:CreateAction", create_action)
            .request_tags(tags)
    })
}

/// A role as a task definition or an override names it: by ARN, or by its short name.
///
/// Source: Amazon ECS API Reference, `RegisterTaskDefinition`, `taskRoleArn`.
pub(crate) fn role_arn(info: &RequestInfo, given: &str) -> Result<String, AwsError> {
    let name = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if !given.starts_with("arn:") {
        let valid = (1..=64).contains(&given.len()) && given.bytes().all(name);
        return match valid {
            true => Ok(info.iam_arn(format_args!("role/{given}"))),
            false => Err(errors::invalid_role()),
        };
    }
    let arn = Arn::parse(given).map_err(|_| errors::invalid_role())?;
    let (kind, rest) = arn.type_and_id();
    let own = rest.rsplit('/').next().unwrap_or_default();
    let is_role = arn.service() == "iam" && arn.region().is_empty() && kind == "role";
    if !is_role || own.is_empty() || !own.bytes().all(name) {
        return Err(errors::invalid_role());
    }
    if arn.account() != info.account().as_str() {
        return Err(errors::cross_account_role());
    }
    Ok(given.to_owned())
}

/// The checks that these roles may be passed to tasks; one that is there twice is checked once.
pub(crate) fn pass_roles<'a>(roles: impl IntoIterator<Item = &'a String>) -> Vec<AccessCheck> {
    let mut checks: Vec<AccessCheck> = Vec::new();
    for role in roles {
        if !checks.iter().any(|check| check.resource == *role) {
            checks.push(AccessCheck::pass_role(role, ECS_TASKS));
        }
    }
    checks
}

/// The ARN of a capacity provider that is given by name or by ARN.
pub(crate) fn provider_arn(info: &RequestInfo, given: &str) -> String {
    match given.starts_with("arn:") {
        true => given.to_owned(),
        false => arn(info, format_args!("capacity-provider/{given}")),
    }
}
