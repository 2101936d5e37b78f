//! `GetServiceLastAccessedDetails`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::grants::service_name;
use super::report::{AccessReport, ServiceUse};
use crate::errors;
use crate::listing::Paging;
use crate::text::required;

/// The report of a job: the services that the policies allow, each with its last use.
///
/// Source: IAM API Reference, `GetServiceLastAccessedDetails`. Jobs are complete when they are
/// answered, so that no status but `COMPLETED` is seen.
pub struct GetServiceLastAccessedDetails;

impl Operation for GetServiceLastAccessedDetails {
    type Api = rolecall_api::iam::GetServiceLastAccessedDetails;
    const EXAMPLE: &'static str = r#"{"JobId":"0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e"}"#;

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetServiceLastAccessedDetails", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let job = required(&req.input.job_id);
        let report = tx
            .get::<AccessReport>(&super::job::key(req.account(), job))
            .ok_or_else(|| errors::no_job(job))?;
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let services = report.services.clone();
        let page = paging.slice(services, |service| service.namespace.clone())?;
        let actions = report.granularity == "ACTION_LEVEL";
        let shown = page.items.iter().map(|service| shown(service, actions));
        Ok(api::GetServiceLastAccessedDetailsResponse {
            job_status: Some("COMPLETED".to_owned()),
            job_type: Some(report.granularity.clone()),
            job_creation_date: Some(report.created),
            services_last_accessed: Some(shown.collect()),
            job_completion_date: Some(report.created),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
            error: None,
        })
    }
}

fn shown(service: &ServiceUse, actions: bool) -> api::ServiceLastAccessed {
    let last = service.last();
    let tracked = service.actions.iter().map(|(action, used)| {
        let (entity, last) = used.as_ref().map(|(who, last)| (who, last)).unzip();
        api::TrackedActionLastAccessed {
            action_name: Some(action.clone()),
            last_accessed_entity: entity.cloned(),
            last_accessed_time: last.map(|last| last.at),
            last_accessed_region: last.map(|last| last.region.clone()),
        }
    });
    api::ServiceLastAccessed {
        service_name: Some(service_name(&service.namespace)),
        last_authenticated: last.map(|(_, last)| last.at),
        service_namespace: Some(service.namespace.clone()),
        last_authenticated_entity: last.map(|(who, _)| who.clone()),
        last_authenticated_region: last.map(|(_, last)| last.region.clone()),
        total_authenticated_entities: i32::try_from(service.by.len()).ok(),
        tracked_actions_last_accessed: actions.then(|| tracked.collect()),
    }
}
