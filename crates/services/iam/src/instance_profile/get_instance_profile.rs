//! `GetInstanceProfile`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::text::required;
use crate::{access, shapes};

/// Shows an instance profile with its role.
///
/// Source: IAM API Reference, `GetInstanceProfile`.
pub struct GetInstanceProfile;

impl Operation for GetInstanceProfile {
    type Api = rolecall_api::iam::GetInstanceProfile;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        Ok(access::instance_profile(req, "iam:GetInstanceProfile", name).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (_, profile) = load(
            tx,
            req.account(),
            required(&req.input.instance_profile_name),
        )?;
        let shown = shapes::instance_profile(tx, req.account(), &profile);
        Ok(api::GetInstanceProfileResponse {
            instance_profile: Some(shown),
        })
    }
}
