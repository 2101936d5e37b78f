//! What a client may take: the size of a body and the time to send it.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};

/// The limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body that is read whole.
    pub body_max: usize,
    /// How long the headers of a request may take.
    pub header_timeout: Duration,
    /// How long the next part of a body is waited for.
    pub body_idle_timeout: Duration,
    /// How long requests under way are waited for when the server stops.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // UploadLayerPart takes 20 MiB, which base64 makes a third larger.
            body_max: 32 * 1024 * 1024,
            header_timeout: Duration::from_secs(30),
            body_idle_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum TooLarge {
    /// It is larger than the limit, in bytes.
    #[error("the request body is larger than {0} bytes")]
    Limit(usize),
    /// Nothing more of it came.
    #[error("the request body stopped coming")]
    Idle,
    /// The connection broke.
    #[error("read the request body")]
    Read(#[source] hyper::Error),
}

/// Reads a body of at most `max` bytes, no two parts of which come more than `idle` apart.
///
/// # Errors
/// [`TooLarge`] when it is larger, stops coming, or the connection breaks.
pub async fn read_body(mut body: Incoming, max: usize, idle: Duration) -> Result<Bytes, TooLarge> {
    let hint = body
        .size_hint()
        .upper()
        .and_then(|n| usize::try_from(n).ok());
    if hint.is_some_and(|n| n > max) {
        return Err(TooLarge::Limit(max));
    }
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    loop {
        let next = tokio::time::timeout(idle, body.frame()).await;
        let Some(frame) = next.map_err(|_| TooLarge::Idle)? else {
            break;
        };
        let Ok(data) = frame.map_err(TooLarge::Read)?.into_data() else {
            continue;
        };
        if first.as_ref().map_or(0, Bytes::len) + rest.len() + data.len() > max {
            return Err(TooLarge::Limit(max));
        }
        match &first {
            // Most bodies come in one frame, which then needs no copy.
            None => first = Some(data),
            Some(head) => {
                if rest.is_empty() {
                    rest.reserve(hint.unwrap_or(0));
                    rest.extend_from_slice(head);
                }
                rest.extend_from_slice(&data);
            }
        }
    }
    Ok(if rest.is_empty() {
        first.unwrap_or_default()
    } else {
        rest.freeze()
    })
}
