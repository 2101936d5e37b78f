//! `UploadSSHPublicKey`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::iam_unique_id;
use rolecall_federation::ssh::{SshKeyError, SshPublicKey};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::ssh_key::{KEYS_MAX, SshKey};
use crate::text::required;
use crate::user_credential::Owner;
use crate::{access, errors};

/// Adds an RSA public key, as SSH writes it or as PEM, of at least 2,048 bits.
///
/// Source: IAM API Reference, `UploadSSHPublicKey`.
pub struct UploadSSHPublicKey;

impl Operation for UploadSSHPublicKey {
    type Api = rolecall_api::iam::UploadSSHPublicKey;
    const EXAMPLE: &'static str = r#"{"UserName":"app","SSHPublicKeyBody":"ssh-rsa AAAA"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:UploadSSHPublicKey", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let body = required(&req.input.ssh_public_key_body);
        let key = SshPublicKey::parse(body).map_err(refused)?;
        let fingerprint = key.fingerprint();
        let known = owner.all::<SshKey>(tx);
        if known.iter().any(|key| key.fingerprint == fingerprint) {
            let message = "The SSH public key is already associated with the user.";
            return Err(AwsError::new("DuplicateSSHPublicKey", message));
        }
        if known.len() >= KEYS_MAX {
            return Err(errors::quota("SSHPublicKeysPerUser", KEYS_MAX));
        }
        let made = SshKey {
            id: iam_unique_id(&mut req.ids(), "APKA"),
            body: body.to_owned(),
            fingerprint,
            status: "Active".to_owned(),
            uploaded: req.now,
        };
        let shown = api::SSHPublicKey {
            user_name: owner.name.clone(),
            ssh_public_key_id: Some(made.id.clone()),
            fingerprint: Some(made.fingerprint.clone()),
            ssh_public_key_body: Some(made.body.clone()),
            status: Some(made.status.clone()),
            upload_date: Some(made.uploaded),
        };
        tx.put(owner.key(&made.id), made);
        Ok(api::UploadSSHPublicKeyResponse {
            ssh_public_key: Some(shown),
        })
    }
}

fn refused(error: SshKeyError) -> AwsError {
    match error {
        SshKeyError::Encoding => AwsError::new(
            "UnrecognizedPublicKeyEncoding",
            "The public key is neither an ssh-rsa key nor PEM.",
        ),
        SshKeyError::Key => AwsError::new(
            "InvalidPublicKey",
            "The public key is not an RSA key of at least 2048 bits.",
        ),
    }
}
