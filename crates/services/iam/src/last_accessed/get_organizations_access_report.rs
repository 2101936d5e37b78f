//! `GetOrganizationsAccessReport`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::grants::service_name;
use super::organization::{Accessed, OrganizationReport};
use crate::errors;
use crate::listing::Paging;
use crate::text::required;

/// The report of a job: the services that the policies of the organization allow, each with its
/// last use. By namespace, unless another order is asked for; what was never used counts as the
/// oldest.
///
/// Source: IAM API Reference, `GetOrganizationsAccessReport`. Jobs are over when they are answered,
/// so that their status is `COMPLETED` or `FAILED`.
pub struct GetOrganizationsAccessReport;

impl Operation for GetOrganizationsAccessReport {
    type Api = rolecall_api::iam::GetOrganizationsAccessReport;
    const EXAMPLE: &'static str = r#"{"JobId":"0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e"}"#;

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetOrganizationsAccessReport", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let job = required(&req.input.job_id);
        let report = tx
            .get::<OrganizationReport>(&super::job::key(req.account(), job))
            .ok_or_else(|| errors::no_job(job))?;
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let over = |status: &str| api::GetOrganizationsAccessReportResponse {
            job_status: Some(status.to_owned()),
            job_creation_date: Some(report.created),
            job_completion_date: Some(report.created),
            is_truncated: Some(false),
            ..api::GetOrganizationsAccessReportResponse::default()
        };
        let mut services = match &report.outcome {
            Ok(services) => services.clone(),
            Err(failure) => {
                return Ok(api::GetOrganizationsAccessReportResponse {
                    error_details: Some(api::ErrorDetails {
                        message: Some(failure.message.clone()),
                        code: Some(failure.code.clone()),
                    }),
                    ..over("FAILED")
                });
            }
        };
        let unused = services.iter().filter(|s| s.last.is_none()).count();
        let all = services.len();
        sort(&mut services, req.input.sort_key.as_deref());
        let page = paging.slice(services, |service| service.namespace.clone())?;
        Ok(api::GetOrganizationsAccessReportResponse {
            number_of_services_accessible: i32::try_from(all).ok(),
            number_of_services_not_accessed: i32::try_from(unused).ok(),
            access_details: Some(page.items.iter().map(shown).collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
            ..over("COMPLETED")
        })
    }
}

fn sort(services: &mut [Accessed], key: Option<&str>) {
    let at = |service: &Accessed| service.last.as_ref().map(|(at, _, _)| *at);
    match key {
        Some("SERVICE_NAMESPACE_DESCENDING") => {
            services.sort_by(|a, b| b.namespace.cmp(&a.namespace));
        }
        Some("LAST_AUTHENTICATED_TIME_ASCENDING") => services.sort_by_key(at),
        Some("LAST_AUTHENTICATED_TIME_DESCENDING") => {
            services.sort_by_key(|service| std::cmp::Reverse(at(service)));
        }
        _ => services.sort_by(|a, b| a.namespace.cmp(&b.namespace)),
    }
}

fn shown(service: &Accessed) -> api::AccessDetail {
    let last = service.last.as_ref();
    api::AccessDetail {
        service_name: Some(service_name(&service.namespace)),
        service_namespace: Some(service.namespace.clone()),
        region: last.map(|(_, region, _)| region.clone()),
        entity_path: last.map(|(_, _, path)| path.clone()),
        last_authenticated_time: last.map(|(at, _, _)| *at),
        total_authenticated_entities: i32::try_from(service.accounts).ok(),
    }
}
