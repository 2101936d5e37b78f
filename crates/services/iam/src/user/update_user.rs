//! `UpdateUser`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::{AccessKey, Group, User, VirtualMfaDevice, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::login_profile::LoginProfile;
use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage};

/// Renames a user or moves it to another path. Its unique id, policies, groups, password, MFA
/// devices and access keys stay; its sessions end, since they name the user by its old name.
///
/// The caller needs the permission on the user as it is and as it will be.
///
/// Source: IAM API Reference, `UpdateUser`.
pub struct UpdateUser;

impl Operation for UpdateUser {
    type Api = rolecall_api::iam::UpdateUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app","NewUserName":"app2"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.user_name);
        let stored = req.snap.get::<User>(&name_key(req.account(), name));
        let path = stored.as_ref().map_or("/", |user| user.path.as_str());
        let path = input.new_path.as_deref().unwrap_or(path);
        let renamed = input.new_user_name.as_deref().unwrap_or(name);
        let to = User::arn_of(req.account(), path, renamed);
        let from = access::user(req, "iam:UpdateUser", name);
        Ok(vec![from, AccessCheck::new("iam:UpdateUser", to)].into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, mut user) = holder::load_mut::<User>(tx, account, required(&input.user_name))?;
        if let Some(name) = &input.new_user_name {
            user.name.clone_from(name);
        }
        if let Some(path) = &input.new_path {
            user.path.clone_from(path);
        }
        user.arn = User::arn_of(account, &user.path, &user.name);
        let new_key = name_key(account, &user.name);
        if new_key != key {
            if tx.get::<User>(&new_key).is_some() {
                return Err(errors::entity_exists("User", &user.name));
            }
            move_usage(tx, &user, &key, &new_key);
            if let Some(profile) = tx.get::<LoginProfile>(&key) {
                tx.delete::<LoginProfile>(&key);
                tx.put(new_key.as_str(), profile.cloned());
            }
            tx.delete::<User>(&key);
        }
        tx.update::<LoginProfile>(&new_key, |profile| profile.user.clone_from(&user.name));
        for serial in &user.mfa_devices {
            tx.update::<VirtualMfaDevice>(serial, |device| device.user = Some(new_key.clone()));
        }
        for id in &user.access_keys {
            tx.update::<AccessKey>(id, |key| key.user = Some(user.name.clone()));
        }
        tx.put(new_key, user);
        Ok(Empty {})
    }
}

fn move_usage(tx: &mut Txn, user: &User, from: &str, to: &str) {
    let attached = user.attached.iter().map(|arn| (arn, How::UserPolicy));
    let bounded = user.boundary.iter().map(|arn| (arn, How::UserBoundary));
    for (arn, how) in attached.chain(bounded) {
        usage::remove(tx, &user.account, arn, how, from);
        usage::add(tx, &user.account, arn, how, to);
    }
    for group in &user.groups {
        if let Some(group) = tx.get::<Group>(group) {
            usage::remove(tx, &user.account, &group.id, How::Member, from);
            usage::add(tx, &user.account, &group.id, How::Member, to);
        }
    }
}
