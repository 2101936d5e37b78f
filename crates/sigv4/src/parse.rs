//! Reads a signature out of the `Authorization` header or the query string.
//!
//! The order of the checks is AWS's: both forms, no form, missing parts (all named at once),
//! date, signed headers, algorithm, credential, scope.

use std::borrow::Cow;
use std::fmt;

use ring::digest;

use crate::encode::{decode_query, pairs};
use crate::error::{AuthError, ScopeFault};
use crate::request::{Found, RequestView};
use crate::time::AmzTime;
use crate::{ALGORITHM, MAX_EXPIRES_S, TERMINATOR, is_s3};

mod query;

/// Where the signature stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string (a presigned URL).
    Query,
}

/// What a request says of its payload in `x-amz-content-sha256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// It says nothing.
    Undeclared,
    /// The SHA-256 of the body.
    Sha256([u8; 32]),
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// One of the `STREAMING-...` forms.
    Streaming,
}

/// A signature and everything it claims, syntactically sound but not verified.
#[derive(Clone)]
pub struct Parsed<'a> {
    /// Header or query form.
    pub form: Form,
    /// Who claims to have signed.
    pub access_key_id: Cow<'a, str>,
    /// Scope: the day, `20150830`, equal to the day of [`Parsed::time`].
    pub date: Cow<'a, str>,
    /// Scope: the region.
    pub region: Cow<'a, str>,
    /// Scope: the service.
    pub service: Cow<'a, str>,
    /// Names of the signed headers as given, separated by `;`.
    pub signed_headers: Cow<'a, str>,
    /// When the request was signed.
    pub time: AmzTime,
    /// The session token of temporary credentials.
    pub security_token: Option<Cow<'a, str>>,
    /// The declared payload.
    pub payload: Payload,
    /// Seconds of validity, presigned form only.
    pub expires_s: Option<u32>,
    pub(crate) declared_payload: Option<Cow<'a, str>>,
    pub(crate) signature: Option<[u8; 32]>,
}

impl fmt::Debug for Parsed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed")
            .field("form", &self.form)
            .field("access_key_id", &self.access_key_id)
            .field("scope", &(&self.date, &self.region, &self.service))
            .field("signed_headers", &self.signed_headers)
            .field("time", &self.time)
            .field(
                "security_token",
                &self.security_token.as_ref().map(|_| ".."),
            )
            .field("payload", &self.payload)
            .field("expires_s", &self.expires_s)
            .finish_non_exhaustive()
    }
}

/// The parts of either form, before they are looked into.
struct Parts<'a> {
    form: Form,
    algorithm: Cow<'a, str>,
    credential: Cow<'a, str>,
    signature: Cow<'a, str>,
    signed_headers: Cow<'a, str>,
    time: AmzTime,
    security_token: Option<Cow<'a, str>>,
    declared_payload: Option<Cow<'a, str>>,
    expires_s: Option<u32>,
}

/// Reads the signature of a request.
///
/// # Errors
/// [`AuthError::Missing`] when there is none; otherwise what is malformed or does not fit.
pub fn parse<'a>(req: &RequestView<'a>) -> Result<Parsed<'a>, AuthError> {
    let presigned = query::is_presigned(req.query);
    let parts = match (req.single("authorization"), presigned) {
        (Found::One(_) | Found::Many, true) => return Err(AuthError::BothForms),
        (Found::None, true) => query::parts(req)?,
        (Found::None, false) => return Err(AuthError::Missing),
        (Found::Many, false) => {
            let text = "Authorization header must not be repeated.";
            return Err(AuthError::IncompleteHeader(text.to_owned()));
        }
        (Found::One(value), false) => header_parts(req, value)?,
    };
    finish(req, parts)
}

fn header_parts<'a>(req: &RequestView<'a>, value: &'a [u8]) -> Result<Parts<'a>, AuthError> {
    let Ok(text) = str::from_utf8(value) else {
        return Err(bad_pair(value));
    };
    let text = text.trim();
    if !text.starts_with("AWS4-") {
        // Basic, Bearer and the signature versions before 4 count as no token at all.
        return Err(AuthError::Missing);
    }
    let (algorithm, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut credential = None;
    let mut signature = None;
    let mut signed_headers = None;
    for piece in rest
        .split([',', ' ', '\t'])
        .filter(|piece| !piece.is_empty())
    {
        let (key, value) = piece
            .split_once('=')
            .ok_or_else(|| bad_pair(text.as_bytes()))?;
        let slot = match key {
            "Credential" => &mut credential,
            "Signature" => &mut signature,
            "SignedHeaders" => &mut signed_headers,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            let text = format!("Authorization header has more than one '{key}' parameter.");
            return Err(AuthError::IncompleteHeader(text));
        }
    }
    let date = request_date(req)?;
    let parts = (credential, signature, signed_headers, date);
    let (Some(credential), Some(signature), Some(signed_headers), Some((date, iso_only))) = parts
    else {
        return Err(missing_parts(
            credential,
            signature,
            signed_headers,
            date.is_some(),
            text,
        ));
    };
    let time = read_date(date, iso_only)?;
    Ok(Parts {
        form: Form::Header,
        algorithm: algorithm.into(),
        credential: credential.into(),
        signature: signature.into(),
        signed_headers: signed_headers.into(),
        time,
        security_token: header_text(req, "x-amz-security-token")?.map(Cow::Borrowed),
        declared_payload: header_text(req, "x-amz-content-sha256")?.map(Cow::Borrowed),
        expires_s: None,
    })
}

/// The request's date header and whether it must be in the ISO form.
fn request_date<'a>(req: &RequestView<'a>) -> Result<Option<(&'a str, bool)>, AuthError> {
    match header_text(req, "x-amz-date")? {
        Some(text) => Ok(Some((text, true))),
        None => Ok(header_text(req, "date")?.map(|text| (text, false))),
    }
}

fn read_date(text: &str, iso_only: bool) -> Result<AmzTime, AuthError> {
    let other = || {
        if iso_only {
            None
        } else {
            AmzTime::parse_http(text)
        }
    };
    AmzTime::parse_basic(text)
        .or_else(other)
        .ok_or_else(|| AuthError::MalformedDate(text.to_owned()))
}

/// A header that may come once, as text without surrounding blanks.
fn header_text<'a>(req: &RequestView<'a>, name: &str) -> Result<Option<&'a str>, AuthError> {
    match req.single(name) {
        Found::None => Ok(None),
        Found::One(value) => match str::from_utf8(value) {
            Ok(text) => Ok(Some(text.trim_matches([' ', '\t']))),
            Err(_) => Err(AuthError::IncompleteHeader(format!("{name} is not text."))),
        },
        Found::Many => Err(AuthError::IncompleteHeader(format!(
            "{name} must not be repeated."
        ))),
    }
}

/// The header itself is never sent back, only its hash: it may hold a secret put in the wrong
/// place. AWS does the same.
fn header_hash(header: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(digest::digest(&digest::SHA256, header))
}

fn bad_pair(header: &[u8]) -> AuthError {
    AuthError::IncompleteHeader(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header \
         (hashed with SHA-256 and encoded with Base64): '{}'.",
        header_hash(header)
    ))
}

fn missing_parts(
    credential: Option<&str>,
    signature: Option<&str>,
    signed_headers: Option<&str>,
    has_date: bool,
    header: &str,
) -> AuthError {
    let mut text = String::new();
    for (name, value) in [
        ("Credential", credential),
        ("Signature", signature),
        ("SignedHeaders", signed_headers),
    ] {
        if value.is_none() {
            text.push_str(&format!(
                "Authorization header requires '{name}' parameter. "
            ));
        }
    }
    if !has_date {
        text.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    let hash = header_hash(header.as_bytes());
    text.push_str(&format!(
        "(Hashed with SHA-256 and encoded with Base64) Authorization={hash}"
    ));
    AuthError::IncompleteHeader(text)
}

fn finish<'a>(req: &RequestView<'a>, parts: Parts<'a>) -> Result<Parsed<'a>, AuthError> {
    let host_signed = parts
        .signed_headers
        .split(';')
        .any(|n| n.eq_ignore_ascii_case("host"));
    if !host_signed || !matches!(req.single("host"), Found::One(_)) {
        return Err(AuthError::HostNotSigned);
    }
    if parts.algorithm != ALGORITHM {
        return Err(AuthError::UnknownAlgorithm(parts.algorithm.into_owned()));
    }
    let Some([access_key_id, date, region, service, terminator]) = split_credential(&parts) else {
        return Err(AuthError::MalformedCredential(
            parts.credential.into_owned(),
        ));
    };
    let fault = ScopeFault {
        region: !is_region(&region),
        service: None,
        terminator: terminator != TERMINATOR,
        date: date != parts.time.date(),
    };
    if fault != ScopeFault::default() {
        return Err(AuthError::Scope(fault));
    }
    let s3 = is_s3(&service);
    all_amz_headers_signed(req, &parts.signed_headers, s3)?;
    let payload = read_payload(parts.declared_payload.as_deref())?;
    if s3 && parts.form == Form::Header && payload == Payload::Undeclared {
        return Err(AuthError::ContentSha256Required);
    }
    if s3 && parts.form == Form::Query && parts.expires_s.is_none() {
        return Err(AuthError::IncompleteQuery(query::missing(&[
            "X-Amz-Expires",
        ])));
    }
    Ok(Parsed {
        form: parts.form,
        access_key_id,
        date,
        region,
        service,
        signature: read_signature(&parts.signature),
        signed_headers: parts.signed_headers,
        time: parts.time,
        security_token: parts.security_token,
        payload,
        expires_s: parts.expires_s,
        declared_payload: parts.declared_payload,
    })
}

fn split_credential<'a>(parts: &Parts<'a>) -> Option<[Cow<'a, str>; 5]> {
    let pieces: Vec<Cow<'a, str>> = match &parts.credential {
        Cow::Borrowed(text) => text.split('/').map(Cow::Borrowed).collect(),
        Cow::Owned(text) => text
            .split('/')
            .map(|piece| Cow::Owned(piece.to_owned()))
            .collect(),
    };
    let pieces: [Cow<'a, str>; 5] = pieces.try_into().ok()?;
    let [key, _, _, service, _] = &pieces;
    (!key.is_empty() && !service.is_empty()).then_some(pieces)
}

fn is_region(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// Headers that steer a service (`x-amz-target` names the operation) must be covered by the
/// signature. The date is: it stands in the string to sign. A security token may be added after
/// signing outside of S3, as AWS's published test suite does; it is checked on its own.
fn all_amz_headers_signed(req: &RequestView<'_>, signed: &str, s3: bool) -> Result<(), AuthError> {
    let mut unsigned = Vec::new();
    for (name, _) in req.headers {
        let amz = name
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
        let free = name.eq_ignore_ascii_case("x-amz-date")
            || (!s3 && name.eq_ignore_ascii_case("x-amz-security-token"));
        if amz && !free && !signed.split(';').any(|n| n.eq_ignore_ascii_case(name)) {
            unsigned.push(name.to_ascii_lowercase());
        }
    }
    if unsigned.is_empty() {
        Ok(())
    } else {
        Err(AuthError::HeadersNotSigned(unsigned))
    }
}

fn read_payload(declared: Option<&str>) -> Result<Payload, AuthError> {
    match declared {
        None => Ok(Payload::Undeclared),
        Some("UNSIGNED-PAYLOAD") => Ok(Payload::Unsigned),
        Some(text) if text.starts_with("STREAMING-") => Ok(Payload::Streaming),
        Some(text) => {
            let mut hash = [0; 32];
            hex::decode_to_slice(text, &mut hash).map_err(|_| AuthError::MalformedContentSha256)?;
            Ok(Payload::Sha256(hash))
        }
    }
}

/// 64 lower-case hexadecimal digits; anything else can't match.
fn read_signature(text: &str) -> Option<[u8; 32]> {
    let lower = text
        .bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mut signature = [0; 32];
    (lower && hex::decode_to_slice(text, &mut signature).is_ok()).then_some(signature)
}

#[cfg(test)]
mod tests;
