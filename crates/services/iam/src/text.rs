//! Small things about texts: optional members, and the encoding of policy documents.

use std::fmt::Write;

/// A member that the model requires; validation has seen to it that it is there.
pub(crate) fn required(member: &Option<String>) -> &str {
    member.as_deref().unwrap_or_default()
}

/// A path, `/` where none is given.
pub(crate) fn path_or_root(member: &Option<String>) -> &str {
    member
        .as_deref()
        .filter(|path| !path.is_empty())
        .unwrap_or("/")
}

/// Percent-encodes all but the unreserved characters of RFC 3986, as IAM returns policy documents.
///
/// Source: IAM API Reference, `GetRolePolicy`: "Policies returned by this operation are URL-encoded
/// compliant with RFC 3986."
pub(crate) fn url_encoded(document: &str) -> String {
    let mut out = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(
            url_encoded(r#"{"a":"b/*-_.~ é"}"#),
            "%7B%22a%22%3A%22b%2F%2A-_.~%20%C3%A9%22%7D"
        );
    }

    #[test]
    fn an_absent_path_is_the_root() {
        assert_eq!(path_or_root(&None), "/");
        assert_eq!(path_or_root(&Some("/a/".to_owned())), "/a/");
    }
}
