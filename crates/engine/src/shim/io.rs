//! Clients of the shim's socket: lines in, lines out, never blocking the loop.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use crate::protocol::{Message, Request};

/// More unread requests or unsent answers than this end a connection.
const BUFFER_LIMIT: usize = 16 * 1024 * 1024;

/// One connection.
pub(super) struct Client {
    pub(super) id: u64,
    pub(super) stream: UnixStream,
    pub(super) subscribed: bool,
    input: Vec<u8>,
    output: Vec<u8>,
    closed: bool,
}

impl Client {
    pub(super) fn new(id: u64, stream: UnixStream) -> std::io::Result<Self> {
        stream.set_nonblocking(true)?;
        let (input, output) = (Vec::new(), Vec::new());
        Ok(Self {
            id,
            stream,
            subscribed: false,
            input,
            output,
            closed: false,
        })
    }

    pub(super) fn wants_write(&self) -> bool {
        !self.output.is_empty()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Reads what is there and returns the whole requests.
    pub(super) fn read(&mut self) -> Vec<Request> {
        let mut part = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => self.closed = true,
                Ok(n) => {
                    self.input
                        .extend_from_slice(part.get(..n).unwrap_or_default());
                    if self.input.len() < BUFFER_LIMIT {
                        continue;
                    }
                    self.closed = true;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.closed = true,
            }
            break;
        }
        let mut requests = Vec::new();
        while let Some(end) = self.input.iter().position(|b| *b == b'\n') {
            let rest = self.input.split_off(end + 1);
            let line = std::mem::replace(&mut self.input, rest);
            match serde_json::from_slice(&line) {
                Ok(request) => requests.push(request),
                // Who does not speak the protocol is no engine.
                Err(_) => self.closed = true,
            }
        }
        requests
    }

    /// Queues a message and sends what goes without waiting.
    pub(super) fn send(&mut self, message: &Message) {
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            self.output.extend_from_slice(&line);
        }
        self.flush();
    }

    pub(super) fn flush(&mut self) {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(n) => drop(self.output.drain(..n)),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.closed = true;
                    break;
                }
            }
        }
        if self.output.len() > BUFFER_LIMIT {
            self.closed = true;
        }
    }

    /// Sends the rest, waiting a second at most.
    pub(super) fn finish(mut self) {
        let patience = Some(std::time::Duration::from_secs(1));
        if self.stream.set_nonblocking(false).is_ok()
            && self.stream.set_write_timeout(patience).is_ok()
        {
            let _ = self.stream.write_all(&self.output);
        }
    }
}
