//! `UpdateGroup`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::{Group, User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage};

/// Renames a group or moves it to another path. Its unique id, policies and users stay.
///
/// The caller needs the permission on the group as it is and as it will be.
///
/// Source: IAM API Reference, `UpdateGroup`.
pub struct UpdateGroup;

impl Operation for UpdateGroup {
    type Api = rolecall_api::iam::UpdateGroup;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs","NewGroupName":"developers"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.group_name);
        let stored = req.snap.get::<Group>(&name_key(req.account(), name));
        let path = stored.as_ref().map_or("/", |group| group.path.as_str());
        let path = input.new_path.as_deref().unwrap_or(path);
        let renamed = input.new_group_name.as_deref().unwrap_or(name);
        let to = Group::arn_of(req.account(), path, renamed);
        let from = access::group(req, "iam:UpdateGroup", name);
        Ok(vec![from, AccessCheck::new("iam:UpdateGroup", to)].into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, mut group) = holder::load_mut::<Group>(tx, account, required(&input.group_name))?;
        if let Some(name) = &input.new_group_name {
            group.name.clone_from(name);
        }
        if let Some(path) = &input.new_path {
            group.path.clone_from(path);
        }
        group.arn = Group::arn_of(account, &group.path, &group.name);
        let new_key = name_key(account, &group.name);
        if new_key != key {
            if tx.get::<Group>(&new_key).is_some() {
                return Err(errors::entity_exists("Group", &group.name));
            }
            rename(tx, &group, &key, &new_key);
            tx.delete::<Group>(&key);
        }
        tx.put(new_key, group);
        Ok(Empty {})
    }
}

/// Moves what names the group by its key.
fn rename(tx: &mut Txn, group: &Group, from: &str, to: &str) {
    for arn in &group.attached {
        usage::remove(tx, &group.account, arn, How::GroupPolicy, from);
        usage::add(tx, &group.account, arn, How::GroupPolicy, to);
    }
    for member in super::members(tx, group) {
        tx.update::<User>(&member, |user| {
            for key in &mut user.groups {
                if key == from {
                    to.clone_into(key);
                }
            }
        });
    }
}
