//! `FilterLogEvents`.

use std::collections::HashMap;

use rolecall_api::logs::{FilterLogEventsResponse, FilteredLogEvent};
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use crate::documents::{LogGroup, LogStream};
use crate::events::{EventStore, GroupEvent, GroupPage, LogEvents, ReadLimits};
use crate::pattern::Pattern;
use crate::{access, errors, names, tokens};

/// How many events one call looks at before it answers with a token, matching or not.
const LOOKED_AT_MAX: usize = 100_000;

/// Searches streams of a group, merged by time.
///
/// Source: CloudWatch Logs API Reference, `FilterLogEvents`.
pub struct FilterLogEvents;

type Api = rolecall_api::logs::FilterLogEvents;

impl DataOperation for FilterLogEvents {
    type Api = Api;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app","filterPattern":"ERROR"}"#;

    fn access(input: &Input<Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let group = named(input)?;
        let check = access::group(req, "logs:FilterLogEvents", group);
        Ok(access::reader(req, check, group, input.unmask))
    }

    async fn handle(input: Input<Api>, ctx: DataContext) -> Result<Output<Api>, AwsError> {
        let snap = ctx.store.snapshot();
        let group = names::group(&snap, &ctx.info, named(&input)?)?;
        let streams = chosen(&input, &ctx, &group)?;
        drop(snap);
        if input.start_from_head == Some(false) {
            return Err(errors::not_built(
                "FilterLogEvents from the newest event backward",
            ));
        }
        let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())?;
        let max = usize::try_from(input.limit.unwrap_or(10_000)).unwrap_or(10_000);
        let mut from = input
            .next_token
            .as_deref()
            .map(|token| tokens::read_group_position(token).ok_or_else(errors::bad_token))
            .transpose()?;
        let limits = ReadLimits {
            start_ms: input
                .start_time
                .unwrap_or(i64::MIN)
                .max(group.kept_from_ms(ctx.now)),
            // This operation's end is inclusive.
            end_ms: input.end_time.unwrap_or(i64::MAX).saturating_add(1),
            events: max,
        };
        let store = EventStore {
            group: group.id.clone(),
        };
        let port = ctx.port::<dyn LogEvents>()?;
        let mut found = Vec::new();
        let mut looked_at = 0;
        let next = loop {
            let page: GroupPage = port
                .read_streams(&store, streams.keys().cloned().collect(), from, limits)
                .await
                .map_err(|fault| errors::unavailable(&fault))?;
            looked_at += page.events.len();
            let fits = |e: &GroupEvent| pattern.matches(&e.event.message);
            found.extend(page.events.into_iter().filter(fits));
            match page.next {
                None => break None,
                // A page never holds more events than the limit, so none is lost by stopping here.
                Some(at) if !found.is_empty() || looked_at >= LOOKED_AT_MAX => break Some(at),
                Some(at) => from = Some(at),
            }
        };
        let events = found.into_iter().map(|e| show(&streams, e)).collect();
        Ok(FilterLogEventsResponse {
            events: Some(events),
            searched_log_streams: Some(Vec::new()),
            next_token: next.as_ref().map(tokens::of_group_position),
        })
    }
}

/// The ids of the streams to search, with their names.
fn chosen(
    input: &Input<Api>,
    ctx: &DataContext,
    group: &LogGroup,
) -> Result<HashMap<String, String>, AwsError> {
    let snap = ctx.store.snapshot();
    let pair = |stream: &LogStream| (stream.id.clone(), stream.name.clone());
    match (&input.log_stream_names, &input.log_stream_name_prefix) {
        (Some(_), Some(_)) => Err(errors::invalid(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
        )),
        (Some(wanted), None) => wanted
            .iter()
            .map(|name| {
                let key = names::stream_key(&ctx.info, &group.name, name);
                let stream = snap.get::<LogStream>(&key).ok_or_else(errors::no_stream)?;
                Ok(pair(&stream))
            })
            .collect(),
        (None, prefix) => {
            let all = names::streams_prefix(&ctx.info, &group.name);
            let prefix = format!("{all}{}", prefix.as_deref().unwrap_or_default());
            Ok(snap
                .range::<LogStream>(&prefix)
                .map(|(_, stream)| pair(&stream))
                .collect())
        }
    }
}

fn named(input: &Input<Api>) -> Result<&str, AwsError> {
    names::named(
        input.log_group_name.as_ref(),
        input.log_group_identifier.as_ref(),
    )
}

fn show(streams: &HashMap<String, String>, found: GroupEvent) -> FilteredLogEvent {
    let GroupEvent { stream, event } = found;
    FilteredLogEvent {
        event_id: Some(tokens::event_id(
            event.timestamp_ms,
            &stream,
            event.sequence,
        )),
        log_stream_name: streams.get(&stream).cloned(),
        timestamp: Some(event.timestamp_ms),
        message: Some(event.message),
        ingestion_time: Some(event.ingestion_ms),
    }
}
