//! `GetCredentialReport`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::report::CredentialReport;
use crate::errors;

/// Shows the credential report that was made last, if that was in the last four hours.
///
/// Source: IAM API Reference, `GetCredentialReport`.
pub struct GetCredentialReport;

impl Operation for GetCredentialReport {
    type Api = rolecall_api::iam::GetCredentialReport;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetCredentialReport", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let report = tx
            .get::<CredentialReport>(req.account().as_str())
            .ok_or_else(errors::no_credential_report)?;
        if !report.is_fresh(req.now) {
            return Err(errors::credential_report_expired());
        }
        Ok(api::GetCredentialReportResponse {
            content: Some(report.content.clone().into_bytes().into()),
            report_format: Some("text/csv".to_owned()),
            generated_time: Some(report.generated),
        })
    }
}
