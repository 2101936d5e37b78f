//! The account as a whole.

mod create_account_alias;
mod delete_account_alias;
mod delete_account_password_policy;
mod details;
mod generate_credential_report;
mod get_account_authorization_details;
mod get_account_password_policy;
mod get_account_summary;
mod get_credential_report;
mod list_account_aliases;
pub(crate) mod password_policy;
mod report;
mod set_security_token_service_preferences;
mod settings;
mod update_account_password_policy;

pub use create_account_alias::CreateAccountAlias;
pub use delete_account_alias::DeleteAccountAlias;
pub use delete_account_password_policy::DeleteAccountPasswordPolicy;
pub use generate_credential_report::GenerateCredentialReport;
pub use get_account_authorization_details::GetAccountAuthorizationDetails;
pub use get_account_password_policy::GetAccountPasswordPolicy;
pub use get_account_summary::GetAccountSummary;
pub use get_credential_report::GetCredentialReport;
pub use list_account_aliases::ListAccountAliases;
pub use password_policy::PasswordPolicy;
pub use report::CredentialReport;
pub use set_security_token_service_preferences::SetSecurityTokenServicePreferences;
pub use settings::AccountSettings;
pub use update_account_password_policy::UpdateAccountPasswordPolicy;

use rolecall_op::Registry;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateAccountAlias>()
        .with::<DeleteAccountAlias>()
        .with::<DeleteAccountPasswordPolicy>()
        .with::<GenerateCredentialReport>()
        .with::<GetAccountAuthorizationDetails>()
        .with::<GetAccountPasswordPolicy>()
        .with::<GetAccountSummary>()
        .with::<GetCredentialReport>()
        .with::<ListAccountAliases>()
        .with::<SetSecurityTokenServicePreferences>()
        .with::<UpdateAccountPasswordPolicy>()
}
