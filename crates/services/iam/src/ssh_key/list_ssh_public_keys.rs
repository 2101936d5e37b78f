//! `ListSSHPublicKeys`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::listing::Paging;
use crate::ssh_key::SshKey;
use crate::user_credential::Owner;

/// Lists the keys of a user, or of the caller if no user is named.
///
/// Source: IAM API Reference, `ListSSHPublicKeys`.
pub struct ListSSHPublicKeys;

impl Operation for ListSSHPublicKeys {
    type Api = rolecall_api::iam::ListSSHPublicKeys;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:ListSSHPublicKeys", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let paging = Paging::new(&req.input.marker, req.input.max_items)?;
        let owner = Owner::of(tx, req.info, req.input.user_name.as_deref())?;
        let page = paging.slice(owner.all::<SshKey>(tx), |key| key.id.clone())?;
        let listed = page.items.into_iter().map(|key| api::SSHPublicKeyMetadata {
            user_name: owner.name.clone(),
            ssh_public_key_id: Some(key.id),
            status: Some(key.status),
            upload_date: Some(key.uploaded),
        });
        Ok(api::ListSSHPublicKeysResponse {
            ssh_public_keys: Some(listed.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
