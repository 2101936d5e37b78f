//! The canonical request and the string to sign.

use ring::digest;

use crate::ALGORITHM;
use crate::TERMINATOR;
use crate::encode::{canonical_path, canonical_query};
use crate::error::AuthError;
use crate::parse::Form;
use crate::request::RequestView;
use crate::time::AmzTime;

/// What the canonical request needs beside the request itself.
pub(crate) struct Plan<'a> {
    pub(crate) form: Form,
    pub(crate) s3: bool,
    /// Lower-case names in order, separated by `;`.
    pub(crate) signed_headers: &'a str,
    /// The last line: the payload's hash or the word in its place.
    pub(crate) payload: &'a str,
    /// Blot out the security token: the text is for eyes, not for hashing.
    pub(crate) redacted: bool,
}

/// The canonical request; header values go in as the bytes they are.
///
/// # Errors
/// [`AuthError::MalformedPath`] and [`AuthError::MalformedQuery`] on a bad escape.
pub(crate) fn canonical_request(
    req: &RequestView<'_>,
    plan: &Plan<'_>,
) -> Result<Vec<u8>, AuthError> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(req.method.as_bytes());
    out.push(b'\n');
    canonical_path(&mut out, req.path, plan.s3)?;
    out.push(b'\n');
    canonical_query(&mut out, req.query, plan.form == Form::Query)?;
    out.push(b'\n');
    for name in plan.signed_headers.split(';') {
        out.extend(name.bytes().map(|b| b.to_ascii_lowercase()));
        out.push(b':');
        if plan.redacted && name.eq_ignore_ascii_case("x-amz-security-token") {
            out.extend_from_slice(b"(redacted)");
        } else {
            header_values(&mut out, req, name);
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(plan.signed_headers.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(plan.payload.as_bytes());
    Ok(out)
}

/// All values of a header, joined by commas; blanks around a value go, runs inside shrink to one.
fn header_values(out: &mut Vec<u8>, req: &RequestView<'_>, name: &str) {
    for (position, value) in req.values(name).enumerate() {
        if position > 0 {
            out.push(b',');
        }
        let words = value
            .split(|b| matches!(b, b' ' | b'\t'))
            .filter(|word| !word.is_empty());
        for (position, word) in words.enumerate() {
            if position > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

/// The string to sign over a canonical request.
pub(crate) fn string_to_sign(
    time: AmzTime,
    [date, region, service]: [&str; 3],
    canonical_request: &[u8],
) -> String {
    let hash = hex::encode(digest::digest(&digest::SHA256, canonical_request));
    format!("{ALGORITHM}\n{time}\n{date}/{region}/{service}/{TERMINATOR}\n{hash}")
}
