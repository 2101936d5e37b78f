//! Holds a parsed signature against the clock, the service, the key and the request.

use crate::canonical::{Plan, canonical_request, string_to_sign};
use crate::error::{AuthError, Mismatch, ScopeFault};
use crate::is_s3;
use crate::key::SigningKey;
use crate::parse::{Form, Parsed, Payload};
use crate::request::{BodyHash, RequestView};
use crate::time::AmzTime;

/// What a server allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How far the request's time may lie from the server's, in seconds, either way.
    pub max_skew_s: i64,
}

impl Default for Policy {
    /// AWS's window of IAM, STS and most others: 15 minutes.
    fn default() -> Self {
        Self { max_skew_s: 900 }
    }
}

impl Parsed<'_> {
    /// Checks the clock and, when given, that the credential is scoped to `service` (its signing
    /// name). AWS does both before it looks at the access key; callers should too.
    ///
    /// # Errors
    /// [`AuthError::Expired`], [`AuthError::NotYetCurrent`], [`AuthError::Scope`].
    pub fn check(
        &self,
        now: AmzTime,
        policy: &Policy,
        service: Option<&str>,
    ) -> Result<(), AuthError> {
        self.check_time(now, policy)?;
        match service {
            Some(expected) if expected != self.service => Err(AuthError::Scope(ScopeFault {
                service: Some(expected.to_owned()),
                ..ScopeFault::default()
            })),
            _ => Ok(()),
        }
    }

    /// A presigned request of S3 lives as long as `X-Amz-Expires` says. Anywhere else the
    /// window of the header form is the upper bound, and a shorter `X-Amz-Expires` is kept.
    fn check_time(&self, now: AmzTime, policy: &Policy) -> Result<(), AuthError> {
        let skew = policy.max_skew_s;
        let window_s = match self.expires_s.map(i64::from) {
            Some(expires) if is_s3(&self.service) => expires,
            Some(expires) => expires.min(skew),
            None => skew,
        };
        let presigned = self.form == Form::Query;
        let signed_at = self.time;
        let earliest = now.plus_s(-window_s);
        if signed_at < earliest {
            return Err(AuthError::Expired {
                signed_at,
                limit: earliest,
                now,
                window_s,
                presigned,
            });
        }
        let latest = now.plus_s(skew);
        if signed_at > latest {
            return Err(AuthError::NotYetCurrent {
                signed_at,
                limit: latest,
                now,
                window_s: skew,
                presigned,
            });
        }
        Ok(())
    }

    /// Holds a body that was read after verification against the declared hash.
    ///
    /// # Errors
    /// [`AuthError::ContentSha256Mismatch`]; [`AuthError::ContentSha256Required`] when the
    /// request declares neither a hash nor, for S3, `UNSIGNED-PAYLOAD`.
    pub fn check_body(&self, computed: &[u8; 32]) -> Result<(), AuthError> {
        match self.payload {
            Payload::Sha256(declared) if declared == *computed => Ok(()),
            Payload::Sha256(declared) => Err(AuthError::ContentSha256Mismatch {
                declared: hex::encode(declared),
                computed: hex::encode(computed),
            }),
            _ if self.may_be_unsigned() => Ok(()),
            _ => Err(AuthError::ContentSha256Required),
        }
    }

    /// S3 takes `UNSIGNED-PAYLOAD`, and takes it for granted in a presigned request.
    fn may_be_unsigned(&self) -> bool {
        is_s3(&self.service)
            && (self.payload == Payload::Unsigned
                || (self.form == Form::Query && self.payload == Payload::Undeclared))
    }

    /// The last line of the canonical request.
    fn payload_line(&self, body: BodyHash) -> Result<String, AuthError> {
        if self.payload == Payload::Streaming {
            return Err(AuthError::StreamingUnsupported);
        }
        if self.may_be_unsigned() {
            return Ok("UNSIGNED-PAYLOAD".to_owned());
        }
        match body {
            BodyHash::Sha256(computed) => {
                if matches!(self.payload, Payload::Sha256(_)) {
                    self.check_body(&computed)?;
                }
                // Elsewhere than in S3 `UNSIGNED-PAYLOAD` meets the real hash and fails.
                Ok(hex::encode(computed))
            }
            BodyHash::NotRead => match (&self.payload, &self.declared_payload) {
                (Payload::Sha256(_), Some(text)) => Ok(text.clone().into_owned()),
                _ => Err(AuthError::ContentSha256Required),
            },
        }
    }
}

/// Verifies that `parsed` is the signature of `req` under `key`, in constant time over the
/// signature. The clock is checked again, so that leaving out [`Parsed::check`] is safe.
///
/// `key` is the [`SigningKey`] of the secret of [`Parsed::access_key_id`] and of the parsed
/// scope (`date`, `region`, `service`).
///
/// # Errors
/// [`AuthError::SignatureMismatch`] above all; also what [`Parsed::check`] gives, a body that is
/// not the declared one, and what can't be canonicalised.
pub fn verify(
    parsed: &Parsed<'_>,
    key: &SigningKey,
    req: &RequestView<'_>,
    now: AmzTime,
    policy: &Policy,
) -> Result<(), AuthError> {
    parsed.check_time(now, policy)?;
    let payload = parsed.payload_line(req.body)?;
    let mut plan = Plan {
        form: parsed.form,
        s3: is_s3(&parsed.service),
        signed_headers: &parsed.signed_headers,
        payload: &payload,
        redacted: false,
    };
    let canonical = canonical_request(req, &plan)?;
    let scope = [&*parsed.date, &*parsed.region, &*parsed.service];
    let to_sign = string_to_sign(parsed.time, scope, &canonical);
    let matches = parsed
        .signature
        .is_some_and(|s| key.is_signature(to_sign.as_bytes(), &s));
    if matches && all_present(req, &parsed.signed_headers) {
        return Ok(());
    }
    plan.redacted = true;
    let shown = canonical_request(req, &plan)?;
    Err(AuthError::SignatureMismatch(Box::new(Mismatch {
        canonical_request: redact_query(&String::from_utf8_lossy(&shown)),
        string_to_sign: to_sign,
    })))
}

/// A signed header that is not there would count as an empty one.
fn all_present(req: &RequestView<'_>, signed_headers: &str) -> bool {
    signed_headers
        .split(';')
        .all(|name| req.values(name).next().is_some())
}

/// Takes a security token out of the canonical query.
fn redact_query(canonical: &str) -> String {
    const KEY: &str = "X-Amz-Security-Token=";
    match canonical.split_once(KEY) {
        None => canonical.to_owned(),
        Some((before, after)) => {
            let rest = after
                .find(['&', '\n'])
                .and_then(|end| after.get(end..))
                .unwrap_or("");
            format!("{before}{KEY}(redacted){rest}")
        }
    }
}

#[cfg(test)]
mod tests;
