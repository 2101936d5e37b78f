//! `DeleteInstanceProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::InstanceProfile;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::text::required;
use crate::{access, errors};

/// Deletes an instance profile, which must have no role.
///
/// Source: IAM API Reference, `DeleteInstanceProfile`.
pub struct DeleteInstanceProfile;

impl Operation for DeleteInstanceProfile {
    type Api = rolecall_api::iam::DeleteInstanceProfile;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        Ok(access::instance_profile(req, "iam:DeleteInstanceProfile", name).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, profile) = load(
            tx,
            req.account(),
            required(&req.input.instance_profile_name),
        )?;
        if profile.role.is_some() {
            return Err(errors::leave_instance_profile_first());
        }
        tx.delete::<InstanceProfile>(&key);
        Ok(Empty {})
    }
}
