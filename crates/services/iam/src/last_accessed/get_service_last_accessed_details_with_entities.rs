//! `GetServiceLastAccessedDetailsWithEntities`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::report::AccessReport;
use crate::errors;
use crate::listing::Paging;
use crate::text::required;

/// Who of those that have the permissions of a group or policy used a service, and when last.
///
/// Source: IAM API Reference, `GetServiceLastAccessedDetailsWithEntities`.
pub struct GetServiceLastAccessedDetailsWithEntities;

impl Operation for GetServiceLastAccessedDetailsWithEntities {
    type Api = rolecall_api::iam::GetServiceLastAccessedDetailsWithEntities;
    const EXAMPLE: &'static str =
        r#"{"JobId":"0ba3bd4f-f5e6-4ff0-a5b8-4b8f1b1f5c3e","ServiceNamespace":"ecs"}"#;

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetServiceLastAccessedDetailsWithEntities", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let job = required(&req.input.job_id);
        let report = tx
            .get::<AccessReport>(&super::job::key(req.account(), job))
            .ok_or_else(|| errors::no_job(job))?;
        let namespace = required(&req.input.service_namespace);
        let service = report.services.iter().find(|s| s.namespace == namespace);
        // Those who used it first, the last use foremost.
        let mut who: Vec<_> = match service {
            Some(service) => {
                let used = |arn: &String| service.by.get(arn).map(|last| last.at);
                let with = |who: &super::entity::Who| (who.clone(), used(&who.arn));
                report.who.iter().map(with).collect()
            }
            None => Vec::new(),
        };
        who.sort_by(|(_, a), (_, b)| b.cmp(a));
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let page = paging.slice(who, |(who, _)| who.arn.clone())?;
        let details = page
            .items
            .into_iter()
            .map(|(who, last)| api::EntityDetails {
                entity_info: Some(api::EntityInfo {
                    arn: Some(who.arn),
                    name: Some(who.name),
                    r#type: Some(who.kind),
                    id: Some(who.id),
                    path: Some(who.path),
                }),
                last_authenticated: last,
            });
        Ok(api::GetServiceLastAccessedDetailsWithEntitiesResponse {
            job_status: Some("COMPLETED".to_owned()),
            job_creation_date: Some(report.created),
            job_completion_date: Some(report.created),
            entity_details_list: Some(details.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
            error: None,
        })
    }
}
