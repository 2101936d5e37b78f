//! `ListTasks`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::{Doc, Txn};

use crate::documents::Task;
use crate::errors;
use crate::listing::PageRequest;
use crate::refs::{ClusterRef, arn};

/// Lists the ARNs of a cluster's tasks. Without a desired status, those that should run.
///
/// Authorized on container instances: without one, on all of the cluster.
///
/// Source: Amazon ECS API Reference, `ListTasks`.
pub struct ListTasks;

impl Operation for ListTasks {
    type Api = api::ListTasks;

    const EXAMPLE: &'static str = r#"{"cluster": "example", "family": "example"}"#;

    fn access(input: &api::ListTasksRequest, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let resource = match input.container_instance.as_deref() {
            Some(given) if given.starts_with("arn:") => given.to_owned(),
            instance => {
                let id = instance.unwrap_or("*");
                arn(
                    req.info,
                    format_args!("container-instance/{}/{id}", cluster.name),
                )
            }
        };
        Ok(AccessCheck::new("ecs:ListTasks", resource)
            .key("ecs:cluster", &cluster.arn)
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<api::ListTasksResponse, AwsError> {
        let input = req.input;
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        cluster.active(req.info, tx)?;
        if input.service_name.is_some() {
            return Err(AwsError::new(
                "ServiceNotFoundException",
                "Service not found.",
            ));
        }
        if input.container_instance.is_some() {
            return Err(errors::invalid(
                "The referenced container instance was not found.",
            ));
        }
        let page = PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        let desired = input.desired_status.as_deref().unwrap_or("RUNNING");
        let is = |filter: &Option<String>, value: Option<&str>| {
            filter.as_deref().is_none_or(|filter| value == Some(filter))
        };
        let wanted = |task: &Doc<Task>| {
            // There are no daemons, so no task is one's.
            input.daemon_name.is_none()
                && task.desired_status.as_str() == desired
                && is(&input.family, Some(&task.family))
                && is(&input.started_by, task.started_by.as_deref())
                && is(&input.launch_type, Some(task.launch_type.as_str()))
        };
        let prefix = format!("{}/", cluster.key(req.info));
        let after = page.after.as_deref().unwrap_or_default();
        let all = tx
            .range_after::<Task>(&prefix, after)
            .filter(|(_, task)| wanted(task));
        let (tasks, next_token) = page.take(all);
        let arns = tasks.iter().map(|task| task.arn()).collect();
        Ok(api::ListTasksResponse {
            task_arns: Some(arns),
            next_token,
        })
    }
}
