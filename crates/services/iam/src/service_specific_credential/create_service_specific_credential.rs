//! `CreateServiceSpecificCredential`.

use std::time::Duration;

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::{iam_unique_id, secret_access_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::service_specific_credential::{
    PER_SERVICE_MAX, ServiceSpecificCredential, WITH_KEY, WITH_PASSWORD,
};
use crate::text::required;
use crate::user_credential::Owner;
use crate::{access, errors};

/// Makes a name and a password, or an API key, for one service; the secret is shown this once.
///
/// Source: IAM API Reference, `CreateServiceSpecificCredential`.
pub struct CreateServiceSpecificCredential;

impl Operation for CreateServiceSpecificCredential {
    type Api = rolecall_api::iam::CreateServiceSpecificCredential;
    const EXAMPLE: &'static str = r#"{"UserName":"app","ServiceName":"codecommit.amazonaws.com"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let user = required(&input.user_name);
        Ok(
            access::user(req, "iam:CreateServiceSpecificCredential", user)
                .key(
                    "iam:ServiceSpecificCredentialServiceName",
                    required(&input.service_name),
                )
                .key_opt(
                    "iam:ServiceSpecificCredentialAgeDays",
                    input.credential_age_days.map(|days| days.to_string()),
                )
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let service = required(&req.input.service_name);
        let with_key = WITH_KEY.contains(&service);
        if !with_key && !WITH_PASSWORD.contains(&service) {
            let message =
                format!("No such service {service} is supported for Service Specific Credentials");
            return Err(AwsError::new("NotSupportedService", message).with_status(404));
        }
        let days = req
            .input
            .credential_age_days
            .and_then(|days| u64::try_from(days).ok());
        if days.is_some() && !with_key {
            let message = "CredentialAgeDays is not supported for this service.";
            return Err(errors::validation(message));
        }
        let all = owner.all::<ServiceSpecificCredential>(tx);
        let known = all.iter().filter(|known| known.service == service).count();
        if known >= PER_SERVICE_MAX {
            return Err(errors::quota(
                "ServiceSpecificCredentialsPerUser",
                PER_SERVICE_MAX,
            ));
        }
        let name = owner.name.clone().unwrap_or_default();
        let plain = format!("{name}-at-{}", req.account());
        let taken = all
            .iter()
            .any(|known| known.service == service && known.login == plain);
        let login = if taken {
            format!("{name}+1-at-{}", req.account())
        } else {
            plain
        };
        let mut ids = req.ids();
        let made = ServiceSpecificCredential {
            id: iam_unique_id(&mut ids, "ACCA"),
            service: service.to_owned(),
            login,
            status: "Active".to_owned(),
            created: req.now,
            expires: days.map(|days| req.now.plus(Duration::from_secs(days * 86_400))),
        };
        let shown = made.with_secret(&owner.name, secret_access_key(&mut ids));
        tx.put(owner.key(&made.id), made);
        Ok(api::CreateServiceSpecificCredentialResponse {
            service_specific_credential: Some(shown),
        })
    }
}
