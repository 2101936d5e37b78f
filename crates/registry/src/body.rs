//! A blob as the body of an answer: read piece by piece while it is sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use rolecall_blob::BlobReader;
use tokio::io::{AsyncRead, ReadBuf};

/// How much is read at once, in bytes.
const PIECE_BYTES: usize = 64 << 10;

struct BlobBody {
    reader: BlobReader,
    left: u64,
}

/// The body that sends what `reader` reads.
pub(crate) fn of_blob(reader: BlobReader) -> rolecall_server::Body {
    let range = reader.range();
    BlobBody {
        left: range.end.saturating_sub(range.start),
        reader,
    }
    .boxed_unsync()
}

impl Body for BlobBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = BytesMut::zeroed(PIECE_BYTES);
        let mut buffer = ReadBuf::new(&mut piece);
        if let Err(error) = ready!(Pin::new(&mut self.reader).poll_read(context, &mut buffer)) {
            return Poll::Ready(Some(Err(error)));
        }
        let read = buffer.filled().len();
        if read == 0 {
            // The answer is shorter than its Content-Length says: the client must see a failure.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        piece.truncate(read);
        self.left = self.left.saturating_sub(read as u64);
        Poll::Ready(Some(Ok(Frame::data(piece.freeze()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
