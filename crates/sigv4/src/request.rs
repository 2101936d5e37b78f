//! The parts of a request that a signature covers.

use ring::digest;

/// The SHA-256 of some bytes: what a caller puts in [`BodyHash::Sha256`].
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash
        .iter_mut()
        .zip(digest::digest(&digest::SHA256, bytes).as_ref())
    {
        *to = *from;
    }
    hash
}

/// What is known of the body when the signature is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyHash {
    /// The SHA-256 of the body that was received.
    Sha256([u8; 32]),
    /// The body is still to be read. The signature is then checked against the hash that the
    /// request declares in `x-amz-content-sha256`, and the caller **must** hold the body
    /// against it afterwards with [`crate::Parsed::check_body`].
    NotRead,
}

/// A request as it came over the wire.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The path exactly as received: not decoded, not normalised, without the query.
    pub path: &'a str,
    /// The query exactly as received, without the `?`; empty when there is none.
    pub query: &'a str,
    /// All headers in the order of arrival, repeated ones too. `host` must be among them: over
    /// HTTP/2 the caller puts `:authority` there.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The hash of the body.
    pub body: BodyHash,
}

/// What stands under one header name.
pub(crate) enum Found<'a> {
    None,
    One(&'a [u8]),
    Many,
}

impl<'a> RequestView<'a> {
    /// All values of a header, in order.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.headers;
        headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| *v)
    }

    /// A header that must not be repeated.
    pub(crate) fn single(&self, name: &str) -> Found<'a> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (None, _) => Found::None,
            (Some(value), None) => Found::One(value),
            (Some(_), Some(_)) => Found::Many,
        }
    }
}
