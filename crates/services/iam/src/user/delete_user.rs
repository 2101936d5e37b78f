//! `DeleteUser`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::login_profile::LoginProfile;
use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage, user_credential};

/// Deletes a user, which must have no policies, access keys, password and MFA devices, and be
/// in no group.
///
/// Source: IAM API Reference, `DeleteUser`.
pub struct DeleteUser;

impl Operation for DeleteUser {
    type Api = rolecall_api::iam::DeleteUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:DeleteUser", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (key, user) = holder::load_mut::<User>(tx, account, required(&req.input.user_name))?;
        holder::check_deletable(&user)?;
        if !user.access_keys.is_empty() {
            return Err(errors::delete_access_keys_first());
        }
        if tx.get::<LoginProfile>(&key).is_some() {
            return Err(errors::delete_login_profile_first());
        }
        if !user.mfa_devices.is_empty() {
            return Err(errors::delete_mfa_devices_first());
        }
        user_credential::check_none(tx, &user)?;
        if !user.groups.is_empty() {
            return Err(errors::leave_groups_first());
        }
        if let Some(boundary) = &user.boundary {
            usage::remove(tx, account, boundary, How::UserBoundary, &key);
        }
        tx.delete::<User>(&key);
        Ok(Empty {})
    }
}
