//! `UpdateSSHPublicKey`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::ssh_key::{SshKey, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Makes a key active or inactive.
///
/// Source: IAM API Reference, `UpdateSSHPublicKey`.
pub struct UpdateSSHPublicKey;

impl Operation for UpdateSSHPublicKey {
    type Api = rolecall_api::iam::UpdateSSHPublicKey;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","SSHPublicKeyId":"APKAEXAMPLE000000000","Status":"Inactive"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:UpdateSSHPublicKey", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.ssh_public_key_id);
        let mut found = owner.one::<SshKey>(tx, id).ok_or_else(|| not_found(id))?;
        required(&req.input.status).clone_into(&mut found.status);
        tx.put(owner.key(id), found);
        Ok(Empty {})
    }
}
