//! `TagInstanceProfile`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::instance_profile::load;
use crate::tags::Case;
use crate::text::required;
use crate::{access, tags};

/// Adds tags, replacing the values of those that are there.
///
/// Source: IAM API Reference, `TagInstanceProfile`.
pub struct TagInstanceProfile;

impl Operation for TagInstanceProfile {
    type Api = rolecall_api::iam::TagInstanceProfile;
    const EXAMPLE: &'static str =
        r#"{"InstanceProfileName":"app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = required(&input.instance_profile_name);
        let check = access::instance_profile(req, "iam:TagInstanceProfile", name);
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (key, mut profile) = load(
            tx,
            req.account(),
            required(&req.input.instance_profile_name),
        )?;
        tags::add(
            &mut profile.tags,
            &req.input.tags,
            Case::Matters,
            "TagsPerInstanceProfile",
        )?;
        tx.put(key, profile);
        Ok(Empty {})
    }
}
