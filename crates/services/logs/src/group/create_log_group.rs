//! `CreateLogGroup`.

use rolecall_api::Empty;
use rolecall_base::{AwsError, Tags, rng};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::LogGroup;
use crate::errors;
use crate::names::{self, required};

/// Makes a log group. Encryption with KMS, deletion protection and the classes other than STANDARD
/// are refused: they would be stored and ignored.
///
/// Source: CloudWatch Logs API Reference, `CreateLogGroup`.
pub struct CreateLogGroup;

impl Operation for CreateLogGroup {
    type Api = rolecall_api::logs::CreateLogGroup;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","tags":{"Name":"app"}}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.log_group_name);
        let tags = given(input);
        let resource = names::group_resource(req.info, name);
        let check = AccessCheck::new("logs:CreateLogGroup", resource).request_tags(&tags);
        let mut checks = vec![check];
        if !tags.is_empty() {
            let arn = names::group_arn(req.info, name);
            checks.push(AccessCheck::new("logs:TagResource", arn).request_tags(&tags));
        }
        Ok(checks.into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        if input.kms_key_id.is_some() {
            return Err(errors::not_built("Encryption of a log group with KMS"));
        }
        if input.deletion_protection_enabled == Some(true) {
            return Err(errors::not_built("Deletion protection of a log group"));
        }
        if input
            .log_group_class
            .as_deref()
            .is_some_and(|class| class != "STANDARD")
        {
            return Err(errors::not_built("A log group class other than STANDARD"));
        }
        let name = required(&input.log_group_name);
        let key = names::group_key(req.info, name);
        if tx.get::<LogGroup>(&key).is_some() {
            return Err(errors::group_exists());
        }
        let group = LogGroup {
            id: rng::uuid(&mut req.ids()),
            name: name.to_owned(),
            created: req.now,
            retention_days: None,
            tags: given(input),
        };
        tx.put(key, group);
        Ok(Empty {})
    }
}

fn given(input: &Input<rolecall_api::logs::CreateLogGroup>) -> Tags {
    input
        .tags
        .iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}
