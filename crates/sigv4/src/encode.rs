//! Percent encoding, and the canonical path and query made of it.

use crate::error::AuthError;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// RFC 3986 unreserved characters stay as they are; everything else becomes `%XX`.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn push_encoded(out: &mut Vec<u8>, byte: u8) {
    if is_unreserved(byte) {
        out.push(byte);
    } else {
        let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
        out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
    }
}

/// Percent-encodes one value as AWS does in paths and queries.
pub(crate) fn encode_into(out: &mut Vec<u8>, text: &[u8]) {
    for byte in text {
        push_encoded(out, *byte);
    }
}

fn nibble(digit: Option<&u8>) -> Option<u8> {
    char::from(*digit?)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Percent-decodes; `None` when an escape is cut short or not hexadecimal.
fn decode(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (high, low) = (nibble(bytes.next())?, nibble(bytes.next())?);
                out.push(high << 4 | low);
            }
            b'+' if plus_is_space => out.push(b' '),
            other => out.push(*other),
        }
    }
    Some(out)
}

/// Decodes a key or a value of a query (`+` is a space).
pub(crate) fn decode_query(text: &str) -> Option<Vec<u8>> {
    decode(text, true)
}

/// The pairs of a raw query; a piece without `=` has an empty value, empty pieces are dropped.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// Appends the canonical query: each key and value decoded and encoded anew, sorted by encoded
/// key, then by encoded value. `X-Amz-Signature` is left out when asked for (presigned form).
pub(crate) fn canonical_query(
    out: &mut Vec<u8>,
    query: &str,
    without_signature: bool,
) -> Result<(), AuthError> {
    if query.is_empty() {
        return Ok(());
    }
    let mut sorted = Vec::new();
    for (key, value) in pairs(query) {
        let (key, value) = (reencode(key)?, reencode(value)?);
        if !(without_signature && key == b"X-Amz-Signature") {
            sorted.push((key, value));
        }
    }
    sorted.sort_unstable();
    for (position, (key, value)) in sorted.iter().enumerate() {
        if position > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(key);
        out.push(b'=');
        out.extend_from_slice(value);
    }
    Ok(())
}

fn reencode(text: &str) -> Result<Vec<u8>, AuthError> {
    let decoded = decode(text, true).ok_or(AuthError::MalformedQuery)?;
    let mut out = Vec::with_capacity(decoded.len() + 8);
    encode_into(&mut out, &decoded);
    Ok(out)
}

/// Appends the canonical path.
///
/// S3 takes the path as it is, encoded once. Everything else drops empty and `.` segments,
/// resolves `..`, and encodes each segment *again*, so that `%20` on the wire becomes `%2520`.
pub(crate) fn canonical_path(out: &mut Vec<u8>, path: &str, s3: bool) -> Result<(), AuthError> {
    if path.is_empty() || path == "/" {
        out.push(b'/');
        return Ok(());
    }
    if s3 {
        let decoded = decode(path, false).ok_or(AuthError::MalformedPath)?;
        for byte in decoded {
            if byte == b'/' {
                out.push(b'/')
            } else {
                push_encoded(out, byte)
            }
        }
        return Ok(());
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    for segment in &segments {
        out.push(b'/');
        encode_into(out, segment.as_bytes());
    }
    if segments.is_empty() || path.ends_with('/') {
        out.push(b'/');
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str, s3: bool) -> String {
        let mut out = Vec::new();
        canonical_path(&mut out, text, s3).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn query(text: &str) -> String {
        let mut out = Vec::new();
        canonical_query(&mut out, text, true).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_of_ordinary_services_are_normalised_and_encoded_again() {
        for (raw, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/a//b/", "/a/b/"),
            ("/a/./b/../c", "/a/c"),
            ("/../..", "/"),
            ("/a%20b", "/a%2520b"),
            ("/arn:aws/x", "/arn%3Aaws/x"),
            ("/~user", "/~user"),
        ] {
            assert_eq!(path(raw, false), canonical, "{raw}");
        }
    }

    #[test]
    fn paths_of_s3_are_encoded_once_and_never_normalised() {
        for (raw, canonical) in [
            ("/b/a//c/../d", "/b/a//c/../d"),
            ("/b/a%20b+c", "/b/a%20b%2Bc"),
            ("/b/%e1%88%b4", "/b/%E1%88%B4"),
            ("/b/x=y", "/b/x%3Dy"),
        ] {
            assert_eq!(path(raw, true), canonical, "{raw}");
        }
        let mut out = Vec::new();
        assert!(matches!(
            canonical_path(&mut out, "/%2", true),
            Err(AuthError::MalformedPath)
        ));
    }

    #[test]
    fn queries_are_encoded_anew_and_sorted() {
        for (raw, canonical) in [
            ("", ""),
            ("a", "a="),
            ("&&a=1&", "a=1"),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a=", "a=&a=1&a=2"),
            ("a=x+y&b=x%20y", "a=x%20y&b=x%20y"),
            ("a=%7e%2f", "a=~%2F"),
            ("a=b=c", "a=b%3Dc"),
            ("X-Amz-Signature=ab&z=1", "z=1"),
        ] {
            assert_eq!(query(raw), canonical, "{raw}");
        }
        let mut out = Vec::new();
        for bad in ["a=%", "a=%4", "%zz=1"] {
            assert!(matches!(
                canonical_query(&mut out, bad, false),
                Err(AuthError::MalformedQuery)
            ));
        }
    }
}
