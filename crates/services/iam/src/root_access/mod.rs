//! Central access to the root users of an organization's member accounts: which features of it are
//! enabled. What they let the management account do is `AssumeRoot`'s of the sts service.
//!
//! Source: IAM User Guide, "Centralize root access for member accounts".

mod disable_organizations_root_sessions;
mod disable_root_credentials_management;
mod enable_organizations_root_sessions;
mod enable_root_credentials_management;
mod list_organizations_features;

pub use disable_organizations_root_sessions::DisableOrganizationsRootSessions;
pub use disable_root_credentials_management::DisableOrganizationsRootCredentialsManagement;
pub use enable_organizations_root_sessions::EnableOrganizationsRootSessions;
pub use enable_root_credentials_management::EnableOrganizationsRootCredentialsManagement;
pub use list_organizations_features::ListOrganizationsFeatures;

use rolecall_base::{AccountId, AwsError};
use rolecall_identity::organization::{ORGANIZATION_KEY, Organization, RootFeature, Target};
use rolecall_op::Registry;
use rolecall_store::Txn;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<DisableOrganizationsRootCredentialsManagement>()
        .with::<DisableOrganizationsRootSessions>()
        .with::<EnableOrganizationsRootCredentialsManagement>()
        .with::<EnableOrganizationsRootSessions>()
        .with::<ListOrganizationsFeatures>()
}

/// The organization that `account` manages and that trusts IAM; of anybody else `stranger` is the
/// error.
///
/// # Errors
/// In this order: no organization, another's, without all features, without trusted access.
fn managed(
    tx: &Txn,
    account: &AccountId,
    stranger: fn() -> AwsError,
) -> Result<Organization, AwsError> {
    let joined = tx.get::<Target>(account.as_str()).is_some();
    let organization = tx
        .get::<Organization>(ORGANIZATION_KEY)
        .filter(|_| joined)
        .ok_or_else(no_organization)?;
    if organization.management != *account {
        return Err(stranger());
    }
    if !organization.all_features {
        return Err(not_all_features());
    }
    if !organization.trusts_iam() {
        return Err(not_trusted());
    }
    Ok(organization.cloned())
}

/// The id of the organization and the names of its enabled features.
fn told(organization: &Organization) -> (Option<String>, Option<Vec<String>>) {
    let names = organization.root_features.iter();
    let names = names.map(|feature| feature.as_str().to_owned());
    (Some(organization.id.clone()), Some(names.collect()))
}

/// Enables a feature in the organization that `account` manages.
fn enable(
    tx: &mut Txn,
    account: &AccountId,
    feature: RootFeature,
) -> Result<Organization, AwsError> {
    let mut organization = managed(tx, account, not_management)?;
    if organization.root_features.insert(feature) {
        tx.put(ORGANIZATION_KEY, organization.clone());
    }
    Ok(organization)
}

/// Disables a feature in the organization that `account` manages.
fn disable(
    tx: &mut Txn,
    account: &AccountId,
    feature: RootFeature,
) -> Result<Organization, AwsError> {
    let mut organization = managed(tx, account, not_administrator)?;
    if organization.root_features.remove(&feature) {
        tx.put(ORGANIZATION_KEY, organization.clone());
    }
    Ok(organization)
}

// The messages are the model's descriptions of the errors.

fn no_organization() -> AwsError {
    AwsError::new(
        "OrganizationNotFoundException",
        "No organization is associated with your account.",
    )
}

fn not_management() -> AwsError {
    AwsError::new(
        "CallerIsNotManagementAccountException",
        "The account making the request is not the management account for the organization.",
    )
}

fn not_administrator() -> AwsError {
    AwsError::new(
        "AccountNotManagementOrDelegatedAdministratorException",
        "The account making the request is not the management account or delegated administrator \
         account for centralized root access.",
    )
}

fn not_all_features() -> AwsError {
    AwsError::new(
        "OrganizationNotInAllFeaturesModeException",
        "Your organization does not have All features enabled.",
    )
}

fn not_trusted() -> AwsError {
    AwsError::new(
        "ServiceAccessNotEnabledException",
        "Trusted access is not enabled for IAM in Organizations.",
    )
}
