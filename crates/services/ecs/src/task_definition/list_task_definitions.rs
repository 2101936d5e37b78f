//! `ListTaskDefinitions`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::{Doc, Txn};

use crate::documents::{TaskDefinition, TaskDefinitionStatus};
use crate::listing::PageRequest;
use crate::refs::key;

/// Lists the ARNs of revisions of one status, by family and then by revision.
///
/// Source: Amazon ECS API Reference, `ListTaskDefinitions`.
pub struct ListTaskDefinitions;

impl Operation for ListTaskDefinitions {
    type Api = api::ListTaskDefinitions;

    const EXAMPLE: &'static str = r#"{"familyPrefix": "example", "sort": "DESC"}"#;

    fn access(
        _: &api::ListTaskDefinitionsRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:ListTaskDefinitions", "*").into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListTaskDefinitionsResponse, AwsError> {
        let input = req.input;
        let page = PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        let status = match input.status.as_deref() {
            Some("INACTIVE") => TaskDefinitionStatus::Inactive,
            Some("DELETE_IN_PROGRESS") => TaskDefinitionStatus::DeleteInProgress,
            _ => TaskDefinitionStatus::Active,
        };
        // The whole name of a family, in spite of the member's name.
        let prefix = match input.family_prefix.as_deref().filter(|f| !f.is_empty()) {
            Some(family) => key(req.info, &format!("{family}#")),
            None => key(req.info, ""),
        };
        let wanted = |found: &Doc<TaskDefinition>| found.status == status;
        let (found, next_token) = if input.sort.as_deref() == Some("DESC") {
            let before = page.after.as_deref();
            let mut all: Vec<(&str, Doc<TaskDefinition>)> = tx
                .range::<TaskDefinition>(&prefix)
                .take_while(|(key, _)| before.is_none_or(|before| *key < before))
                .filter(|(_, found)| wanted(found))
                .collect();
            all.reverse();
            page.take(all)
        } else {
            let after = page.after.as_deref().unwrap_or_default();
            let all = tx.range_after::<TaskDefinition>(&prefix, after);
            page.take(all.filter(|(_, found)| wanted(found)))
        };
        let arns = found.iter().map(|found| found.arn.clone()).collect();
        Ok(api::ListTaskDefinitionsResponse {
            task_definition_arns: Some(arns),
            next_token,
        })
    }
}
