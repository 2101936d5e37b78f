//! What identity providers sign: JSON Web Tokens, SAML assertions, and the certificates and keys
//! behind them; and the tokens that are signed here.
//!
//! Pure: nothing here asks the clock or the network. Whoever calls fetches key sets and metadata
//! and says what time it is.
//!
//! # Invariants
//! - Nothing of a token or an assertion is handed out before its signature was verified, but for
//!   the issuer and the key id, which tell what to verify it with.
//! - Of a SAML response only the very element that is signed is read: an assertion beside, around
//!   or inside of it does not exist.
//! - The algorithms are a closed list of asymmetric ones; `none` and HMAC are none of them.

pub mod certificate;
pub mod fetch;
pub mod jwk;
pub mod jwt;
pub mod oidc;
pub mod saml;
pub mod signing;
pub mod ssh;

pub use certificate::{Certificate, CertificateError, PrivateKey};
pub use fetch::{FetchError, KeysOf, Providers};
pub use jwk::KeySet;
pub use jwt::{Claims, JwtError, Token};
pub use signing::{SigningAlgorithm, SigningKey};
