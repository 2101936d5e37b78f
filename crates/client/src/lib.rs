//! A signing client of the AWS APIs: what the host agent, the demo and the tests call with.
//!
//! It speaks the protocols of `rolecall-wire` and signs with Signature Version 4, as any SDK does,
//! so that a call from Rolecall's own parts is checked like everybody's.

mod call;
mod credentials;
mod registry;

pub use call::{CallError, Client};
pub use credentials::{ContainerCredentials, Credentials, CredentialsError};
pub use registry::{PushError, RegistryClient};
