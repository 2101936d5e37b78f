//! `DescribeLogGroups`.

use rolecall_api::logs::{DescribeLogGroupsResponse, LogGroup as Shown};
use rolecall_base::{AwsError, page};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation, RequestInfo};

use crate::documents::LogGroup;
use crate::errors;
use crate::events::{EventStore, LogEvents};
use crate::names;

/// Lists log groups by name.
///
/// It is authorized on the ARN of a group without a name, which is what AWS's refusals show.
///
/// Source: CloudWatch Logs API Reference, `DescribeLogGroups`.
pub struct DescribeLogGroups;

impl DataOperation for DescribeLogGroups {
    type Api = rolecall_api::logs::DescribeLogGroups;
    const EXAMPLE: &'static str = r#"{"logGroupNamePrefix":"/ecs/"}"#;

    fn access(_: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let resource = names::group_resource(req.info, "");
        Ok(AccessCheck::new("logs:DescribeLogGroups", resource).into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let events = ctx.port::<dyn LogEvents>()?;
        let page = page_of(&input, &ctx)?;
        let mut shown = Vec::with_capacity(page.items.len());
        for group in page.items {
            let store = EventStore {
                group: group.id.clone(),
            };
            let bytes = events
                .stored_bytes(&store)
                .await
                .map_err(|fault| errors::unavailable(&fault))?;
            shown.push(show(&ctx, &group, bytes));
        }
        Ok(DescribeLogGroupsResponse {
            log_groups: Some(shown),
            next_token: page.next,
        })
    }
}

fn page_of(
    input: &Input<rolecall_api::logs::DescribeLogGroups>,
    ctx: &DataContext,
) -> Result<page::Page<LogGroup>, AwsError> {
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        return Err(errors::invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    if input.include_linked_accounts == Some(true) {
        return Err(errors::not_built("A look into linked accounts"));
    }
    let after = input
        .next_token
        .as_deref()
        .map(page::read_token)
        .transpose();
    let after = after.map_err(|_| errors::bad_token())?;
    let max = usize::try_from(input.limit.unwrap_or(50)).unwrap_or(50);
    let all = names::groups_prefix(&ctx.info);
    let prefix = format!(
        "{all}{}",
        input.log_group_name_prefix.as_deref().unwrap_or_default()
    );
    let pattern = input
        .log_group_name_pattern
        .as_ref()
        .map(|p| p.to_lowercase());
    let wanted = input.log_group_identifiers.as_ref();
    let snap = ctx.store.snapshot();
    let groups = snap
        .range_after::<LogGroup>(&prefix, after.as_deref().unwrap_or_default())
        .map(|(_, group)| group.cloned())
        // A pattern matches anywhere in the name, ignoring case.
        .filter(|g| {
            pattern
                .as_ref()
                .is_none_or(|p| g.name.to_lowercase().contains(p.as_str()))
        })
        .filter(|g| {
            wanted.is_none_or(|ids| {
                ids.iter()
                    .any(|id| names::group_of_arn(id).unwrap_or(id) == g.name)
            })
        })
        .filter(|_| {
            input
                .log_group_class
                .as_deref()
                .is_none_or(|class| class == "STANDARD")
        });
    Ok(page::page(
        groups,
        |g| format!("{all}{}", g.name),
        after.as_deref(),
        max,
    ))
}

fn show(info: &RequestInfo, group: &LogGroup, bytes: u64) -> Shown {
    let arn = names::group_arn(info, &group.name);
    Shown {
        log_group_name: Some(group.name.clone()),
        creation_time: Some(group.created.epoch_millis()),
        retention_in_days: group.retention_days,
        metric_filter_count: Some(0),
        arn: Some(format!("{arn}:*")),
        log_group_arn: Some(arn),
        stored_bytes: Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
        log_group_class: Some("STANDARD".to_owned()),
        deletion_protection_enabled: Some(false),
        ..Shown::default()
    }
}
