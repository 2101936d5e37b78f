//! `ListInstanceProfiles`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{InstanceProfile, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::path_or_root;
use crate::{access, shapes};

/// Lists the instance profiles below a path, by name.
///
/// Source: IAM API Reference, `ListInstanceProfiles`.
pub struct ListInstanceProfiles;

impl Operation for ListInstanceProfiles {
    type Api = rolecall_api::iam::ListInstanceProfiles;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::listing(
            req,
            "iam:ListInstanceProfiles",
            "instance-profile",
            &input.path_prefix,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let paging = Paging::new(&input.marker, input.max_items)?;
        let below = path_or_root(&input.path_prefix);
        let prefix = name_key(account, "");
        let profiles = tx
            .range_after::<InstanceProfile>(&prefix, paging.after())
            .filter(|(_, profile)| profile.path.starts_with(below));
        let page = paging.page(profiles, |(key, _)| (*key).to_owned());
        let shown = page
            .items
            .iter()
            .map(|(_, p)| shapes::instance_profile(tx, account, p));
        Ok(api::ListInstanceProfilesResponse {
            instance_profiles: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
