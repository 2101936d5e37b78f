//! One connection: a request's bytes out, a whole answer in. HTTP/1.1 with the least of work, so
//! that the client does not measure itself.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is made when it is needed, and again when the server closed it.
pub(crate) struct Connection {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// With the chunks' sizes in between if it came in chunks.
    pub(crate) body: &'a [u8],
}

/// Where an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// At this many bytes.
    At(usize),
    /// After the chunk of no bytes.
    Chunks,
    /// Where the connection ends.
    Close,
}

struct Head {
    status: u16,
    length: usize,
    end: End,
    /// Whether the server closes the connection after this answer.
    closes: bool,
}

impl Connection {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the server cannot be reached or does not speak HTTP/1.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address).await.context("connect")?;
                stream.set_nodelay(true).context("set TCP_NODELAY")?;
                stream
            }
        };
        stream.write_all(request).await.context("send")?;
        self.buffer.clear();
        let mut head: Option<Head> = None;
        loop {
            let read = stream.read_buf(&mut self.buffer).await.context("receive")?;
            if head.is_none() {
                head = parse(&self.buffer)?;
            }
            let done = match &head {
                Some(head) => match head.end {
                    End::At(end) => self.buffer.len() >= end,
                    End::Chunks => self.buffer.ends_with(b"\r\n0\r\n\r\n"),
                    End::Close => read == 0,
                },
                None => false,
            };
            if done {
                break;
            }
            if read == 0 {
                bail!("the connection ended within an answer");
            }
        }
        let head = head.context("no answer")?;
        if !head.closes {
            self.stream = Some(stream);
        }
        Ok(Answer {
            status: head.status,
            body: self.buffer.get(head.length..).unwrap_or_default(),
        })
    }
}

/// Reads the head of an answer, once it is whole.
fn parse(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, _) = bytes.split_at_checked(end).context("split the head")?;
    let head = std::str::from_utf8(head).context("read the head")?;
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let Some((version, rest)) = first.split_once(' ') else {
        bail!("not HTTP: {first:?}");
    };
    let status = rest.get(..3).and_then(|s| s.parse().ok());
    let mut parsed = Head {
        status: status.with_context(|| format!("no status in {first:?}"))?,
        length: end + 4,
        end: End::Close,
        closes: version != "HTTP/1.1",
    };
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            let body: usize = value.parse().context("read the content-length")?;
            parsed.end = End::At(parsed.length + body);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            parsed.end = End::Chunks;
        } else if name.eq_ignore_ascii_case("connection") {
            parsed.closes |= value.eq_ignore_ascii_case("close");
        }
    }
    parsed.closes |= parsed.end == End::Close;
    Ok(Some(parsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_tell_where_answers_end() {
        let head = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
        let head = head.unwrap();
        assert_eq!((head.status, head.end), (200, End::At(43)));
        assert!(!head.closes);
        let head = parse(b"HTTP/1.1 403 x\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let head = head.unwrap();
        assert_eq!((head.status, head.end), (403, End::Chunks));
        let head = parse(b"HTTP/1.0 200 OK\r\n\r\n").unwrap().unwrap();
        assert!(head.closes);
        assert_eq!(head.end, End::Close);
        assert!(parse(b"HTTP/1.1 200 OK\r\nA").unwrap().is_none());
        assert!(parse(b"nonsense\r\n\r\n").is_err());
    }
}
