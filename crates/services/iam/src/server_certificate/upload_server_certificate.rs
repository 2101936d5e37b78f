//! `UploadServerCertificate`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::iam_unique_id;
use rolecall_base::{Tags, Timestamp};
use rolecall_federation::{Certificate, CertificateError, PrivateKey};
use rolecall_identity::name_key;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::server_certificate::{CERTIFICATES_MAX, ServerCertificate, TAGS_QUOTA, exists};
use crate::tags::Case;
use crate::text::{path_or_root, required};
use crate::{access, quota, tags};

/// Adds a certificate with its private key, which must be its own, and its chain, which must lead
/// up from it. With tags, `iam:TagServerCertificate` is needed as well.
///
/// Source: IAM API Reference, `UploadServerCertificate`.
pub struct UploadServerCertificate;

impl Operation for UploadServerCertificate {
    type Api = rolecall_api::iam::UploadServerCertificate;
    const EXAMPLE: &'static str = r#"{"ServerCertificateName":"app","CertificateBody":"-----BEGIN CERTIFICATE-----","PrivateKey":"-----BEGIN PRIVATE KEY-----"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let (path, name) = (
            path_or_root(&input.path),
            required(&input.server_certificate_name),
        );
        let arn = ServerCertificate::arn_of(req.account(), path, name);
        Ok(access::creation(
            rolecall_op::AccessCheck::new("iam:UploadServerCertificate", arn),
            "iam:TagServerCertificate",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (path, name) = (
            path_or_root(&input.path),
            required(&input.server_certificate_name),
        );
        let mut tags = Tags::default();
        tags::add(&mut tags, &input.tags, Case::Matters, TAGS_QUOTA)?;
        let (body, key) = (
            required(&input.certificate_body),
            required(&input.private_key),
        );
        let certificate = checked(body, key, input.certificate_chain.as_deref())?;
        let store_key = name_key(account, name);
        if tx.get::<ServerCertificate>(&store_key).is_some() {
            return Err(exists(name));
        }
        let name_of_quota = "ServerCertificatesPerAccount";
        quota::check::<ServerCertificate>(tx, account, name_of_quota, CERTIFICATES_MAX)?;
        let made = ServerCertificate {
            account: account.clone(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: iam_unique_id(&mut req.ids(), "ASCA"),
            arn: ServerCertificate::arn_of(account, path, name),
            // Without the line's end behind it: Terraform looks for a text that has none.
            body: body.trim().to_owned(),
            chain: input
                .certificate_chain
                .as_deref()
                .map(|chain| chain.trim().to_owned()),
            private_key: key.to_owned(),
            uploaded: req.now,
            expires: Timestamp::from_epoch_seconds(certificate.not_after_s),
            tags,
        };
        let shown = api::UploadServerCertificateResponse {
            server_certificate_metadata: Some(made.metadata()),
            tags: tags::shown(&made.tags),
        };
        tx.put(store_key, made);
        Ok(shown)
    }
}

fn malformed(message: impl Into<String>) -> AwsError {
    AwsError::new("MalformedCertificate", message)
}

/// The certificate, if the key is its own and the chain leads up from it.
fn checked(body: &str, key: &str, chain: Option<&str>) -> Result<Certificate, AwsError> {
    let certificate = Certificate::from_pem(body).map_err(|_| {
        malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    })?;
    let key = PrivateKey::from_pem(key).map_err(|error| {
        malformed(match error {
            CertificateError::Encrypted => "The private key must not be encrypted.",
            _ => "Unable to parse key. Please ensure the key is in PEM format.",
        })
    })?;
    if !key.belongs_to(&certificate) {
        let message = "The public key certificate and the private key do not match.";
        return Err(AwsError::new("KeyPairMismatch", message));
    }
    let chain = chain.map(Certificate::chain_from_pem).transpose();
    let chain = chain.map_err(|_| {
        malformed("Unable to parse certificate chain. Please ensure it is in PEM format.")
    })?;
    let mut below = &certificate;
    for (index, above) in chain.iter().flatten().enumerate() {
        if !below.is_issued_by(above) {
            return Err(malformed(format!(
                "Unable to validate certificate chain. The certificate chain must start with the \
                 immediate signing certificate, followed by any intermediaries in order. The index \
                 within the chain of the invalid certificate is: {index}"
            )));
        }
        below = above;
    }
    Ok(certificate)
}
