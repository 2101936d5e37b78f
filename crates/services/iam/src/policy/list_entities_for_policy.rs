//! `ListEntitiesForPolicy`.

use std::collections::BTreeSet;

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{Group, Role, User};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Doc;
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::usage::{self, How};
use crate::{access, catalog};

/// Lists the users, groups and roles that a managed policy is attached to or bounds.
///
/// Source: IAM API Reference, `ListEntitiesForPolicy`.
pub struct ListEntitiesForPolicy;

impl Operation for ListEntitiesForPolicy {
    type Api = rolecall_api::iam::ListEntitiesForPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyArn":"arn:aws:iam::123456789012:policy/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_arn);
        catalog::check_arn(arn)?;
        Ok(access::policy(req, "iam:ListEntitiesForPolicy", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let arn = required(&input.policy_arn);
        let paging = Paging::new(&input.marker, input.max_items)?;
        catalog::load(tx, account, arn)?;
        let below = input.path_prefix.as_deref().unwrap_or("/");
        let entities = |noun: &str, attached: How, bounded: Option<How>| {
            let hows = wanted(input, noun, attached, bounded);
            let keys = hows.flat_map(|how| usage::users(tx, account, arn, how));
            keys.collect::<BTreeSet<String>>()
        };
        let users = entities("User", How::UserPolicy, Some(How::UserBoundary));
        let users = users
            .iter()
            .filter_map(|key| tx.get::<User>(key))
            .map(Entity::User);
        let roles = entities("Role", How::RolePolicy, Some(How::RoleBoundary));
        let roles = roles
            .iter()
            .filter_map(|key| tx.get::<Role>(key))
            .map(Entity::Role);
        let groups = entities("Group", How::GroupPolicy, None);
        let groups = groups
            .iter()
            .filter_map(|key| tx.get::<Group>(key))
            .map(Entity::Group);
        let found = users
            .chain(groups)
            .chain(roles)
            .filter(|entity| entity.path().starts_with(below));
        let page = paging.slice(found.collect(), Entity::key)?;
        let mut answer = api::ListEntitiesForPolicyResponse {
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
            ..api::ListEntitiesForPolicyResponse::default()
        };
        let (mut users, mut groups, mut roles) = (Vec::new(), Vec::new(), Vec::new());
        for entity in page.items {
            match entity {
                Entity::User(user) => users.push(api::PolicyUser {
                    user_name: Some(user.name.clone()),
                    user_id: Some(user.id.clone()),
                }),
                Entity::Group(group) => groups.push(api::PolicyGroup {
                    group_name: Some(group.name.clone()),
                    group_id: Some(group.id.clone()),
                }),
                Entity::Role(role) => roles.push(api::PolicyRole {
                    role_name: Some(role.name.clone()),
                    role_id: Some(role.id.clone()),
                }),
            }
        }
        answer.policy_users = Some(users);
        answer.policy_groups = Some(groups);
        answer.policy_roles = Some(roles);
        Ok(answer)
    }
}

/// In which ways entities of this type are asked for: none if the type is not.
fn wanted(
    input: &Input<rolecall_api::iam::ListEntitiesForPolicy>,
    noun: &str,
    attached: How,
    bounded: Option<How>,
) -> impl Iterator<Item = How> {
    let of_type = input.entity_filter.as_deref().is_none_or(|f| f == noun);
    let usage = input.policy_usage_filter.as_deref();
    let attached = Some(attached).filter(|_| usage != Some("PermissionsBoundary"));
    let bounded = bounded.filter(|_| usage != Some("PermissionsPolicy"));
    attached.into_iter().chain(bounded).filter(move |_| of_type)
}

enum Entity {
    User(Doc<User>),
    Group(Doc<Group>),
    Role(Doc<Role>),
}

impl Entity {
    fn path(&self) -> &str {
        match self {
            Self::User(user) => &user.path,
            Self::Group(group) => &group.path,
            Self::Role(role) => &role.path,
        }
    }

    fn key(&self) -> String {
        match self {
            Self::User(user) => user.arn.clone(),
            Self::Group(group) => group.arn.clone(),
            Self::Role(role) => role.arn.clone(),
        }
    }
}
