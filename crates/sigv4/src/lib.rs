//! AWS Signature Version 4: verify and sign.
//!
//! A server uses it in four steps:
//!
//! 1. [`parse`] reads the signature out of the `Authorization` header or the query string
//!    and refuses what is malformed;
//! 2. [`Parsed::check`] looks at the clock and at the service in the credential scope;
//! 3. the caller finds the secret of [`Parsed::access_key_id`] (and holds
//!    [`Parsed::security_token`] against the session) and derives, or takes from a cache,
//!    the [`SigningKey`] of the day;
//! 4. [`verify`] recomputes the signature over what was really received.
//!
//! [`AuthError::to_aws`] turns every refusal into the error that AWS gives in the family of
//! protocols that the service speaks.
//!
//! Time, secrets and the hash of the body come in as arguments; nothing here does I/O.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.

mod aws;
mod canonical;
mod encode;
mod error;
mod key;
mod parse;
mod request;
mod sign;
mod time;
mod verify;

pub use aws::{AwsAuthError, Family};
pub use error::{AuthError, Mismatch, ScopeFault};
pub use key::SigningKey;
pub use parse::{Form, Parsed, Payload, parse};
pub use request::{BodyHash, RequestView, sha256};
pub use sign::{Credentials, SigningScope, presign, sign};
pub use time::AmzTime;
pub use verify::{Policy, verify};

/// The one algorithm that is served.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last element of a credential scope.
pub const TERMINATOR: &str = "aws4_request";

/// The largest `X-Amz-Expires`: seven days, in seconds.
pub const MAX_EXPIRES_S: u32 = 604_800;

/// Whether a scope's service is of the S3 family, whose canonical path is neither normalised
/// nor encoded twice and whose payload may go unsigned.
#[must_use]
pub fn is_s3(service: &str) -> bool {
    matches!(
        service,
        "s3" | "s3express" | "s3-outposts" | "s3-object-lambda"
    )
}
