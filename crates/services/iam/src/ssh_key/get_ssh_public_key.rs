//! `GetSSHPublicKey`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_federation::ssh::SshPublicKey;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::ssh_key::{SshKey, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Shows a key in the form that is asked for, `SSH` or `PEM`.
///
/// Source: IAM API Reference, `GetSSHPublicKey`.
pub struct GetSSHPublicKey;

impl Operation for GetSSHPublicKey {
    type Api = rolecall_api::iam::GetSSHPublicKey;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","SSHPublicKeyId":"APKAEXAMPLE000000000","Encoding":"SSH"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:GetSSHPublicKey", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.ssh_public_key_id);
        let found = owner.one::<SshKey>(tx, id).ok_or_else(|| not_found(id))?;
        let key = SshPublicKey::parse(&found.body).map_err(|_| AwsError::internal())?;
        let body = match req.input.encoding.as_deref() {
            Some("PEM") => key.to_pem(),
            _ => key.to_ssh(),
        };
        let shown = api::SSHPublicKey {
            user_name: owner.name,
            ssh_public_key_id: Some(found.id),
            fingerprint: Some(found.fingerprint),
            ssh_public_key_body: Some(body),
            status: Some(found.status),
            upload_date: Some(found.uploaded),
        };
        Ok(api::GetSSHPublicKeyResponse {
            ssh_public_key: Some(shown),
        })
    }
}
