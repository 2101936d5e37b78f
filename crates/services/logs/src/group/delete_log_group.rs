//! `DeleteLogGroup`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};
use rolecall_store::Txn;

use crate::documents::{LogGroup, LogStream};
use crate::events::{EventStore, LogEvents};
use crate::names::{self, required};
use crate::{access, errors};

/// Deletes a log group with its streams and all of their events.
///
/// The documents go first; events that a crash leaves behind are kept under an id that nothing
/// names any more.
///
/// Source: CloudWatch Logs API Reference, `DeleteLogGroup`.
pub struct DeleteLogGroup;

impl DataOperation for DeleteLogGroup {
    type Api = rolecall_api::logs::DeleteLogGroup;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = required(&input.log_group_name);
        Ok(access::group(req, "logs:DeleteLogGroup", group).into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let info = std::sync::Arc::clone(&ctx.info);
        let delete = move |tx: &mut Txn| {
            let name = required(&input.log_group_name);
            let group = names::group_in(tx, &info, name)?;
            let streams: Vec<String> = tx
                .range::<LogStream>(&names::streams_prefix(&info, name))
                .map(|(key, _)| key.to_string())
                .collect();
            for key in streams {
                tx.delete::<LogStream>(&key);
            }
            tx.delete::<LogGroup>(&names::group_key(&info, name));
            Ok::<_, AwsError>(group.id.clone())
        };
        let id = super::super::stream::committed(ctx.store.transact(delete).await)?;
        let store = EventStore { group: id };
        let events = ctx.port::<dyn LogEvents>()?;
        events
            .delete_group(&store)
            .await
            .map_err(|fault| errors::unavailable(&fault))?;
        Ok(Empty {})
    }
}
