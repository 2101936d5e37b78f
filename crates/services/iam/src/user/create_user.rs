//! `CreateUser`.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::rng::iam_unique_id;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{Quotas, User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tags::Case;
use crate::text::{path_or_root, required};
use crate::usage::How;
use crate::{access, errors, holder, quota, shapes, tags, usage};

/// Creates a user, without access keys. With tags, `iam:TagUser` is needed as well.
///
/// Source: IAM API Reference, `CreateUser`.
pub struct CreateUser;

impl Operation for CreateUser {
    type Api = rolecall_api::iam::CreateUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = User::arn_of(
            req.account(),
            path_or_root(&input.path),
            required(&input.user_name),
        );
        let create = AccessCheck::new("iam:CreateUser", arn).key_opt(
            "iam:PermissionsBoundary",
            input.permissions_boundary.as_deref(),
        );
        Ok(access::creation(
            create,
            "iam:TagUser",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (path, name) = (path_or_root(&input.path), required(&input.user_name));
        let mut tags = Tags::default();
        tags::add(&mut tags, &input.tags, Case::Ignored, "TagsPerUser")?;
        if let Some(boundary) = &input.permissions_boundary {
            holder::check_boundary(tx, account, boundary)?;
        }
        let key = name_key(account, name);
        if tx.get::<User>(&key).is_some() {
            return Err(errors::entity_exists("User", name));
        }
        let max = Quotas::of(tx, account).users;
        quota::check::<User>(tx, account, "UsersPerAccount", max)?;
        let user = User {
            account: account.clone(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: iam_unique_id(&mut req.ids(), "AIDA"),
            arn: User::arn_of(account, path, name),
            created: req.now,
            boundary: input.permissions_boundary.clone(),
            tags,
            inline: BTreeMap::new(),
            attached: Vec::new(),
            access_keys: Vec::new(),
            groups: Vec::new(),
            mfa_devices: Vec::new(),
        };
        if let Some(boundary) = &user.boundary {
            usage::add(tx, account, boundary, How::UserBoundary, &key);
        }
        let shown = shapes::user(&user);
        tx.put(key, user);
        Ok(api::CreateUserResponse { user: Some(shown) })
    }
}
