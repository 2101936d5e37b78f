//! `DescribeTasks`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::view::shown;
use crate::documents::Task;
use crate::refs::{ClusterRef, arn, key, task_id};
use crate::{access, errors, tags};

/// The most tasks of a call.
const TASKS_MAX: usize = 100;

/// Describes tasks. One that stopped stays describable for an hour.
///
/// Source: Amazon ECS API Reference, `DescribeTasks`, "API failure reasons".
pub struct DescribeTasks;

impl Operation for DescribeTasks {
    type Api = api::DescribeTasks;

    const EXAMPLE: &'static str =
        r#"{"cluster": "example", "tasks": ["0123456789abcdef0123456789abcdef"]}"#;

    fn access(
        input: &api::DescribeTasksRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let named = input.tasks.as_deref().unwrap_or_default();
        let action = "ecs:DescribeTasks";
        if named.is_empty() {
            let all = arn(req.info, format_args!("task/{}/*", cluster.name));
            return Ok(AccessCheck::new(action, all)
                .key("ecs:cluster", &cluster.arn)
                .into());
        }
        let checks: Vec<AccessCheck> = named
            .iter()
            .map(|task| access::task(req, action, &cluster, task))
            .collect();
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeTasksResponse, AwsError> {
        let cluster = ClusterRef::parse(req.info, req.input.cluster.as_deref())?;
        cluster.active(req.info, tx)?;
        let named = req.input.tasks.as_deref().unwrap_or_default();
        if named.is_empty() {
            return Err(errors::invalid("Tasks cannot be empty."));
        }
        if named.len() > TASKS_MAX {
            return Err(errors::invalid(format!(
                "Tasks can have at most {TASKS_MAX} items."
            )));
        }
        let with_tags = req
            .input
            .include
            .iter()
            .flatten()
            .any(|field| field == "TAGS");
        let (mut tasks, mut failures) = (Vec::new(), Vec::new());
        for given in named {
            let id = task_id(given, &cluster.name);
            let found = id
                .and_then(|id| tx.get::<Task>(&key(req.info, &Task::key_part(&cluster.name, id))));
            match found {
                Some(task) => {
                    let mut shown = shown(&task);
                    if with_tags {
                        shown.tags = Some(tags::shown(&task.tags));
                    }
                    tasks.push(shown);
                }
                None => failures.push(api::Failure {
                    arn: Some(match given.starts_with("arn:") {
                        true => given.clone(),
                        false => arn(req.info, format_args!("task/{}/{given}", cluster.name)),
                    }),
                    reason: Some("MISSING".to_owned()),
                    detail: None,
                }),
            }
        }
        Ok(api::DescribeTasksResponse {
            tasks: Some(tasks),
            failures: Some(failures),
        })
    }
}
