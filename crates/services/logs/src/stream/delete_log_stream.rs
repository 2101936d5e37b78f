//! `DeleteLogStream`.

use std::sync::Arc;

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};
use rolecall_store::Txn;

use crate::documents::LogStream;
use crate::events::{EventStore, LogEvents};
use crate::names::{self, required};
use crate::{access, errors};

/// Deletes a log stream with all of its events.
///
/// Source: CloudWatch Logs API Reference, `DeleteLogStream`.
pub struct DeleteLogStream;

impl DataOperation for DeleteLogStream {
    type Api = rolecall_api::logs::DeleteLogStream;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","logStreamName":"ecs/app/0123"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = required(&input.log_group_name);
        let stream = required(&input.log_stream_name);
        Ok(access::stream(req, "logs:DeleteLogStream", group, stream).into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let info = Arc::clone(&ctx.info);
        let delete = move |tx: &mut Txn| {
            let group_name = required(&input.log_group_name);
            let group = names::group_in(tx, &info, group_name)?;
            let key = names::stream_key(&info, group_name, required(&input.log_stream_name));
            let stream = tx.get::<LogStream>(&key).ok_or_else(errors::no_stream)?;
            tx.delete::<LogStream>(&key);
            Ok::<_, AwsError>((group.id.clone(), stream.id.clone()))
        };
        let (group, stream) = super::committed(ctx.store.transact(delete).await)?;
        let events = ctx.port::<dyn LogEvents>()?;
        events
            .delete_stream(&EventStore { group }, &stream)
            .await
            .map_err(|fault| errors::unavailable(&fault))?;
        Ok(Empty {})
    }
}
