//! `AddUserToGroup`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::{Group, User};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::group::GROUPS_PER_USER_MAX;
use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage};

/// Adds a user to a group; adding it again changes nothing. The permission is needed on the group
/// only.
///
/// Source: IAM API Reference, `AddUserToGroup`.
pub struct AddUserToGroup;

impl Operation for AddUserToGroup {
    type Api = rolecall_api::iam::AddUserToGroup;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs","UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:AddUserToGroup", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (group_key, group) =
            holder::load::<Group>(tx, account, required(&req.input.group_name))?;
        let (key, mut user) =
            holder::load_mut::<User>(tx, account, required(&req.input.user_name))?;
        if user.groups.contains(&group_key) {
            return Ok(Empty {});
        }
        if user.groups.len() >= GROUPS_PER_USER_MAX {
            return Err(errors::quota("GroupsPerUser", GROUPS_PER_USER_MAX));
        }
        user.groups.push(group_key);
        usage::add(tx, account, &group.id, How::Member, &key);
        tx.put(key, user);
        Ok(Empty {})
    }
}
