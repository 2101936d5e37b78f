//! Signs: for tests, for the host agent, for programs that call a server of ours.

use std::fmt;

use crate::canonical::{Plan, canonical_request, string_to_sign};
use crate::encode::encode_into;
use crate::error::AuthError;
use crate::key::SigningKey;
use crate::parse::Form;
use crate::request::{BodyHash, RequestView};
use crate::time::AmzTime;
use crate::{ALGORITHM, MAX_EXPIRES_S, TERMINATOR, is_s3};

/// What a caller signs with. `Debug` shows the access key id alone.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// `AKIA...` or `ASIA...`.
    pub access_key_id: &'a str,
    /// The secret of it.
    pub secret_access_key: &'a str,
    /// The token of temporary credentials.
    pub session_token: Option<&'a str>,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Where and when a signature holds.
#[derive(Clone, Copy, Debug)]
pub struct SigningScope<'a> {
    /// The region, `us-east-1`.
    pub region: &'a str,
    /// The signing name of the service, `ecs`.
    pub service: &'a str,
    /// The time of the request.
    pub time: AmzTime,
}

/// Headers that proxies change, or that carry the signature: never signed.
const UNSIGNABLE: [&str; 7] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// Signs a request in the header form and returns the headers to add to it: `x-amz-date`,
/// `x-amz-security-token` with temporary credentials, `x-amz-content-sha256` for S3, and
/// `authorization`. The request must not carry these yet and must carry `host`. All of its
/// headers are signed except those that proxies change. [`BodyHash::NotRead`] signs
/// `UNSIGNED-PAYLOAD`, which S3 alone accepts.
///
/// # Errors
/// [`AuthError::MalformedPath`] and [`AuthError::MalformedQuery`] on a bad escape.
pub fn sign(
    req: &RequestView<'_>,
    credentials: &Credentials<'_>,
    scope: &SigningScope<'_>,
) -> Result<Vec<(&'static str, String)>, AuthError> {
    let payload = payload_of(req.body);
    let mut added = vec![("x-amz-date", scope.time.to_string())];
    if let Some(token) = credentials.session_token {
        added.push(("x-amz-security-token", token.to_owned()));
    }
    if is_s3(scope.service) {
        added.push(("x-amz-content-sha256", payload.clone()));
    }
    let mut headers = req.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let signed = signable(&headers);
    let view = RequestView {
        headers: &headers,
        ..*req
    };
    let signature = signature(&view, credentials, scope, (Form::Header, &signed, &payload))?;
    let credential = credential(credentials, scope);
    added.push((
        "authorization",
        format!(
            "{ALGORITHM} Credential={credential}, SignedHeaders={signed}, Signature={signature}"
        ),
    ));
    Ok(added)
}

/// Signs a request in the query form and returns its whole new query. `expires_s` is held
/// between 1 and 604800.
///
/// # Errors
/// [`AuthError::MalformedPath`] and [`AuthError::MalformedQuery`] on a bad escape.
pub fn presign(
    req: &RequestView<'_>,
    credentials: &Credentials<'_>,
    scope: &SigningScope<'_>,
    expires_s: u32,
) -> Result<String, AuthError> {
    let signed = signable(req.headers);
    let (time, expires) = (
        scope.time.to_string(),
        expires_s.clamp(1, MAX_EXPIRES_S).to_string(),
    );
    let credential = credential(credentials, scope);
    let mut parameters = vec![
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &time),
        ("X-Amz-Expires", &expires),
        ("X-Amz-SignedHeaders", &signed),
    ];
    if let Some(token) = credentials.session_token {
        parameters.push(("X-Amz-Security-Token", token));
    }
    let mut query = req.query.to_owned();
    for (key, value) in parameters {
        push_parameter(&mut query, key, value);
    }
    let payload = if is_s3(scope.service) {
        "UNSIGNED-PAYLOAD".to_owned()
    } else {
        payload_of(req.body)
    };
    let view = RequestView {
        query: &query,
        ..*req
    };
    let signature = signature(&view, credentials, scope, (Form::Query, &signed, &payload))?;
    push_parameter(&mut query, "X-Amz-Signature", &signature);
    Ok(query)
}

fn push_parameter(query: &mut String, key: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(key);
    query.push('=');
    let mut encoded = Vec::new();
    encode_into(&mut encoded, value.as_bytes());
    query.push_str(&String::from_utf8_lossy(&encoded));
}

fn payload_of(body: BodyHash) -> String {
    match body {
        BodyHash::Sha256(hash) => hex::encode(hash),
        BodyHash::NotRead => "UNSIGNED-PAYLOAD".to_owned(),
    }
}

fn credential(credentials: &Credentials<'_>, scope: &SigningScope<'_>) -> String {
    let SigningScope {
        region,
        service,
        time,
    } = scope;
    format!(
        "{}/{}/{region}/{service}/{TERMINATOR}",
        credentials.access_key_id,
        time.date()
    )
}

fn signable(headers: &[(&str, &[u8])]) -> String {
    let mut names: Vec<String> = headers
        .iter()
        .map(|(n, _)| n.to_ascii_lowercase())
        .collect();
    names.retain(|name| !UNSIGNABLE.contains(&name.as_str()));
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

fn signature(
    req: &RequestView<'_>,
    credentials: &Credentials<'_>,
    scope: &SigningScope<'_>,
    (form, signed_headers, payload): (Form, &str, &str),
) -> Result<String, AuthError> {
    let s3 = is_s3(scope.service);
    let plan = Plan {
        form,
        s3,
        signed_headers,
        payload,
        redacted: false,
    };
    let canonical = canonical_request(req, &plan)?;
    let date = scope.time.date();
    let to_sign = string_to_sign(scope.time, [&date, scope.region, scope.service], &canonical);
    let key = SigningKey::derive(
        credentials.secret_access_key,
        &date,
        scope.region,
        scope.service,
    );
    Ok(key.sign_hex(to_sign.as_bytes()))
}
