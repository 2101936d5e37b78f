//! Why a blob operation failed.

use std::io;
use std::ops::Range;

use super::upload::UploadId;
use crate::digest::Digest;

/// Why a blob operation failed.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// There is no such upload: never begun, finished, aborted or expired.
    #[error("there is no upload {0}")]
    UnknownUpload(UploadId),
    /// The bytes do not continue where the upload stands.
    #[error("the upload stands at {stands}, not at {given}")]
    Offset {
        /// Bytes received so far.
        stands: u64,
        /// Where the caller wanted to go on.
        given: u64,
    },
    /// The uploaded bytes have another digest. The upload stays.
    #[error("the digest is {actual}, not {expected}")]
    DigestMismatch {
        /// What the caller said.
        expected: Digest,
        /// What it is.
        actual: Digest,
    },
    /// There is no such blob.
    #[error("there is no blob {0}")]
    UnknownBlob(Digest),
    /// The range begins after the end, or ends before it begins.
    #[error("the range {}..{} is not within {size} bytes", range.start, range.end)]
    Range {
        /// What was asked for.
        range: Range<u64>,
        /// The blob's size.
        size: u64,
    },
    /// The blob is larger than the caller allows.
    #[error("the blob has {size} bytes, more than {limit}")]
    TooLarge {
        /// The blob's size.
        size: u64,
        /// What the caller allows.
        limit: u64,
    },
    /// The folder or a file in it failed.
    #[error("{step}")]
    Io {
        /// What was tried.
        step: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

pub(super) fn io(step: &'static str) -> impl FnOnce(io::Error) -> ContentError {
    move |source| ContentError::Io { step, source }
}
