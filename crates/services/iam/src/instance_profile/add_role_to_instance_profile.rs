//! `AddRoleToInstanceProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::text::required;
use crate::usage::{self, How};
use crate::{access, errors, holder};

/// Puts a role into an instance profile, which holds one at most. The caller must be allowed to
/// pass the role to EC2.
///
/// Source: IAM API Reference, `AddRoleToInstanceProfile`.
pub struct AddRoleToInstanceProfile;

impl Operation for AddRoleToInstanceProfile {
    type Api = rolecall_api::iam::AddRoleToInstanceProfile;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app","RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        let add = access::instance_profile(req, "iam:AddRoleToInstanceProfile", name);
        let role = access::role(req, "iam:PassRole", required(&input.role_name));
        let role = access::by_arn(role);
        Ok(vec![
            add,
            AccessCheck::pass_role(role.resource, "ec2.amazonaws.com"),
        ]
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (key, mut profile) = load(tx, account, required(&req.input.instance_profile_name))?;
        let (_, role) = holder::load_mut::<Role>(tx, account, required(&req.input.role_name))?;
        if profile.role.is_some() {
            return Err(errors::quota("InstanceSessionsPerInstanceProfile", 1));
        }
        profile.role = Some(role.name);
        usage::add(tx, account, &role.arn, How::Profile, &key);
        tx.put(key, profile);
        Ok(Empty {})
    }
}
