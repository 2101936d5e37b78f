//! The operations of sts, called through the pipeline.

mod assume_role;
mod common;
mod federation_token;
mod mfa;
mod own_sessions;
#[cfg(test)]
mod saml;
#[cfg(test)]
mod web_identity;
#[cfg(test)]
mod web_identity_token;
