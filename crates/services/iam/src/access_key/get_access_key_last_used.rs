//! `GetAccessKeyLastUsed`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::AccessKey;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, errors};

/// Whose key it is. When it was last used is not kept: the answer is that of a key that AWS has no
/// use on record for, `N/A` and no date.
///
/// Source: IAM API Reference, `GetAccessKeyLastUsed`.
pub struct GetAccessKeyLastUsed;

impl Operation for GetAccessKeyLastUsed {
    type Api = rolecall_api::iam::GetAccessKeyLastUsed;
    const EXAMPLE: &'static str = r#"{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let key = req.snap.get::<AccessKey>(required(&input.access_key_id));
        let owner = key.and_then(|key| key.user.clone());
        Ok(match owner {
            Some(name) => access::user(req, "iam:GetAccessKeyLastUsed", &name).into(),
            None => AccessCheck::new("iam:GetAccessKeyLastUsed", "*").into(),
        })
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let id = required(&req.input.access_key_id);
        let key = tx
            .get::<AccessKey>(id)
            .ok_or_else(|| errors::no_access_key(id))?;
        Ok(api::GetAccessKeyLastUsedResponse {
            user_name: key.user.clone(),
            access_key_last_used: Some(api::AccessKeyLastUsed {
                last_used_date: None,
                service_name: Some("N/A".to_owned()),
                region: Some("N/A".to_owned()),
            }),
        })
    }
}
