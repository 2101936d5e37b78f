//! `RunTask`.

use rolecall_api::ecs as api;
use rolecall_base::{AwsError, Tags};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, RequestInfo, Stored};
use rolecall_store::{Doc, Txn};

use super::new_task::Template;
use super::view::shown;
use super::{launch, overrides};
use crate::documents::{ClientToken, Task, TaskDefinition, TaskDefinitionStatus};
use crate::refs::{ClusterRef, DefinitionRef, key};
use crate::{access, errors, tags};

/// The most tasks of a call.
const COUNT_MAX: i32 = 10;

/// Starts tasks. They are made here; addresses, credentials and agents follow.
///
/// The task role and the execution role, overridden or not, must be ones that the caller may pass
/// to `ecs-tasks.amazonaws.com`. A family without a revision is authorized as
/// `task-definition/FAMILY`, without `:*`.
///
/// Source: Amazon ECS API Reference, `RunTask`.
pub struct RunTask;

impl Operation for RunTask {
    type Api = api::RunTask;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "taskDefinition": "example:1",
        "launchType": "FARGATE",
        "count": 1,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-12345678"]}},
        "overrides": {
            "taskRoleArn": "arn:aws:iam::123456789012:role/task",
            "containerOverrides": [{"name": "app", "command": ["true"]}]
        },
        "tags": [{"key": "team", "value": "a"}]
    }"#;

    fn access(input: &api::RunTaskRequest, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let info = req.info;
        let cluster = ClusterRef::parse(info, input.cluster.as_deref())?;
        let text = input.task_definition.as_deref().unwrap_or_default();
        let named = DefinitionRef::parse(info, text);
        let found = named.as_ref().and_then(|d| d.find(info, req.snap));
        let resource = named
            .as_ref()
            .map_or_else(|| text.to_owned(), |d| d.access_arn(info));
        let given = tags::requested(input.tags.as_deref());
        let run = run_check(input, info, resource, &cluster, found.as_ref()).request_tags(&given);
        let mut checks = vec![match &found {
            Some(found) => run.service_resource_tags("ecs", &found.tags),
            None => run,
        }];
        let task = info.arn("ecs", format_args!("task/{}/*", cluster.name));
        checks.extend(access::tags_on_create("RunTask", task, &given));
        let definition = found.as_deref();
        let roles = overrides::roles(info, input.overrides.as_ref(), definition)?;
        checks.extend(access::pass_roles(&roles));
        Ok(checks.into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<api::RunTaskResponse, AwsError> {
        let (info, input) = (req.info, req.input);
        let reference = ClusterRef::parse(info, input.cluster.as_deref())?;
        let cluster = reference.active(info, tx)?;
        let token = Token::of(info, input, &reference)?;
        if let Some(tasks) = token.as_ref().map(|t| t.used(tx)).transpose()?.flatten() {
            return Ok(answer(&tasks));
        }
        let count = count(input)?;
        let text = input.task_definition.as_deref().unwrap_or_default();
        let definition = DefinitionRef::parse(info, text).and_then(|d| d.find(info, tx));
        let definition = definition.ok_or_else(errors::definition_not_found)?;
        if definition.status != TaskDefinitionStatus::Active {
            return Err(errors::definition_inactive());
        }
        check_rest(input)?;
        let effective = overrides::merge(info, input.overrides.as_ref(), &definition)?;
        let places = launch::places(info, input, &cluster, count)?;
        let mut platform_version = None;
        for place in &places {
            platform_version = launch::check(input, &definition, &effective, place.launch_type)?;
        }
        let awsvpc = launch::network(input, &definition)?;
        launch::no_instances(&places)?;
        if input.enable_execute_command == Some(true) && effective.task_role_arn.is_none() {
            return Err(errors::invalid(
                "The task couldn't be started because a valid taskRoleArn is not being used. \
                 Specify a valid task role in your task definition and try again.",
            ));
        }
        let template = Template {
            info,
            input,
            cluster: &reference.name,
            definition: &definition,
            effective,
            platform_version,
            awsvpc,
            tags: task_tags(input, &reference, &definition)?,
        };
        let mut ids = info.ids();
        let tasks: Vec<Task> = places
            .iter()
            .enumerate()
            .map(|(index, place)| template.task(&mut ids, index, place))
            .collect();
        let response = answer(&tasks);
        if let Some(token) = token {
            token.spend(tx, info, &tasks);
        }
        for task in tasks {
            tx.put(task.key(), task);
        }
        Ok(response)
    }
}

/// The check of `ecs:RunTask` itself, with its condition keys.
fn run_check(
    input: &api::RunTaskRequest,
    info: &RequestInfo,
    resource: String,
    cluster: &ClusterRef,
    definition: Option<&Doc<TaskDefinition>>,
) -> AccessCheck {
    let overrides = input.overrides.as_ref();
    let own = definition.map(|d| &d.definition);
    let cpu = overrides
        .and_then(|o| o.cpu.clone())
        .or(own.and_then(|d| d.cpu.clone()));
    let memory = overrides
        .and_then(|o| o.memory.clone())
        .or(own.and_then(|d| d.memory.clone()));
    let providers = input
        .capacity_provider_strategy
        .iter()
        .flatten()
        .filter_map(|item| Some(access::provider_arn(info, item.capacity_provider.as_ref()?)))
        .collect();
    let ebs = input
        .volume_configurations
        .as_ref()
        .is_some_and(|v| !v.is_empty());
    let exec = input.enable_execute_command.unwrap_or(false);
    AccessCheck::new("ecs:RunTask", resource)
        .key("ecs:cluster", &cluster.arn)
        .key_list("ecs:capacity-provider", providers)
        .key("ecs:enable-execute-command", exec.to_string())
        .key("ecs:enable-ebs-volumes", ebs.to_string())
        .key_opt("ecs:task-cpu", cpu)
        .key_opt("ecs:task-memory", memory)
}

fn answer(tasks: &[Task]) -> api::RunTaskResponse {
    let mut shown: Vec<api::Task> = tasks.iter().map(shown).collect();
    for (shown, task) in shown.iter_mut().zip(tasks) {
        shown.tags = Some(tags::shown(&task.tags));
    }
    api::RunTaskResponse {
        tasks: Some(shown),
        failures: Some(Vec::new()),
    }
}

fn count(input: &api::RunTaskRequest) -> Result<u32, AwsError> {
    let count = input.count.unwrap_or(1);
    match u32::try_from(count) {
        Ok(wanted) if (1..=COUNT_MAX).contains(&count) => Ok(wanted),
        _ => Err(errors::invalid(format!(
            "count must be between 1 and {COUNT_MAX}."
        ))),
    }
}

/// The members that are stored or ignored as they are.
fn check_rest(input: &api::RunTaskRequest) -> Result<(), AwsError> {
    let started_by = |b: u8| b.is_ascii_alphanumeric() || b"-_/".contains(&b);
    if let Some(given) = &input.started_by {
        if given.len() > 128 {
            return Err(errors::invalid("startedBy can be at most 128 characters."));
        }
        if !given.bytes().all(started_by) {
            return Err(errors::invalid("startedBy contains invalid characters."));
        }
    }
    if input
        .group
        .as_deref()
        .is_some_and(|g| g.starts_with("service:"))
    {
        return Err(errors::invalid("Invalid namespace for group."));
    }
    if input.propagate_tags.as_deref() == Some("SERVICE") {
        return Err(errors::invalid(
            "Tasks cannot propagate tags from a service.",
        ));
    }
    if input
        .volume_configurations
        .as_ref()
        .is_some_and(|v| !v.is_empty())
    {
        return Err(AwsError::new(
            "UnsupportedFeatureException",
            "Amazon EBS volumes are not built in Rolecall.",
        ));
    }
    Ok(())
}

/// The tags of the request, over those of the task definition if they are propagated, beside
/// ECS's own if they are enabled.
///
/// Source: Amazon ECS Developer Guide, "Tagging Amazon ECS resources".
fn task_tags(
    input: &api::RunTaskRequest,
    cluster: &ClusterRef,
    definition: &TaskDefinition,
) -> Result<Tags, AwsError> {
    let mut all = match input.propagate_tags.as_deref() {
        Some("TASK_DEFINITION") => definition.tags.clone(),
        _ => Tags::default(),
    };
    tags::merge(&mut all, &tags::validated(input.tags.as_deref())?)?;
    if input.enable_ecs_managed_tags == Some(true) {
        all.set("aws:ecs:clusterName".to_owned(), cluster.name.clone());
    }
    Ok(all)
}

/// The client token of a call.
struct Token {
    key: String,
    parameters: String,
}

impl Token {
    fn of(
        info: &RequestInfo,
        input: &api::RunTaskRequest,
        cluster: &ClusterRef,
    ) -> Result<Option<Self>, AwsError> {
        let Some(token) = input.client_token.as_deref().filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        if token.len() > 64 || !token.bytes().all(|b| (33..=126).contains(&b)) {
            return Err(errors::invalid("clientToken is not valid."));
        }
        let mut rest = input.clone();
        rest.client_token = None;
        let parameters = serde_json::to_string(&Stored(rest)).map_err(|_| AwsError::internal())?;
        let key = key(info, &format!("{}/{token}", cluster.name));
        Ok(Some(Self { key, parameters }))
    }

    /// The tasks that the token started before, if it did.
    fn used(&self, tx: &Txn) -> Result<Option<Vec<Task>>, AwsError> {
        let Some(used) = tx.get::<ClientToken>(&self.key) else {
            return Ok(None);
        };
        if used.parameters != self.parameters {
            return Err(errors::client_token_conflict());
        }
        Ok(Some(
            used.tasks
                .iter()
                .filter_map(|k| Some(tx.get::<Task>(k)?.cloned()))
                .collect(),
        ))
    }

    fn spend(self, tx: &mut Txn, info: &RequestInfo, tasks: &[Task]) {
        let used = ClientToken {
            parameters: self.parameters,
            tasks: tasks.iter().map(Task::key).collect(),
            created: info.now,
        };
        tx.put(self.key, used);
    }
}
