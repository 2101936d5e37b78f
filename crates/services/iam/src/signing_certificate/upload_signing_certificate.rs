//! `UploadSigningCertificate`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::iam_unique_id;
use rolecall_federation::Certificate;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::signing_certificate::{CERTIFICATES_MAX, SigningCertificate, shown};
use crate::text::required;
use crate::user_credential::Owner;
use crate::{access, errors};

/// Adds a certificate, which must be one and not be over.
///
/// Source: IAM API Reference, `UploadSigningCertificate`.
pub struct UploadSigningCertificate;

impl Operation for UploadSigningCertificate {
    type Api = rolecall_api::iam::UploadSigningCertificate;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","CertificateBody":"-----BEGIN CERTIFICATE-----"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(
            req,
            "iam:UploadSigningCertificate",
            input.user_name.as_deref(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let body = required(&req.input.certificate_body);
        let certificate = Certificate::from_pem(body).map_err(|_| {
            AwsError::new(
                "MalformedCertificate",
                "Unable to parse certificate. Please ensure the certificate is in PEM format.",
            )
        })?;
        if certificate.not_after_s <= req.now.epoch_seconds() {
            return Err(AwsError::new(
                "InvalidCertificate",
                "The certificate has expired.",
            ));
        }
        let known = owner.all::<SigningCertificate>(tx);
        let same = |known: &SigningCertificate| {
            Certificate::from_pem(&known.body).is_ok_and(|known| known == certificate)
        };
        if known.iter().any(same) {
            let message = "The certificate is already associated with the user.";
            return Err(AwsError::new("DuplicateCertificate", message).with_status(409));
        }
        if known.len() >= CERTIFICATES_MAX {
            return Err(errors::quota(
                "SigningCertificatesPerUser",
                CERTIFICATES_MAX,
            ));
        }
        let mut ids = req.ids();
        let made = SigningCertificate {
            id: format!(
                "{}{}",
                iam_unique_id(&mut ids, ""),
                iam_unique_id(&mut ids, "")
            ),
            body: body.to_owned(),
            status: "Active".to_owned(),
            uploaded: req.now,
        };
        let shown = shown(&made, &owner.name);
        tx.put(owner.key(&made.id), made);
        Ok(api::UploadSigningCertificateResponse {
            certificate: Some(shown),
        })
    }
}
