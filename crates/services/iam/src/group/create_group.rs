//! `CreateGroup`.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::iam_unique_id;
use rolecall_identity::{Group, Quotas, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::{path_or_root, required};
use crate::{errors, quota, shapes};

/// Creates a group, without policies and users.
///
/// Source: IAM API Reference, `CreateGroup`.
pub struct CreateGroup;

impl Operation for CreateGroup {
    type Api = rolecall_api::iam::CreateGroup;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = Group::arn_of(
            req.account(),
            path_or_root(&input.path),
            required(&input.group_name),
        );
        Ok(AccessCheck::new("iam:CreateGroup", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (path, name) = (path_or_root(&input.path), required(&input.group_name));
        let key = name_key(account, name);
        if tx.get::<Group>(&key).is_some() {
            return Err(errors::entity_exists("Group", name));
        }
        let max = Quotas::of(tx, account).groups;
        quota::check::<Group>(tx, account, "GroupsPerAccount", max)?;
        let group = Group {
            account: account.clone(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: iam_unique_id(&mut req.ids(), "AGPA"),
            arn: Group::arn_of(account, path, name),
            created: req.now,
            inline: BTreeMap::new(),
            attached: Vec::new(),
        };
        let shown = shapes::group(&group);
        tx.put(key, group);
        Ok(api::CreateGroupResponse { group: Some(shown) })
    }
}
