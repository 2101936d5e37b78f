//! `UpdateAccessKey`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::KeyStatus;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access_key::key_of;
use crate::text::required;
use crate::user::Whose;
use crate::{access, errors};

/// Lets an access key sign, or no longer.
///
/// Source: IAM API Reference, `UpdateAccessKey`.
pub struct UpdateAccessKey;

impl Operation for UpdateAccessKey {
    type Api = rolecall_api::iam::UpdateAccessKey;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","AccessKeyId":"AKIAIOSFODNN7EXAMPLE","Status":"Inactive"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:UpdateAccessKey", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let whose = Whose::new(req.info, input.user_name.as_deref())?;
        let mut key = key_of(tx, req.account(), &whose, required(&input.access_key_id))?;
        key.status = match required(&input.status) {
            "Active" => KeyStatus::Active,
            "Inactive" => KeyStatus::Inactive,
            other => {
                return Err(errors::validation(format!(
                    "{other} is not a status that an access key can be given"
                )));
            }
        };
        tx.put(key.id.clone(), key);
        Ok(Empty {})
    }
}
