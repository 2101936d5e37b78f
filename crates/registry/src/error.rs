//! Errors as the distribution protocol answers them.
//!
//! Source: OCI distribution-spec 1.1, "Error Codes". Where AWS's endpoint answers with another code
//! for an error of ECR, it is AWS's.

use http::{HeaderValue, Response, StatusCode, header};
use rolecall_base::AwsError;
use rolecall_server::{Body, full};
use serde_json::json;

/// An error of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Where an upload or a blob stands, for an answer of 416.
    pub(crate) range: Option<String>,
}

impl Error {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            range: None,
        }
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "UNSUPPORTED",
            "There is no such endpoint.",
        )
    }

    pub(crate) fn method() -> Self {
        let message = "The operation is unsupported.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message)
    }

    pub(crate) fn digest_invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message)
    }

    pub(crate) fn blob_unknown() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "BLOB_UNKNOWN",
            "The blob is unknown to the repository.",
        )
    }

    pub(crate) fn manifest_unknown() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "MANIFEST_UNKNOWN",
            "Requested image not found",
        )
    }

    pub(crate) fn upload_unknown() -> Self {
        let message = "The upload is unknown to the repository.";
        Self::new(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", message)
    }

    /// Bytes that do not continue where the upload stands.
    pub(crate) fn not_consecutive(received: u64) -> Self {
        let message = format!("The upload has {received} bytes.");
        Self {
            range: Some(upload_range(received)),
            ..Self::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "BLOB_UPLOAD_INVALID",
                message,
            )
        }
    }

    pub(crate) fn internal() -> Self {
        let message = "The registry failed.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", message)
    }

    /// Logs what went wrong inside and says nothing of it.
    pub(crate) fn failed(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "the registry failed");
        Self::internal()
    }

    pub(crate) fn respond(self) -> Response<Body> {
        let errors = json!({"errors": [{"code": self.code, "message": self.message}]});
        let mut response = Response::new(full(errors.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some(Ok(range)) = self.range.map(HeaderValue::try_from) {
            headers.insert(header::RANGE, range);
        }
        response
    }
}

/// The `Range` of an upload: the bytes that were received.
pub(crate) fn upload_range(received: u64) -> String {
    format!("0-{}", received.saturating_sub(1))
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        if error.status >= 500 {
            return Self::internal();
        }
        let (status, code) = match error.code.as_ref() {
            "AccessDeniedException" => (StatusCode::FORBIDDEN, "DENIED"),
            "RepositoryNotFoundException" => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            "ImageNotFoundException" => (StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
            "LayersNotFoundException" => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            "ReferencedImagesNotFoundException" => (StatusCode::NOT_FOUND, "MANIFEST_BLOB_UNKNOWN"),
            "UploadNotFoundException" => (StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN"),
            "ImageTagAlreadyExistsException" => (StatusCode::BAD_REQUEST, "TAG_INVALID"),
            "ImageDigestDoesNotMatchException" | "InvalidLayerException" => {
                (StatusCode::BAD_REQUEST, "DIGEST_INVALID")
            }
            "EmptyUploadException" => (StatusCode::BAD_REQUEST, "SIZE_INVALID"),
            _ => (StatusCode::BAD_REQUEST, "UNSUPPORTED"),
        };
        Self::new(status, code, error.message)
    }
}
