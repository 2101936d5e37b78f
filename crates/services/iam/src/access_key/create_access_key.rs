//! `CreateAccessKey`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::{iam_unique_id, secret_access_key};
use rolecall_identity::{AccessKey, KeyStatus, User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access_key::{ACCESS_KEYS_MAX, keys_of};
use crate::user::Whose;
use crate::{access, errors, holder};

/// Makes an access key for a user, or for the caller if no user is named. Its secret is shown this
/// once.
///
/// Source: IAM API Reference, `CreateAccessKey`.
pub struct CreateAccessKey;

impl Operation for CreateAccessKey {
    type Api = rolecall_api::iam::CreateAccessKey;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:CreateAccessKey", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let whose = Whose::new(req.info, req.input.user_name.as_deref())?;
        let mut ids = req.ids();
        let key = AccessKey {
            id: iam_unique_id(&mut ids, "AKIA"),
            secret: secret_access_key(&mut ids),
            account: account.clone(),
            user: match &whose {
                Whose::User(name) => Some(holder::load::<User>(tx, account, name)?.1.name),
                Whose::Root => None,
            },
            status: KeyStatus::Active,
            created: req.now,
        };
        if keys_of(tx, account, &whose)?.len() >= ACCESS_KEYS_MAX {
            return Err(errors::quota("AccessKeysPerUser", ACCESS_KEYS_MAX));
        }
        if let Whose::User(name) = &whose {
            tx.update::<User>(&name_key(account, name), |user| {
                user.access_keys.push(key.id.clone());
            });
        }
        let shown = api::AccessKey {
            user_name: key.user.clone(),
            access_key_id: Some(key.id.clone()),
            status: Some(key.status.as_str().to_owned()),
            secret_access_key: Some(key.secret.clone()),
            create_date: Some(key.created),
        };
        tx.put(key.id.clone(), key);
        Ok(api::CreateAccessKeyResponse {
            access_key: Some(shown),
        })
    }
}
