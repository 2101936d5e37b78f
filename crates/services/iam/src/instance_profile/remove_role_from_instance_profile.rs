//! `RemoveRoleFromInstanceProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Role;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::text::required;
use crate::usage::{self, How};
use crate::{access, errors, holder};

/// Takes the role out of an instance profile.
///
/// Source: IAM API Reference, `RemoveRoleFromInstanceProfile`.
pub struct RemoveRoleFromInstanceProfile;

impl Operation for RemoveRoleFromInstanceProfile {
    type Api = rolecall_api::iam::RemoveRoleFromInstanceProfile;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app","RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        Ok(access::instance_profile(req, "iam:RemoveRoleFromInstanceProfile", name).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (account, role_name) = (req.account(), required(&req.input.role_name));
        let (key, mut profile) = load(tx, account, required(&req.input.instance_profile_name))?;
        let (_, role) = holder::load::<Role>(tx, account, role_name)?;
        if profile.role.as_ref() != Some(&role.name) {
            return Err(errors::no_entity("role", role_name));
        }
        profile.role = None;
        usage::remove(tx, account, &role.arn, How::Profile, &key);
        tx.put(key, profile);
        Ok(Empty {})
    }
}
