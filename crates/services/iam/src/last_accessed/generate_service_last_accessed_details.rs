//! `GenerateServiceLastAccessedDetails`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};
use rolecall_record::CallRecord;

use super::entity::Entity;
use super::grants::Grants;
use super::job;
use super::report::{AccessReport, Uses};
use crate::errors;
use crate::text::required;

/// Makes a report of what a user, group, role or policy was used for. It is complete when the job's
/// id is answered.
///
/// Source: IAM API Reference, `GenerateServiceLastAccessedDetails`.
pub struct GenerateServiceLastAccessedDetails;

impl DataOperation for GenerateServiceLastAccessedDetails {
    type Api = rolecall_api::iam::GenerateServiceLastAccessedDetails;
    const EXAMPLE: &'static str =
        r#"{"Arn":"arn:aws:iam::123456789012:role/app","Granularity":"ACTION_LEVEL"}"#;

    fn access(input: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.arn);
        Ok(AccessCheck::new("iam:GenerateServiceLastAccessedDetails", arn).into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let (arn, account) = (required(&input.arn), ctx.account().clone());
        let (who, grants) = {
            let snap = ctx.store.snapshot();
            let entity =
                Entity::find(&snap, &account, arn).ok_or_else(|| errors::no_such_arn(arn))?;
            let mut grants = Grants::default();
            for held in entity.policies(&snap) {
                grants.add(&held.text);
            }
            (entity.who(&snap, &account), grants)
        };
        let counted = who.clone();
        let count = move |uses: &mut Uses, call: &CallRecord<'static>| uses.count(call, &counted);
        let uses = job::counted(&ctx, count).await?;
        let report = AccessReport {
            account: account.clone(),
            created: ctx.now,
            granularity: input
                .granularity
                .unwrap_or_else(|| "SERVICE_LEVEL".to_owned()),
            who,
            services: uses.of(&grants),
        };
        let job = job::store(&ctx, report).await?;
        Ok(api::GenerateServiceLastAccessedDetailsResponse { job_id: Some(job) })
    }
}
