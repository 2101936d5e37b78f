//! Why a request is refused.

use crate::time::AmzTime;

/// What in a credential scope is wrong; AWS names every fault at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeFault {
    /// The region is empty or is not a region's name.
    pub region: bool,
    /// The service is another than this one, which was expected.
    pub service: Option<String>,
    /// The last element is not `aws4_request`.
    pub terminator: bool,
    /// The date is not the day of the request's time.
    pub date: bool,
}

/// What was computed when a signature did not match: for logs and explanations. The value of a
/// security token is taken out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The canonical request of what was received.
    pub canonical_request: String,
    /// The string to sign made of it.
    pub string_to_sign: String,
}

/// Every reason to refuse. `Display` is for logs; clients get [`AuthError::to_aws`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The request carries no signature of version 4.
    #[error("the request is not signed")]
    Missing,
    /// Both an `Authorization` header and `X-Amz-Algorithm` in the query.
    #[error("signed in the header and in the query")]
    BothForms,
    /// The header form lacks or mangles something; the text is AWS's.
    #[error("{0}")]
    IncompleteHeader(String),
    /// The query form lacks or mangles something; the text is AWS's.
    #[error("{0}")]
    IncompleteQuery(String),
    /// A version-4 algorithm that is not served, by name.
    #[error("unsupported algorithm {0:?}")]
    UnknownAlgorithm(String),
    /// The credential is not `keyid/date/region/service/aws4_request`; the text as given.
    #[error("malformed credential {0:?}")]
    MalformedCredential(String),
    /// The time of the request can't be read; the text as given.
    #[error("malformed date {0:?}")]
    MalformedDate(String),
    /// `host` is not among the signed headers.
    #[error("the host header is not signed")]
    HostNotSigned,
    /// These `x-amz-*` headers are present and not signed.
    #[error("headers not signed: {0:?}")]
    HeadersNotSigned(Vec<String>),
    /// A bad escape in the query.
    #[error("bad escape in the query")]
    MalformedQuery,
    /// A bad escape in an S3 path.
    #[error("bad escape in the path")]
    MalformedPath,
    /// The credential scope does not fit the request.
    #[error("credential scope does not fit: {0:?}")]
    Scope(ScopeFault),
    /// Too old. The earliest time that is accepted is `limit`.
    #[error("signature expired: {signed_at} is earlier than {limit}")]
    Expired {
        /// The request's own time.
        signed_at: AmzTime,
        /// The earliest acceptable time.
        limit: AmzTime,
        /// The server's clock.
        now: AmzTime,
        /// The width of the window in seconds.
        window_s: i64,
        /// Whether the query form was used.
        presigned: bool,
    },
    /// From the future. The latest time that is accepted is `limit`.
    #[error("signature not yet current: {signed_at} is later than {limit}")]
    NotYetCurrent {
        /// The request's own time.
        signed_at: AmzTime,
        /// The latest acceptable time.
        limit: AmzTime,
        /// The server's clock.
        now: AmzTime,
        /// The width of the window in seconds.
        window_s: i64,
        /// Whether the query form was used.
        presigned: bool,
    },
    /// `X-Amz-Expires` is not a number of seconds between 1 and 604800; the text is AWS's.
    #[error("{0}")]
    BadExpires(&'static str),
    /// `x-amz-content-sha256` is neither a hash nor a word that S3 knows.
    #[error("malformed x-amz-content-sha256")]
    MalformedContentSha256,
    /// `x-amz-content-sha256` is needed and absent.
    #[error("x-amz-content-sha256 is required")]
    ContentSha256Required,
    /// The body is not what `x-amz-content-sha256` declares.
    #[error("body hash {computed} is not the declared {declared}")]
    ContentSha256Mismatch {
        /// The hash that the client declared, in hexadecimal.
        declared: String,
        /// The hash of what arrived, in hexadecimal.
        computed: String,
    },
    /// Chunk-signed and trailer payloads (`STREAMING-...`) are not built yet.
    #[error("streaming payloads are not supported")]
    StreamingUnsupported,
    /// The signature is not the one that the request, the key and the scope give.
    #[error("the signature does not match")]
    SignatureMismatch(Box<Mismatch>),
    /// No such access key, or it is inactive. Raised by the caller's key lookup.
    #[error("unknown or inactive access key")]
    UnknownAccessKey,
    /// The session token is absent, or not the one of the access key. Raised by the caller.
    #[error("invalid security token")]
    InvalidToken,
    /// The session is over. Raised by the caller.
    #[error("expired security token")]
    ExpiredToken,
}
