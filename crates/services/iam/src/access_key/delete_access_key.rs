//! `DeleteAccessKey`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::{AccessKey, LastUse, User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::access_key::key_of;
use crate::text::required;
use crate::user::Whose;

/// Deletes an access key of a user, or of the caller if no user is named.
///
/// Source: IAM API Reference, `DeleteAccessKey`.
pub struct DeleteAccessKey;

impl Operation for DeleteAccessKey {
    type Api = rolecall_api::iam::DeleteAccessKey;
    const EXAMPLE: &'static str = r#"{"UserName":"app","AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:DeleteAccessKey", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let whose = Whose::new(req.info, req.input.user_name.as_deref())?;
        let key = key_of(tx, account, &whose, required(&req.input.access_key_id))?;
        if let Whose::User(name) = &whose {
            tx.update::<User>(&name_key(account, name), |user| {
                user.access_keys.retain(|id| *id != key.id);
            });
        }
        tx.delete::<AccessKey>(&key.id);
        tx.delete::<LastUse>(&LastUse::of_key(&key.id));
        Ok(Empty {})
    }
}
