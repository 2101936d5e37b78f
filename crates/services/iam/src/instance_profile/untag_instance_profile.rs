//! `UntagInstanceProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::tags::Case;
use crate::text::required;
use crate::{access, tags};

/// Removes tags; keys that are not there are ignored.
///
/// Source: IAM API Reference, `UntagInstanceProfile`.
pub struct UntagInstanceProfile;

impl Operation for UntagInstanceProfile {
    type Api = rolecall_api::iam::UntagInstanceProfile;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        let check = access::instance_profile(req, "iam:UntagInstanceProfile", name);
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut profile) = load(
            tx,
            req.account(),
            required(&req.input.instance_profile_name),
        )?;
        tags::remove(&mut profile.tags, &req.input.tag_keys, Case::Matters)?;
        tx.put(key, profile);
        Ok(Empty {})
    }
}
