//! `DeleteSSHPublicKey`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::ssh_key::{SshKey, not_found};
use crate::text::required;
use crate::user_credential::Owner;

/// Deletes a key.
///
/// Source: IAM API Reference, `DeleteSSHPublicKey`.
pub struct DeleteSSHPublicKey;

impl Operation for DeleteSSHPublicKey {
    type Api = rolecall_api::iam::DeleteSSHPublicKey;
    const EXAMPLE: &'static str = r#"{"UserName":"app","SSHPublicKeyId":"APKAEXAMPLE000000000"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:DeleteSSHPublicKey", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let id = required(&req.input.ssh_public_key_id);
        if !tx.delete::<SshKey>(&owner.key(id)) {
            return Err(not_found(id));
        }
        Ok(Empty {})
    }
}
