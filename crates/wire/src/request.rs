//! Requests and responses as bytes.

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

/// A request as it came in, its body complete.
#[derive(Clone, Copy, Debug)]
pub struct RawRequest<'a> {
    /// The HTTP method, such as `POST`.
    pub method: &'a str,
    /// The path as sent, still percent-encoded.
    pub path: &'a str,
    /// The query string as sent, without the question mark; empty if there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

impl RawRequest<'_> {
    /// The header `name` as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body, without parameters.
    pub fn media_type(&self) -> &str {
        let value = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let value = value.unwrap_or_default();
        value.split_once(';').map_or(value, |(t, _)| t).trim()
    }
}

/// An answer to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers; `Content-Length` is the server's.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The header that carries the request id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

impl Response {
    /// An answer with the request id in its header. An id that can't stand in a header is left out.
    pub(crate) fn new(
        status: u16,
        content_type: &'static str,
        body: Vec<u8>,
        request_id: &str,
    ) -> Self {
        let mut headers = Vec::with_capacity(4);
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.push((REQUEST_ID, id));
        }
        headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The same answer with one more header, unless the text can't stand in one.
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// The header `name` as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.as_str() == name);
        found.and_then(|(_, v)| v.to_str().ok())
    }
}
