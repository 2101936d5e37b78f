//! `GetLogEvents`.

use rolecall_api::logs::{GetLogEventsResponse, OutputLogEvent};
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use crate::events::{EventStore, LogEvents, ReadLimits};
use crate::names::{self, required};
use crate::{access, errors, tokens};

/// Reads a stream: from the newest events backward, or from the oldest forward. At either end the
/// token that was given comes back.
///
/// Source: CloudWatch Logs API Reference, `GetLogEvents`.
pub struct GetLogEvents;

impl DataOperation for GetLogEvents {
    type Api = rolecall_api::logs::GetLogEvents;
    const EXAMPLE: &'static str =
        r#"{"logGroupName":"/ecs/app","logStreamName":"ecs/app/0123","startFromHead":true}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = named(input)?;
        let stream = required(&input.log_stream_name);
        let check = access::stream(req, "logs:GetLogEvents", group, stream);
        Ok(access::reader(req, check, group, input.unmask))
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let stream_name = required(&input.log_stream_name);
        let (group, stream) = names::stream(
            &ctx.store.snapshot(),
            &ctx.info,
            named(&input)?,
            stream_name,
        )?;
        let (forward, from) = match input.next_token.as_deref() {
            Some(token) => {
                let (forward, at) = tokens::read_position(token).ok_or_else(errors::bad_token)?;
                (forward, Some(at))
            }
            None => (input.start_from_head == Some(true), None),
        };
        let limits = ReadLimits {
            start_ms: input
                .start_time
                .unwrap_or(i64::MIN)
                .max(group.kept_from_ms(ctx.now)),
            end_ms: input.end_time.unwrap_or(i64::MAX),
            events: usize::try_from(input.limit.unwrap_or(10_000)).unwrap_or(10_000),
        };
        let store = EventStore {
            group: group.id.clone(),
        };
        let page = ctx
            .port::<dyn LogEvents>()?
            .read(&store, &stream.id, from, forward, limits)
            .await
            .map_err(|fault| errors::unavailable(&fault))?;
        let shown = page.events.into_iter().map(|event| OutputLogEvent {
            timestamp: Some(event.timestamp_ms),
            message: Some(event.message),
            ingestion_time: Some(event.ingestion_ms),
        });
        Ok(GetLogEventsResponse {
            events: Some(shown.collect()),
            next_forward_token: Some(tokens::of_position(true, page.forward)),
            next_backward_token: Some(tokens::of_position(false, page.backward)),
        })
    }
}

fn named(input: &Input<rolecall_api::logs::GetLogEvents>) -> Result<&str, AwsError> {
    names::named(
        input.log_group_name.as_ref(),
        input.log_group_identifier.as_ref(),
    )
}
