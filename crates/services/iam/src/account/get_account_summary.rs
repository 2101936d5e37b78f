//! `GetAccountSummary`.

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{
    AccessKey, CustomerPolicy, Group, InstanceProfile, OidcProvider, POLICY_VERSIONS_MAX, Quotas,
    Role, SamlProvider, User, VirtualMfaDevice, name_key,
};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;
use crate::group::GROUPS_PER_USER_MAX;
use crate::holder::Holder;
use crate::login_profile::{self, LoginProfile};
use crate::server_certificate::ServerCertificate;
use crate::signing_certificate::SigningCertificate;
use crate::{mfa, quota, user_credential};

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
        let rows = used(tx, account).into_iter().chain(allowed(&quotas));
        let summary =
            rows.map(|(name, count)| (name.to_owned(), i32::try_from(count).unwrap_or(i32::MAX)));
        Ok(api::GetAccountSummaryResponse {
            summary_map: Some(summary.collect()),
        })
    }
}

/// What there is.
fn used(tx: &Txn, account: &AccountId) -> Vec<(&'static str, usize)> {
    let root_keys = tx
        .range_unchecked::<AccessKey>("")
        .filter(|(_, key)| key.user.is_none() && key.account == *account)
        .count();
    let versions: usize = tx
        .range_unchecked::<CustomerPolicy>(&name_key(account, ""))
        .map(|(_, policy)| policy.versions.len())
        .sum();
    let of_devices = mfa::prefix(account);
    let enabled = tx
        .range_unchecked::<VirtualMfaDevice>(&of_devices)
        .filter(|(_, device)| device.user.is_some());
    let root_profile = tx.get_unchecked::<LoginProfile>(&login_profile::root_key(account));
    let of_root = user_credential::prefix(account, "root");
    let root_certificates = tx.range_unchecked::<SigningCertificate>(&of_root).count();
    vec![
        ("Users", quota::used::<User>(tx, account)),
        ("Groups", quota::used::<Group>(tx, account)),
        ("Roles", quota::used::<Role>(tx, account)),
        ("Policies", quota::used::<CustomerPolicy>(tx, account)),
        ("PolicyVersionsInUse", versions),
        (
            "InstanceProfiles",
            quota::used::<InstanceProfile>(tx, account),
        ),
        (
            "Providers",
            quota::used::<OidcProvider>(tx, account) + quota::used::<SamlProvider>(tx, account),
        ),
        (
            "ServerCertificates",
            quota::used::<ServerCertificate>(tx, account),
        ),
        (
            "MFADevices",
            tx.count_unchecked::<VirtualMfaDevice>(&of_devices),
        ),
        ("MFADevicesInUse", enabled.count()),
        ("AccountAccessKeysPresent", root_keys.min(1)),
        ("AccountMFAEnabled", 0),
        (
            "AccountPasswordPresent",
            usize::from(root_profile.is_some()),
        ),
        (
            "AccountSigningCertificatesPresent",
            root_certificates.min(1),
        ),
        (
            "GlobalEndpointTokenVersion",
            1 + usize::from(AccountSettings::of(tx, account).v2_tokens),
        ),
    ]
}

/// How much there may be.
fn allowed(quotas: &Quotas) -> Vec<(&'static str, usize)> {
    vec![
        ("UsersQuota", quotas.users),
        ("GroupsQuota", quotas.groups),
        ("GroupsPerUserQuota", GROUPS_PER_USER_MAX),
        ("RolesQuota", quotas.roles),
        ("PoliciesQuota", quotas.policies),
        ("PolicyVersionsInUseQuota", 10_000),
        ("InstanceProfilesQuota", quotas.instance_profiles),
        ("ServerCertificatesQuota", 20),
        ("AccessKeysPerUserQuota", 2),
        ("SigningCertificatesPerUserQuota", 2),
        ("AssumeRolePolicySizeQuota", quotas.trust_policy_chars),
        ("AttachedPoliciesPerGroupQuota", quotas.policies_per_group),
        ("AttachedPoliciesPerRoleQuota", quotas.policies_per_role),
        ("AttachedPoliciesPerUserQuota", quotas.policies_per_user),
        ("PolicySizeQuota", 6_144),
        ("GroupPolicySizeQuota", Group::INLINE_CHARS_MAX),
        ("RolePolicySizeQuota", Role::INLINE_CHARS_MAX),
        ("UserPolicySizeQuota", User::INLINE_CHARS_MAX),
        ("VersionsPerPolicyQuota", POLICY_VERSIONS_MAX),
    ]
}
