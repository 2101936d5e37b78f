//! `ListInstanceProfilesForRole`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{InstanceProfile, Role};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::usage::{self, How};
use crate::{access, holder, shapes};

/// Lists the instance profiles that a role is in.
///
/// Source: IAM API Reference, `ListInstanceProfilesForRole`.
pub struct ListInstanceProfilesForRole;

impl Operation for ListInstanceProfilesForRole {
    type Api = rolecall_api::iam::ListInstanceProfilesForRole;
    const EXAMPLE: &'static str = r#"{"RoleName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.role_name);
        Ok(access::role(req, "iam:ListInstanceProfilesForRole", name).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let paging = Paging::new(&input.marker, input.max_items)?;
        let (_, role) = holder::load::<Role>(tx, account, required(&input.role_name))?;
        let keys = usage::users(tx, account, &role.arn, How::Profile);
        let page = paging.slice(keys, Clone::clone)?;
        let profiles = page
            .items
            .iter()
            .filter_map(|key| tx.get::<InstanceProfile>(key));
        let shown = profiles.map(|profile| shapes::instance_profile(tx, account, &profile));
        Ok(api::ListInstanceProfilesForRoleResponse {
            instance_profiles: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
