//! `CreateLogStream`.

use rolecall_api::Empty;
use rolecall_base::{AwsError, rng};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::LogStream;
use crate::names::{self, required};
use crate::{access, errors};

/// Makes a log stream in a group.
///
/// Source: CloudWatch Logs API Reference, `CreateLogStream`.
pub struct CreateLogStream;

impl Operation for CreateLogStream {
    type Api = rolecall_api::logs::CreateLogStream;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","logStreamName":"ecs/app/0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = required(&input.log_group_name);
        let stream = required(&input.log_stream_name);
        Ok(access::stream(req, "logs:CreateLogStream", group, stream).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let group = required(&req.input.log_group_name);
        let name = required(&req.input.log_stream_name);
        names::group_in(tx, req.info, group)?;
        let key = names::stream_key(req.info, group, name);
        if tx.get::<LogStream>(&key).is_some() {
            return Err(errors::stream_exists());
        }
        let id = rng::uuid(&mut req.ids());
        tx.put(
            key,
            LogStream {
                id,
                name: name.to_owned(),
                created: req.now,
            },
        );
        Ok(Empty {})
    }
}
