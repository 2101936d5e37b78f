//! `DescribeTaskDefinition`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::view::shown;
use crate::refs::DefinitionRef;
use crate::{errors, tags};

/// Describes a revision whatever its status, or the latest active one of a family.
///
/// Source: Amazon ECS API Reference, `DescribeTaskDefinition`.
pub struct DescribeTaskDefinition;

impl Operation for DescribeTaskDefinition {
    type Api = api::DescribeTaskDefinition;

    const EXAMPLE: &'static str = r#"{"taskDefinition": "example:1", "include": ["TAGS"]}"#;

    fn access(
        _: &api::DescribeTaskDefinitionRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:DescribeTaskDefinition", "*").into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeTaskDefinitionResponse, AwsError> {
        let given = req.input.task_definition.as_deref().unwrap_or_default();
        let found = DefinitionRef::parse(req.info, given).and_then(|d| d.find(req.info, tx));
        let found = found.ok_or_else(errors::unable_to_describe)?;
        let with_tags = req
            .input
            .include
            .iter()
            .flatten()
            .any(|field| field == "TAGS");
        Ok(api::DescribeTaskDefinitionResponse {
            task_definition: Some(shown(&found)),
            tags: Some(if with_tags {
                tags::shown(&found.tags)
            } else {
                Vec::new()
            }),
        })
    }
}
