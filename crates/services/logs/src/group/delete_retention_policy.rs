//! `DeleteRetentionPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::LogGroup;
use crate::names::{self, required};
use crate::{access, errors};

/// Lets a group keep its events for ever.
///
/// Source: CloudWatch Logs API Reference, `DeleteRetentionPolicy`.
pub struct DeleteRetentionPolicy;

impl Operation for DeleteRetentionPolicy {
    type Api = rolecall_api::logs::DeleteRetentionPolicy;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = required(&input.log_group_name);
        Ok(access::group(req, "logs:DeleteRetentionPolicy", group).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let name = required(&req.input.log_group_name);
        let found = tx.update::<LogGroup>(&names::group_key(req.info, name), |group| {
            group.retention_days = None;
        });
        if found {
            Ok(Empty {})
        } else {
            Err(errors::no_group())
        }
    }
}
