//! `GetAccessKeyInfo`.

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_identity::AccessKey;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{errors, not_federated};

/// Which account an access key belongs to.
///
/// AWS reads the account out of the key id. The ids made here do not tell it, so the long-term keys
/// are looked up; of temporary keys, which are stored nowhere, only the caller's own is known.
///
/// Source: STS API Reference, `GetAccessKeyInfo`.
pub struct GetAccessKeyInfo;

impl Operation for GetAccessKeyInfo {
    type Api = api::GetAccessKeyInfo;
    const EXAMPLE: &'static str = r#"{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#;

    fn access(_: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        not_federated(req.caller(), "GetAccessKeyInfo")?;
        // AWS's refusals of this action say nothing of a resource.
        Ok(AccessCheck::new("sts:GetAccessKeyInfo", "*")
            .called("")
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let id = req.input.access_key_id.as_deref().unwrap_or_default();
        let account = if req.caller.access_key_id.as_deref() == Some(id) {
            req.account().to_string()
        } else {
            let key = tx
                .get::<AccessKey>(id)
                .ok_or_else(|| errors::unknown_access_key(id))?;
            key.account.to_string()
        };
        Ok(api::GetAccessKeyInfoResponse {
            account: Some(account),
        })
    }
}
