//! `PutLogEvents`.

use rolecall_api::logs::{
    InputLogEvent, PutLogEventsResponse, RejectedEntityInfo, RejectedLogEventsInfo,
};
use rolecall_base::{AwsError, Timestamp};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use crate::events::{EventStore, LogEvents};
use crate::names::{self, required};
use crate::{access, errors};

/// The most bytes of a batch: messages in UTF-8 and 26 for each event.
const BATCH_BYTES_MAX: usize = 1_048_576;
const EVENT_OVERHEAD_BYTES: usize = 26;
const HOUR_MS: i64 = 3_600_000;

/// Keeps a batch of events, in the order of time. Events too far in the future, too old, or older
/// than the group's retention are left out and reported.
///
/// Source: CloudWatch Logs API Reference, `PutLogEvents`.
pub struct PutLogEvents;

impl DataOperation for PutLogEvents {
    type Api = rolecall_api::logs::PutLogEvents;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","logStreamName":"ecs/app/0123","logEvents":[{"timestamp":1795305600000,"message":"hello"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = required(&input.log_group_name);
        let stream = required(&input.log_stream_name);
        Ok(access::stream(req, "logs:PutLogEvents", group, stream).into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let (group, stream) = names::stream(
            &ctx.store.snapshot(),
            &ctx.info,
            required(&input.log_group_name),
            required(&input.log_stream_name),
        )?;
        let batch = input.log_events.unwrap_or_default();
        well_formed(&batch)?;
        let kept = sort_out(batch, ctx.now, group.kept_from_ms(ctx.now));
        let resumed_at = super::resumed_at(input.sequence_token.as_deref());
        let mut next = resumed_at.unwrap_or_default();
        if !kept.events.is_empty() {
            let store = EventStore {
                group: group.id.clone(),
            };
            let now_ms = ctx.now.epoch_millis();
            next = ctx
                .port::<dyn LogEvents>()?
                .append(&store, &stream.id, now_ms, kept.events, resumed_at)
                .await
                .map_err(|fault| errors::unavailable(&fault))?;
        }
        Ok(PutLogEventsResponse {
            next_sequence_token: Some(super::next_token(next)),
            rejected_log_events_info: kept.rejected,
            // Entities relate telemetry to resources; none is kept here.
            rejected_entity_info: input.entity.map(|_| RejectedEntityInfo {
                error_type: Some("UnsupportedLogGroupType".to_owned()),
            }),
        })
    }
}

/// What the batch as a whole must keep to.
fn well_formed(batch: &[InputLogEvent]) -> Result<(), AwsError> {
    let time = |event: &InputLogEvent| event.timestamp.unwrap_or_default();
    if !batch.is_sorted_by_key(time) {
        return Err(errors::invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    if let (Some(first), Some(last)) = (batch.first(), batch.last())
        && time(last).saturating_sub(time(first)) > 24 * HOUR_MS
    {
        return Err(errors::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 \
             hours.",
        ));
    }
    let size: usize = batch
        .iter()
        .map(|e| e.message.as_ref().map_or(0, String::len) + EVENT_OVERHEAD_BYTES)
        .sum();
    if size > BATCH_BYTES_MAX {
        return Err(errors::invalid(format!(
            "Upload too large: {size} bytes exceeds limit of {BATCH_BYTES_MAX}"
        )));
    }
    Ok(())
}

struct Kept {
    events: Vec<(i64, String)>,
    rejected: Option<RejectedLogEventsInfo>,
}

/// Leaves out what is more than two hours in the future, older than 14 days, or past retention.
fn sort_out(batch: Vec<InputLogEvent>, now: Timestamp, kept_from_ms: i64) -> Kept {
    let now_ms = now.epoch_millis();
    let (newest, oldest) = (now_ms + 2 * HOUR_MS, now_ms - 14 * 24 * HOUR_MS);
    let mut info = RejectedLogEventsInfo::default();
    let mut events = Vec::with_capacity(batch.len());
    for (index, event) in batch.into_iter().enumerate() {
        let at = event.timestamp.unwrap_or_default();
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        if at > newest {
            info.too_new_log_event_start_index.get_or_insert(index);
        } else if at < oldest {
            info.too_old_log_event_end_index = Some(index + 1);
        } else if at < kept_from_ms {
            info.expired_log_event_end_index = Some(index + 1);
        } else {
            events.push((at, event.message.unwrap_or_default()));
        }
    }
    let rejected = (info != RejectedLogEventsInfo::default()).then_some(info);
    Kept { events, rejected }
}
