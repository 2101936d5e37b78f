//! `CreateInstanceProfile`.

use rolecall_api::iam as api;
use rolecall_base::rng::iam_unique_id;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{InstanceProfile, Quotas, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tags::Case;
use crate::text::{path_or_root, required};
use crate::{access, errors, quota, shapes, tags};

/// Creates an instance profile, without a role. With tags, `iam:TagInstanceProfile` is needed as
/// well.
///
/// Source: IAM API Reference, `CreateInstanceProfile`.
pub struct CreateInstanceProfile;

impl Operation for CreateInstanceProfile {
    type Api = rolecall_api::iam::CreateInstanceProfile;
    const EXAMPLE: &'static str = r#"{"InstanceProfileName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let (path, name) = (
            path_or_root(&input.path),
            required(&input.instance_profile_name),
        );
        let arn = req.info.iam_arn(format!("instance-profile{path}{name}"));
        let create = AccessCheck::new("iam:CreateInstanceProfile", arn);
        Ok(access::creation(
            create,
            "iam:TagInstanceProfile",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (path, name) = (
            path_or_root(&input.path),
            required(&input.instance_profile_name),
        );
        let mut tags = Tags::default();
        tags::add(
            &mut tags,
            &input.tags,
            Case::Matters,
            "TagsPerInstanceProfile",
        )?;
        let key = name_key(account, name);
        if tx.get::<InstanceProfile>(&key).is_some() {
            return Err(errors::instance_profile_exists(name));
        }
        let max = Quotas::of(tx, account).instance_profiles;
        quota::check::<InstanceProfile>(tx, account, "InstanceProfilesPerAccount", max)?;
        let profile = InstanceProfile {
            account: account.clone(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: iam_unique_id(&mut req.ids(), "AIPA"),
            arn: req.iam_arn(format!("instance-profile{path}{name}")),
            created: req.now,
            role: None,
            tags,
        };
        let shown = shapes::instance_profile(tx, account, &profile);
        tx.put(key, profile);
        Ok(api::CreateInstanceProfileResponse {
            instance_profile: Some(shown),
        })
    }
}
