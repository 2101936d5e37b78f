//! `GetAccountSummary`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{
    AccessKey, CustomerPolicy, Group, InstanceProfile, POLICY_VERSIONS_MAX, Quotas, Role, User,
    name_key,
};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::usage::{self, ATTACHED};

/// How much of everything the account has, and its quotas.
///
/// Source: IAM API Reference, `GetAccountSummary`.
pub struct GetAccountSummary;

impl Operation for GetAccountSummary {
    type Api = rolecall_api::iam::GetAccountSummary;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetAccountSummary", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let quotas = Quotas::of(tx, account);
        let prefix = name_key(account, "");
        let root_keys = tx
            .range_unchecked::<AccessKey>("")
            .filter(|(_, key)| key.user.is_none() && key.account == *account)
            .count();
        let used_policies = tx
            .range_unchecked::<CustomerPolicy>(&prefix)
            .filter(|(_, policy)| usage::count(tx, account, &policy.arn, &ATTACHED) > 0)
            .count();
        let rows = [
            ("Users", tx.range_unchecked::<User>(&prefix).count()),
            ("UsersQuota", quotas.users),
            ("Groups", tx.range_unchecked::<Group>(&prefix).count()),
            ("GroupsQuota", quotas.groups),
            ("Roles", tx.range_unchecked::<Role>(&prefix).count()),
            ("RolesQuota", quotas.roles),
            (
                "Policies",
                tx.range_unchecked::<CustomerPolicy>(&prefix).count(),
            ),
            ("PoliciesQuota", quotas.policies),
            ("PolicyVersionsInUse", used_policies),
            (
                "InstanceProfiles",
                tx.range_unchecked::<InstanceProfile>(&prefix).count(),
            ),
            ("InstanceProfilesQuota", quotas.instance_profiles),
            ("AccountAccessKeysPresent", root_keys.min(1)),
            ("AccountMFAEnabled", 0),
            ("MFADevices", 0),
            ("AccessKeysPerUserQuota", 2),
            ("AssumeRolePolicySizeQuota", quotas.trust_policy_chars),
            ("AttachedPoliciesPerRoleQuota", quotas.policies_per_role),
            ("AttachedPoliciesPerUserQuota", quotas.policies_per_user),
            ("PolicySizeQuota", 6_144),
            ("RolePolicySizeQuota", 10_240),
            ("UserPolicySizeQuota", 2_048),
            ("VersionsPerPolicyQuota", POLICY_VERSIONS_MAX),
        ];
        let summary = rows
            .into_iter()
            .map(|(name, count)| (name.to_owned(), i32::try_from(count).unwrap_or(i32::MAX)));
        Ok(api::GetAccountSummaryResponse {
            summary_map: Some(summary.collect()),
        })
    }
}
