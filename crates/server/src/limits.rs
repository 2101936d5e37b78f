//! What a client may take: the size of a body and the time to send it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body that is read whole.
    pub body_max: usize,
    /// The most bytes of all bodies at once that are read whole. Bodies are read before it is known
    /// who sends them; larger ones wait for each other.
    pub bodies_max: usize,
    /// The most connections of one address, other than loopback.
    pub connections_per_address_max: usize,
    /// The part of `bodies_max` that one address other than loopback may take, in bytes; not less
    /// than `body_max`.
    pub bodies_per_address_max: usize,
    /// How long the headers of a request may take.
    pub header_timeout: Duration,
    /// How long the next part of a body is waited for.
    pub body_idle_timeout: Duration,
    /// How long a whole body may take.
    pub body_timeout: Duration,
    /// How long requests under way are waited for when the server stops.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // UploadLayerPart takes 20 MiB, which base64 makes a third larger.
            body_max: 32 * 1024 * 1024,
            bodies_max: 512 * 1024 * 1024,
            connections_per_address_max: 1024,
            bodies_per_address_max: 64 * 1024 * 1024,
            header_timeout: Duration::from_secs(30),
            body_idle_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(300),
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

/// Other bodies take all the room there is.
#[derive(Debug, thiserror::Error)]
#[error("too many large requests at once")]
pub(crate) struct Busy;

/// The memory of all bodies that are read whole.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Budget {
    /// Bodies up to this size are not counted: nearly all calls are this small, and what they take
    /// is bounded by the number of connections.
    const SMALL: u64 = 64 * 1024;

    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / Self::SMALL as usize)))
    }

    /// Room for a body that announces this size (none: it may be the largest); waited for.
    pub(crate) async fn room(
        &self,
        announced: Option<u64>,
        limits: &Limits,
    ) -> Result<Option<OwnedSemaphorePermit>, Busy> {
        let max = limits.body_max as u64;
        let bytes = announced.unwrap_or(max).min(max);
        if bytes <= Self::SMALL {
            return Ok(None);
        }
        let units = u32::try_from(bytes.div_ceil(Self::SMALL)).unwrap_or(u32::MAX);
        let room = self.0.clone().acquire_many_owned(units);
        match tokio::time::timeout(limits.body_idle_timeout, room).await {
            Ok(Ok(room)) => Ok(Some(room)),
            _ => Err(Busy),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_bodies_wait_for_each_other_and_small_ones_for_none() {
        let limits = Limits {
            body_idle_timeout: Duration::from_millis(20),
            ..Limits::default()
        };
        let budget = Budget::new(2 * limits.body_max);
        let room = |announced| {
            let budget = budget.clone();
            async move { budget.room(announced, &limits).await }
        };
        let first = room(None).await.unwrap().unwrap();
        let second = room(Some(u64::MAX)).await.unwrap().unwrap();
        assert!(matches!(room(Some(100_000)).await, Err(Busy)));
        assert!(room(Some(60_000)).await.unwrap().is_none());
        drop(first);
        assert!(room(Some(100_000)).await.unwrap().is_some());
        drop(second);
    }
}
