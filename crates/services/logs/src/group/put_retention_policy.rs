//! `PutRetentionPolicy`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::LogGroup;
use crate::names::{self, required};
use crate::{access, errors};

/// The numbers of days that CloudWatch Logs knows.
const DAYS: [i32; 23] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653, 7300,
];

/// Sets how long a group's events are kept, in days.
///
/// Source: CloudWatch Logs API Reference, `PutRetentionPolicy`.
pub struct PutRetentionPolicy;

impl Operation for PutRetentionPolicy {
    type Api = rolecall_api::logs::PutRetentionPolicy;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","retentionInDays":14}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = required(&input.log_group_name);
        Ok(access::group(req, "logs:PutRetentionPolicy", group).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let days = req.input.retention_in_days.unwrap_or_default();
        if !DAYS.contains(&days) {
            let known: Vec<String> = DAYS.iter().map(ToString::to_string).collect();
            return Err(errors::invalid(format!(
                "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{}]",
                known.join(", ")
            )));
        }
        let name = required(&req.input.log_group_name);
        let found = tx.update::<LogGroup>(&names::group_key(req.info, name), |group| {
            group.retention_days = Some(days);
        });
        if found {
            Ok(Empty {})
        } else {
            Err(errors::no_group())
        }
    }
}
