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
use crate::server_certificate::ServerCertificate;
use crate::signing_certificate::SigningCertificate;
use crate::{mfa, user_credential};

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
    let prefix = name_key(account, "");
    let root_keys = tx
        .range_unchecked::<AccessKey>("")
        .filter(|(_, key)| key.user.is_none() && key.account == *account)
        .count();
    let versions: usize = tx
        .range_unchecked::<CustomerPolicy>(&prefix)
        .map(|(_, policy)| policy.versions.len())
        .sum();
    let devices = || tx.range_unchecked::<VirtualMfaDevice>(&mfa::prefix(account));
    let enabled = devices().filter(|(_, device)| device.user.is_some());
    let server_certificates = tx.range_unchecked::<ServerCertificate>(&prefix);
    let of_root = user_credential::prefix(account, "root");
    let root_certificates = tx.range_unchecked::<SigningCertificate>(&of_root).count();
    vec![
        ("Users", tx.range_unchecked::<User>(&prefix).count()),
        ("Groups", tx.range_unchecked::<Group>(&prefix).count()),
        ("Roles", tx.range_unchecked::<Role>(&prefix).count()),
        (
            "Policies",
            tx.range_unchecked::<CustomerPolicy>(&prefix).count(),
        ),
        ("PolicyVersionsInUse", versions),
        (
            "InstanceProfiles",
            tx.range_unchecked::<InstanceProfile>(&prefix).count(),
        ),
        ("Providers", providers(tx, account)),
        ("ServerCertificates", server_certificates.count()),
        ("MFADevices", devices().count()),
        ("MFADevicesInUse", enabled.count()),
        ("AccountAccessKeysPresent", root_keys.min(1)),
        ("AccountMFAEnabled", 0),
        ("AccountPasswordPresent", 0),
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

/// Identity providers, of both kinds.
fn providers(tx: &Txn, account: &AccountId) -> usize {
    let prefix = name_key(account, "");
    tx.range_unchecked::<OidcProvider>(&prefix).count()
        + tx.range_unchecked::<SamlProvider>(&prefix).count()
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
