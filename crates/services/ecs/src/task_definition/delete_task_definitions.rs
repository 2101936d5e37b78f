//! `DeleteTaskDefinitions`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::view::shown;
use crate::documents::{TaskDefinition, TaskDefinitionStatus};
use crate::errors;
use crate::refs::{DefinitionRef, key};

/// The most task definitions of a call.
const DEFINITIONS_MAX: usize = 10;

/// Deletes inactive revisions: each stays as `DELETE_IN_PROGRESS` until no task uses it.
///
/// Source: Amazon ECS API Reference, `DeleteTaskDefinitions`.
pub struct DeleteTaskDefinitions;

impl Operation for DeleteTaskDefinitions {
    type Api = api::DeleteTaskDefinitions;

    const EXAMPLE: &'static str = r#"{"taskDefinitions": ["example:1"]}"#;

    fn access(
        input: &api::DeleteTaskDefinitionsRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let mut checks = Vec::new();
        for given in input.task_definitions.iter().flatten() {
            let named = DefinitionRef::parse(req.info, given);
            let resource = named
                .as_ref()
                .map_or_else(|| given.clone(), |d| d.access_arn(req.info));
            let check = AccessCheck::new("ecs:DeleteTaskDefinitions", resource);
            let found = named.and_then(|d| d.find(req.info, req.snap));
            checks.push(match found {
                Some(found) => check.service_resource_tags("ecs", &found.tags),
                None => check,
            });
        }
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DeleteTaskDefinitionsResponse, AwsError> {
        let given = req.input.task_definitions.as_deref().unwrap_or_default();
        if given.len() > DEFINITIONS_MAX {
            return Err(errors::invalid(
                "Number of task definitions cannot be greater than 10.",
            ));
        }
        let (mut deleted, mut failures) = (Vec::new(), Vec::new());
        for text in given {
            let named = DefinitionRef::parse(req.info, text);
            if named.as_ref().is_none_or(|d| d.revision.is_none()) {
                return Err(errors::client("Invalid revision number. Number: null"));
            }
            let found = named.and_then(|d| d.find(req.info, tx));
            let failure = |reason: &str| api::Failure {
                arn: Some(text.clone()),
                reason: Some(reason.to_owned()),
                detail: None,
            };
            match found.map(|f| f.cloned()) {
                None => failures.push(failure(
                    "The specified task definition does not exist. Specify a valid account, \
                     family, revision and try again.",
                )),
                Some(found) if found.status == TaskDefinitionStatus::Active => {
                    failures.push(failure(
                        "The specified task definition is still in ACTIVE status. Please \
                         deregister the target and try again.",
                    ));
                }
                Some(mut found) => {
                    if found.status == TaskDefinitionStatus::Inactive {
                        found.status = TaskDefinitionStatus::DeleteInProgress;
                        found.definition.delete_requested_at = Some(req.now);
                    }
                    deleted.push(shown(&found));
                    let part = TaskDefinition::key_part(&found.family, found.revision);
                    tx.put(key(req.info, &part), found);
                }
            }
        }
        Ok(api::DeleteTaskDefinitionsResponse {
            task_definitions: Some(deleted),
            failures: Some(failures),
        })
    }
}
