//! Answers with headers.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use rolecall_server::{Body, full};
use serde_json::Value;

pub(crate) const DOCKER_CONTENT_DIGEST: HeaderName =
    HeaderName::from_static("docker-content-digest");
pub(crate) const DOCKER_UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");
pub(crate) const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(crate) const OCI_FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

/// An answer that is being put together.
pub(crate) struct Answer(Response<Body>);

impl Answer {
    /// Without a body.
    pub(crate) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(full(""));
        *response.status_mut() = status;
        Self(response)
    }

    /// With a header; a value that no header can have leaves it out.
    pub(crate) fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// With this body.
    pub(crate) fn body(mut self, body: Body) -> Response<Body> {
        *self.0.body_mut() = body;
        self.0
    }

    /// With a JSON body of this media type.
    pub(crate) fn json(self, media_type: &str, value: &Value) -> Response<Body> {
        self.header(header::CONTENT_TYPE, media_type)
            .body(full(value.to_string()))
    }

    pub(crate) fn done(self) -> Response<Body> {
        self.0
    }
}
