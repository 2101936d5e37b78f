//! The operations of iam, called through the pipeline.

mod access;
mod account;
mod common;
mod groups;
mod instance_profiles;
#[cfg(test)]
mod last_accessed;
mod linked_roles;
mod mfa;
mod passwords;
mod policies;
#[cfg(test)]
mod quotas;
mod roles;
mod simulator;
mod user_credentials;
mod users;
