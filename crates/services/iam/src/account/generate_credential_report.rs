//! `GenerateCredentialReport`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::report::{self, CredentialReport};

/// Makes the credential report, unless one of the last four hours is there. It is ready at once;
/// AWS says so with the second call, and so does this.
///
/// Source: IAM API Reference, `GenerateCredentialReport`.
pub struct GenerateCredentialReport;

impl Operation for GenerateCredentialReport {
    type Api = rolecall_api::iam::GenerateCredentialReport;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GenerateCredentialReport", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let known = tx.get::<CredentialReport>(account.as_str());
        if known.is_some_and(|report| report.is_fresh(req.now)) {
            return Ok(api::GenerateCredentialReportResponse {
                state: Some("COMPLETE".to_owned()),
                description: None,
            });
        }
        let report = CredentialReport {
            generated: req.now,
            content: report::csv(tx, account),
        };
        tx.put(account.as_str(), report);
        Ok(api::GenerateCredentialReportResponse {
            state: Some("STARTED".to_owned()),
            description: Some("No report exists. Starting a new report generation task".to_owned()),
        })
    }
}
