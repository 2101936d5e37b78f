//! A blob, or a part of it, being read.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf, Take};

/// How much [`BlobReader::chunk`] answers at most.
const CHUNK_BYTES: usize = 256 << 10;

/// A blob, or a part of it, being read. Also an [`AsyncRead`].
pub struct BlobReader {
    pub(super) size: u64,
    pub(super) range: Range<u64>,
    pub(super) file: Take<tokio::fs::File>,
}

impl BlobReader {
    /// The size of the whole blob.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The part that is read.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// The next bytes, at most 256 KiB; none at the end.
    ///
    /// # Errors
    /// The file's.
    pub async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        while buffer.len() < CHUNK_BYTES {
            if self.file.read_buf(&mut buffer).await? == 0 {
                break;
            }
        }
        Ok(Some(buffer.freeze()).filter(|bytes| !bytes.is_empty()))
    }
}

impl AsyncRead for BlobReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_read(context, buffer)
    }
}
