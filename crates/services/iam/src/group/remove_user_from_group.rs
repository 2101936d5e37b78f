//! `RemoveUserFromGroup`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::{Group, User};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage};

/// Takes a user out of a group. The permission is needed on the group only.
///
/// Source: IAM API Reference, `RemoveUserFromGroup`.
pub struct RemoveUserFromGroup;

impl Operation for RemoveUserFromGroup {
    type Api = rolecall_api::iam::RemoveUserFromGroup;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs","UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:RemoveUserFromGroup", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (group_key, group) =
            holder::load::<Group>(tx, account, required(&req.input.group_name))?;
        let (key, mut user) =
            holder::load_mut::<User>(tx, account, required(&req.input.user_name))?;
        if !user.groups.contains(&group_key) {
            return Err(errors::not_in_group(&user.name, &group.name));
        }
        user.groups.retain(|known| *known != group_key);
        usage::remove(tx, account, &group.id, How::Member, &key);
        tx.put(key, user);
        Ok(Empty {})
    }
}
