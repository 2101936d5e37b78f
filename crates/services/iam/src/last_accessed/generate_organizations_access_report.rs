//! `GenerateOrganizationsAccessReport`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::organization::{ControlPolicy, ControlType, Organization, Target};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, DataContext, DataOperation};
use rolecall_record::CallRecord;

use super::job;
use super::organization::{OrganizationReport, Scope, Uses, entity_id};
use crate::text::required;

/// Makes a report of the services that the accounts of an entity of the organization may use under
/// its service control policies, or under one of them, and of when they did. It is complete when
/// the job's id is answered; a report that cannot be made is a job that failed.
///
/// Beside its own permission it takes those to read the organization.
///
/// Source: IAM API Reference, `GenerateOrganizationsAccessReport`; IAM User Guide, "Refine
/// permissions in AWS using last accessed information", section "Permissions required".
pub struct GenerateOrganizationsAccessReport;

impl DataOperation for GenerateOrganizationsAccessReport {
    type Api = rolecall_api::iam::GenerateOrganizationsAccessReport;
    const EXAMPLE: &'static str = r#"{"EntityPath":"o-a1b2c3d4e5/r-f6g7/ou-f6g7-awsabcde/123456789012","OrganizationsPolicyId":"p-examplepolicyid"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let path = required(&input.entity_path);
        let policy = input.organizations_policy_id.as_deref();
        let report = req.info.iam_arn(format!("access-report/{path}"));
        let generate = AccessCheck::new("iam:GenerateOrganizationsAccessReport", report)
            .key_opt("iam:OrganizationsPolicyId", policy);
        let mut checks = vec![generate, AccessCheck::new("organizations:ListRoots", "*")];
        let id = entity_id(path);
        let kind = match id {
            id if id.starts_with("r-") => "root",
            id if id.starts_with("ou-") => "ou",
            _ => "account",
        };
        let mut on_entity = |action| checks.push(on(req, action, kind, id));
        if kind != "root" {
            on_entity("organizations:ListParents");
        }
        if kind != "account" {
            on_entity("organizations:ListChildren");
        }
        on_entity("organizations:ListPoliciesForTarget");
        if let Some(policy) = policy {
            for action in [
                "organizations:DescribePolicy",
                "organizations:ListTargetsForPolicy",
            ] {
                checks.push(on_policy(req, action, policy));
            }
        }
        Ok(checks.into())
    }

    async fn handle(
        input: Input<Self::Api>,
        ctx: DataContext,
    ) -> Result<Output<Self::Api>, AwsError> {
        let account = ctx.account().clone();
        let scope = Scope::of(
            &ctx.store.snapshot(),
            &account,
            required(&input.entity_path),
            input.organizations_policy_id.as_deref(),
        );
        let outcome = match scope {
            Ok(scope) => {
                let accounts = scope.accounts.clone();
                let count = move |uses: &mut Uses, call: &CallRecord<'static>| {
                    uses.count(call, &accounts);
                };
                Ok(job::counted(&ctx, count).await?.of(&scope))
            }
            Err(failure) => Err(failure),
        };
        let report = OrganizationReport {
            account,
            created: ctx.now,
            outcome,
        };
        let job = job::store(&ctx, report).await?;
        Ok(api::GenerateOrganizationsAccessReportResponse { job_id: Some(job) })
    }
}

/// `action` on an entity of the caller's organization.
fn on(req: &AccessRequest<'_>, action: &'static str, kind: &str, id: &str) -> AccessCheck {
    let organization = Organization::id_of(req.account());
    let arn = Organization::arn_in(req.account(), &organization, kind, id);
    match req.snap.get::<Target>(id) {
        Some(target) => AccessCheck::new(action, arn).resource_tags(&target.tags),
        None => AccessCheck::new(action, arn),
    }
}

/// `action` on a policy of the caller's organization.
fn on_policy(req: &AccessRequest<'_>, action: &'static str, id: &str) -> AccessCheck {
    let kind = ControlType::Service;
    let aws = ControlPolicy::aws_managed(id).map(|policy| policy.arn);
    let arn = aws.unwrap_or_else(|| {
        let organization = Organization::id_of(req.account());
        let id = format!("{}/{id}", kind.arn_word());
        Organization::arn_in(req.account(), &organization, "policy", &id)
    });
    let check = AccessCheck::new(action, arn).key("organizations:PolicyType", kind.as_str());
    match req.snap.get::<ControlPolicy>(id) {
        Some(policy) => check.resource_tags(&policy.tags),
        None => check,
    }
}
