//! `RegisterTaskDefinition`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, Stored};
use rolecall_store::Txn;

use super::size::{cpu_units, memory_mib};
use super::view::{is_ecr, shown};
use super::{attributes, normalize, validate};
use crate::documents::{Family, TaskDefinition, TaskDefinitionStatus};
use crate::refs::{arn, key};
use crate::{access, tags};

/// Registers the next revision of a family. The roles in it must be ones that the caller may pass
/// to `ecs-tasks.amazonaws.com`.
///
/// Source: Amazon ECS API Reference, `RegisterTaskDefinition`.
pub struct RegisterTaskDefinition;

impl Operation for RegisterTaskDefinition {
    type Api = api::RegisterTaskDefinition;

    const EXAMPLE: &'static str = r#"{
        "family": "example",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
        "taskRoleArn": "arn:aws:iam::123456789012:role/task",
        "containerDefinitions": [{"name": "app", "image": "nginx:1", "essential": true}],
        "tags": [{"key": "team", "value": "a"}]
    }"#;

    fn access(
        input: &api::RegisterTaskDefinitionRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let family = input.family.as_deref().unwrap_or_default();
        let resource = arn(req.info, format_args!("task-definition/{family}:*"));
        let given = tags::requested(input.tags.as_deref());
        let privileged = input
            .container_definitions
            .iter()
            .flatten()
            .any(|container| container.privileged == Some(true));
        let number = |text: &Option<String>, read: fn(&str) -> Result<u32, AwsError>| {
            text.as_deref()
                .and_then(|t| read(t).ok())
                .map(|units| units.to_string())
        };
        let compatibilities = input.requires_compatibilities.clone().unwrap_or_default();
        let register = AccessCheck::new("ecs:RegisterTaskDefinition", &resource)
            .key("ecs:privileged", privileged.to_string())
            .key_list("ecs:compute-compatibility", compatibilities)
            .key_opt("ecs:task-cpu", number(&input.cpu, cpu_units))
            .key_opt("ecs:task-memory", number(&input.memory, memory_mib))
            .request_tags(&given);
        let mut checks = vec![register];
        checks.extend(access::tags_on_create(
            "RegisterTaskDefinition",
            resource,
            &given,
        ));
        let mut roles = Vec::new();
        for role in [&input.task_role_arn, &input.execution_role_arn]
            .into_iter()
            .flatten()
        {
            if !role.is_empty() {
                roles.push(access::role_arn(req.info, role)?);
            }
        }
        checks.extend(access::pass_roles(&roles));
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::RegisterTaskDefinitionResponse, AwsError> {
        let mut definition = normalize::definition(req.info, req.input)?;
        let compatibilities = validate::check(&definition, &is_ecr)?;
        let tags = tags::validated(req.input.tags.as_deref())?;
        let family = definition.family.clone().unwrap_or_default();
        let family_key = key(req.info, &family);
        let mut counter = tx
            .get::<Family>(&family_key)
            .map(|f| f.cloned())
            .unwrap_or_default();
        counter.name.clone_from(&family);
        counter.last_revision += 1;
        counter.latest_active = Some(counter.last_revision);
        counter.revisions += 1;
        let revision = counter.last_revision;
        let arn = arn(
            req.info,
            format_args!("task-definition/{family}:{revision}"),
        );
        definition.task_definition_arn = Some(arn.clone());
        definition.revision = i32::try_from(revision).ok();
        definition.requires_attributes = Some(attributes::required(&definition, &is_ecr));
        definition.compatibilities = Some(compatibilities);
        definition.registered_at = Some(req.now);
        definition.registered_by = Some(req.caller.arn.clone());
        let document = TaskDefinition {
            family: family.clone(),
            revision,
            arn,
            status: TaskDefinitionStatus::Active,
            tags,
            definition: Stored(definition),
        };
        let answer = api::RegisterTaskDefinitionResponse {
            task_definition: Some(shown(&document)),
            tags: Some(tags::shown(&document.tags)),
        };
        tx.put(
            key(req.info, &TaskDefinition::key_part(&family, revision)),
            document,
        );
        tx.put(family_key, counter);
        Ok(answer)
    }
}
