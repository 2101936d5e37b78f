//! `CreateRole`.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::rng::iam_unique_id;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{Quotas, Role, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::role::session_duration;
use crate::tags::Case;
use crate::text::{path_or_root, required};
use crate::usage::How;
use crate::{access, errors, holder, quota, shapes, tags, trust, usage};

/// Creates a role.
///
/// The trust policy names users and roles by ARN and is tied to their unique ids, see
/// [`crate`]. With tags, `iam:TagRole` is needed as well.
///
/// Source: IAM API Reference, `CreateRole`.
pub struct CreateRole;

impl Operation for CreateRole {
    type Api = rolecall_api::iam::CreateRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"app","AssumeRolePolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}}","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = Role::arn_of(
            req.account(),
            path_or_root(&input.path),
            required(&input.role_name),
        );
        let create = AccessCheck::new("iam:CreateRole", arn).key_opt(
            "iam:PermissionsBoundary",
            input.permissions_boundary.as_deref(),
        );
        Ok(access::creation(
            create,
            "iam:TagRole",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (path, name) = (path_or_root(&input.path), required(&input.role_name));
        if path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/") {
            return Err(errors::invalid_input(format!(
                "The path {path} is reserved for AWS use."
            )));
        }
        let mut tags = Tags::default();
        tags::add(&mut tags, &input.tags, Case::Ignored, "TagsPerRole")?;
        let trust = trust::parse(tx, account, required(&input.assume_role_policy_document))?;
        if let Some(boundary) = &input.permissions_boundary {
            holder::check_boundary(tx, account, boundary)?;
        }
        let key = name_key(account, name);
        if tx.get::<Role>(&key).is_some() {
            return Err(errors::entity_exists("Role", name));
        }
        let max = Quotas::of(tx, account).roles;
        quota::check::<Role>(tx, account, "RolesPerAccount", max)?;
        let role = Role {
            account: account.clone(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: iam_unique_id(&mut req.ids(), "AROA"),
            arn: Role::arn_of(account, path, name),
            created: req.now,
            trust,
            description: input.description.clone(),
            max_session_duration_s: session_duration(input.max_session_duration),
            boundary: input.permissions_boundary.clone(),
            tags,
            inline: BTreeMap::new(),
            attached: Vec::new(),
            linked_service: None,
        };
        if let Some(boundary) = &role.boundary {
            usage::add(tx, account, boundary, How::RoleBoundary, &key);
        }
        let shown = shapes::role(tx, account, &role);
        tx.put(key, role);
        Ok(api::CreateRoleResponse { role: Some(shown) })
    }
}
