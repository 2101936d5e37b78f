//! `DescribeLogStreams`.

use rolecall_api::logs::{DescribeLogStreamsResponse, LogStream as Shown};
use rolecall_base::{AwsError, page};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, DataContext, DataOperation};

use crate::documents::LogStream;
use crate::events::{EventStore, LogEvents, StreamFigures};
use crate::names;
use crate::{access, errors};

/// Lists the streams of a group, by name or by the time of their last event.
///
/// Source: CloudWatch Logs API Reference, `DescribeLogStreams`.
pub struct DescribeLogStreams;

impl DataOperation for DescribeLogStreams {
    type Api = rolecall_api::logs::DescribeLogStreams;
    const EXAMPLE: &'static str = r#"{"logGroupName":"/ecs/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "logs:DescribeLogStreams", named(input)?).into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let by_time = input.order_by.as_deref() == Some("LastEventTime");
        if by_time && input.log_stream_name_prefix.is_some() {
            return Err(errors::invalid(
                "Cannot order by LastEventTime with a logStreamNamePrefix.",
            ));
        }
        let group_name = named(&input)?;
        let snap = ctx.store.snapshot();
        let group = names::group(&snap, &ctx.info, group_name)?;
        let all = names::streams_prefix(&ctx.info, group_name);
        let prefix = format!(
            "{all}{}",
            input.log_stream_name_prefix.as_deref().unwrap_or_default()
        );
        let streams: Vec<LogStream> = snap
            .range::<LogStream>(&prefix)
            .map(|(_, stream)| stream.cloned())
            .collect();
        drop(snap);
        let events = ctx.port::<dyn LogEvents>()?;
        let store = EventStore {
            group: group.id.clone(),
        };
        let mut rows = Vec::with_capacity(streams.len());
        for stream in streams {
            // The order by name needs the figures of one page only.
            let figures = if by_time {
                figures(&*events, &store, &stream).await?
            } else {
                None
            };
            let time = figures
                .as_ref()
                .and_then(|f| f.last_event_ms)
                .unwrap_or(0)
                .max(0);
            let key = if by_time {
                format!("{time:020}/{}", stream.name)
            } else {
                stream.name.clone()
            };
            rows.push((key, stream, figures));
        }
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        if input.descending == Some(true) {
            rows.reverse();
        }
        let page = cut(&input, rows)?;
        let mut shown = Vec::with_capacity(page.items.len());
        for (_, stream, known) in page.items {
            let figures = match known {
                Some(figures) => Some(figures),
                None => figures(&*events, &store, &stream).await?,
            };
            shown.push(show(&ctx, group_name, &stream, figures.unwrap_or_default()));
        }
        Ok(DescribeLogStreamsResponse {
            log_streams: Some(shown),
            next_token: page.next,
        })
    }
}

type Row = (String, LogStream, Option<StreamFigures>);

/// The page after the token; the order may run either way, so the token's row is looked for.
fn cut(
    input: &Input<rolecall_api::logs::DescribeLogStreams>,
    rows: Vec<Row>,
) -> Result<page::Page<Row>, AwsError> {
    let after = input
        .next_token
        .as_deref()
        .map(page::read_token)
        .transpose();
    let after = after.map_err(|_| errors::bad_token())?;
    let descending = input.descending == Some(true);
    let max = usize::try_from(input.limit.unwrap_or(50)).unwrap_or(50);
    let mut rest = rows
        .into_iter()
        .skip_while(|row| {
            after
                .as_ref()
                .is_some_and(|a| if descending { row.0 >= *a } else { row.0 <= *a })
        })
        .peekable();
    let items: Vec<Row> = rest.by_ref().take(max).collect();
    let next = if rest.peek().is_some() {
        items.last().map(|r| page::token(&r.0))
    } else {
        None
    };
    Ok(page::Page { items, next })
}

async fn figures(
    events: &dyn LogEvents,
    store: &EventStore,
    stream: &LogStream,
) -> Result<Option<StreamFigures>, AwsError> {
    let found = events.figures(store, &stream.id).await;
    found.map(Some).map_err(|fault| errors::unavailable(&fault))
}

fn named(input: &Input<rolecall_api::logs::DescribeLogStreams>) -> Result<&str, AwsError> {
    names::named(
        input.log_group_name.as_ref(),
        input.log_group_identifier.as_ref(),
    )
}

fn show(ctx: &DataContext, group: &str, stream: &LogStream, figures: StreamFigures) -> Shown {
    Shown {
        log_stream_name: Some(stream.name.clone()),
        creation_time: Some(stream.created.epoch_millis()),
        first_event_timestamp: figures.first_event_ms,
        last_event_timestamp: figures.last_event_ms,
        last_ingestion_time: figures.last_ingestion_ms,
        upload_sequence_token: Some(crate::event::sequence_token(figures.last_ingestion_ms)),
        arn: Some(names::stream_arn(&ctx.info, group, &stream.name)),
        // Always 0 since 2019-06-17, says the API reference.
        stored_bytes: Some(0),
    }
}
