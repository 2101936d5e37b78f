//! `LookupEvents`.

use std::time::Duration;

use rolecall_api::cloudtrail::{Event, LookupEventsResponse, Resource};
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};
use rolecall_record::{CallRecord, Entry, History, Query};

use super::json::{event_id, event_json, user_name};
use super::resources::resource;
use super::tokens;
use crate::errors;

/// How far back event history goes (CloudTrail API Reference, `LookupEvents`: 90 days).
const HISTORY: Duration = Duration::from_secs(90 * 24 * 3600);

/// The most events of one answer, which is also the default.
const RESULTS_MAX: usize = 50;

/// Finds the management events of the account in the region of the call, the newest ones first.
///
/// An event is found as soon as its call was answered; AWS takes minutes. Events stand in the order
/// in which their calls ended. There are no Insights events: a lookup of these finds nothing.
///
/// Source: CloudTrail API Reference, `LookupEvents`; CloudTrail User Guide, "Viewing events with
/// CloudTrail event history": "You can look up events ... in a Region"; one attribute at a time.
pub struct LookupEvents;

impl DataOperation for LookupEvents {
    type Api = rolecall_api::cloudtrail::LookupEvents;
    const EXAMPLE: &'static str = r#"{"LookupAttributes":[{"AttributeKey":"EventName",
        "AttributeValue":"RunTask"}],"MaxResults":10}"#;

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("cloudtrail:LookupEvents", "*").into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let wanted = Attribute::of(&input)?;
        if let (Some(start), Some(end)) = (input.start_time, input.end_time)
            && start > end
        {
            return Err(errors::time_range());
        }
        let asked = format!("{wanted:?} {:?} {:?}", input.start_time, input.end_time);
        let asked = tokens::digest(&asked);
        let before = match &input.next_token {
            Some(token) => Some(tokens::read(token, asked).ok_or_else(errors::next_token)?),
            None => None,
        };
        if input.event_category.is_some() {
            return Ok(answer(Vec::new(), None));
        }
        let oldest = ctx.now.minus(HISTORY);
        let query = Query {
            since: Some(input.start_time.map_or(oldest, |start| start.max(oldest))),
            // Times of lookups are whole seconds, and the last one counts whole.
            until: input
                .end_time
                .map(|end| end.plus(Duration::from_millis(999))),
            before,
            management: true,
            ..Query::default()
        };
        let results = input.max_results.and_then(|n| usize::try_from(n).ok());
        let results = results.unwrap_or(RESULTS_MAX).clamp(1, RESULTS_MAX);
        let (account, region) = (ctx.account().to_string(), ctx.region.to_string());
        let recipient = account.clone();
        let takes = move |call: &CallRecord<'static>| {
            is_of(call, &account)
                && call.region == region
                && wanted.as_ref().is_none_or(|wanted| wanted.takes(call))
        };
        // One more than is given tells whether there is more.
        let found = ctx
            .port::<dyn History>()?
            .select(query, Box::new(takes), results + 1)
            .await
            .map_err(|error| errors::unreadable(&error))?;
        let more = found.len() > results;
        let given = found.get(..results).unwrap_or(&found);
        let last = given.last().filter(|_| more);
        let next = last.map(|last| tokens::write(last.position, asked));
        Ok(answer(
            given.iter().map(|entry| event(entry, &recipient)).collect(),
            next,
        ))
    }
}

fn answer(events: Vec<Event>, next_token: Option<String>) -> LookupEventsResponse {
    LookupEventsResponse {
        events: Some(events),
        next_token,
    }
}

/// Whether a call is an event of an account: its own calls, and what others succeeded to do with
/// its resources.
fn is_of(call: &CallRecord<'_>, account: &str) -> bool {
    let concerned = || {
        call.resources
            .iter()
            .any(|touched| touched.account == account)
    };
    call.account == account || (call.error().is_none() && concerned())
}

fn event(entry: &Entry, recipient: &str) -> Event {
    let call = &entry.call;
    let own = call.account == recipient;
    let resources = call.resources.iter().filter_map(|touched| {
        resource(&touched.arn).map(|resource| Resource {
            resource_type: Some(resource.kind.to_owned()),
            resource_name: Some(resource.name.to_owned()),
        })
    });
    Event {
        event_id: Some(event_id(call)),
        event_name: Some(call.operation.to_string()),
        read_only: Some(call.read_only.to_string()),
        access_key_id: own
            .then_some(call.caller.access_key_id.as_ref())
            .flatten()
            .map(ToString::to_string),
        event_time: Some(call.at),
        event_source: Some(call.source.to_string()),
        username: own
            .then(|| user_name(&call.caller).map(str::to_owned))
            .flatten(),
        resources: Some(resources.collect()),
        cloud_trail_event: Some(event_json(call, recipient)),
    }
}

/// What a lookup asks for.
#[derive(Debug)]
struct Attribute {
    key: String,
    value: String,
}

impl Attribute {
    fn of(input: &Input<rolecall_api::cloudtrail::LookupEvents>) -> Result<Option<Self>, AwsError> {
        let attribute = match input.lookup_attributes.as_deref() {
            None | Some([]) => return Ok(None),
            Some([attribute]) => attribute,
            Some(_) => {
                let message = "You can specify only one lookup attribute.";
                return Err(errors::lookup_attributes(message));
            }
        };
        match (&attribute.attribute_key, &attribute.attribute_value) {
            (Some(key), Some(value)) if !value.is_empty() => Ok(Some(Self {
                key: key.clone(),
                value: value.clone(),
            })),
            _ => {
                let message = "The value of a lookup attribute cannot be empty.";
                Err(errors::lookup_attributes(message))
            }
        }
    }

    fn takes(&self, call: &CallRecord<'_>) -> bool {
        let value = self.value.as_str();
        match self.key.as_str() {
            "EventId" => event_id(call) == value,
            "EventName" => call.operation == value,
            "ReadOnly" => value == if call.read_only { "true" } else { "false" },
            "Username" => user_name(&call.caller) == Some(value),
            "EventSource" => call.source == value,
            "AccessKeyId" => call.caller.access_key_id.as_deref() == Some(value),
            "ResourceName" => call.resources.iter().any(|touched| {
                touched.arn == value || resource(&touched.arn).is_some_and(|r| r.name == value)
            }),
            "ResourceType" => call
                .resources
                .iter()
                .any(|touched| resource(&touched.arn).is_some_and(|r| r.kind == value)),
            _ => false,
        }
    }
}
