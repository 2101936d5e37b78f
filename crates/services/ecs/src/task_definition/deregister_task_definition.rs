//! `DeregisterTaskDefinition`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::status::refresh_latest;
use super::view::shown;
use crate::documents::{TaskDefinition, TaskDefinitionStatus};
use crate::errors;
use crate::refs::{DefinitionRef, key};

/// Makes a revision inactive: tasks that run go on, new ones cannot start.
///
/// Source: Amazon ECS API Reference, `DeregisterTaskDefinition`.
pub struct DeregisterTaskDefinition;

impl Operation for DeregisterTaskDefinition {
    type Api = api::DeregisterTaskDefinition;

    const EXAMPLE: &'static str = r#"{"taskDefinition": "example:1"}"#;

    fn access(
        _: &api::DeregisterTaskDefinitionRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:DeregisterTaskDefinition", "*").into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeregisterTaskDefinitionResponse, AwsError> {
        let given = req.input.task_definition.as_deref().unwrap_or_default();
        let named = DefinitionRef::parse(req.info, given)
            .ok_or_else(|| errors::client("Invalid revision number. Number: null"))?;
        let Some(revision) = named.revision else {
            return Err(errors::client("Invalid revision number. Number: null"));
        };
        let found = named.find(req.info, tx);
        let mut found = found
            .ok_or_else(|| errors::client("The specified task definition does not exist."))?
            .cloned();
        if found.status != TaskDefinitionStatus::Active {
            return Err(errors::definition_inactive());
        }
        found.status = TaskDefinitionStatus::Inactive;
        found.definition.deregistered_at = Some(req.now);
        let answer = shown(&found);
        let part = TaskDefinition::key_part(&found.family, revision);
        tx.put(key(req.info, &part), found.clone());
        refresh_latest(
            tx,
            req.info.account(),
            &req.info.region,
            &found.family,
            revision,
        );
        Ok(api::DeregisterTaskDefinitionResponse {
            task_definition: Some(answer),
        })
    }
}
