//! The engine's end of a shim's socket: requests out, replies and changes in.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{oneshot, watch};

use crate::error::{EngineError, FileContext, Result};
use crate::ids::ContainerName;
use crate::layout::short_socket_path;
use crate::protocol::{Call, ContainerStatus, ExecOutput, Message, Phase, Request};
use crate::task::{ContainerEvent, EventKind};

type Answer = Result<Option<ExecOutput>, String>;

/// What is known of a task: kept up by the connection, read by everyone.
pub(crate) struct Board {
    inner: Mutex<Inner>,
    /// Counts events; a change wakes the readers.
    changed: watch::Sender<usize>,
}

#[derive(Default)]
struct Inner {
    statuses: BTreeMap<ContainerName, ContainerStatus>,
    events: Vec<ContainerEvent>,
    pending: HashMap<u64, oneshot::Sender<Answer>>,
    next_id: u64,
    gone: Option<String>,
}

impl Board {
    pub(crate) fn new() -> Arc<Self> {
        let inner = Mutex::new(Inner::default());
        Arc::new(Self {
            inner,
            changed: watch::Sender::new(0),
        })
    }

    pub(crate) fn statuses(&self) -> Vec<ContainerStatus> {
        self.inner.lock().statuses.values().cloned().collect()
    }

    pub(crate) fn status(&self, name: &ContainerName) -> Option<ContainerStatus> {
        self.inner.lock().statuses.get(name).cloned()
    }

    /// Why the shim is gone, if it is.
    pub(crate) fn gone(&self) -> Option<String> {
        self.inner.lock().gone.clone()
    }

    pub(crate) fn event(&self, index: usize) -> Option<ContainerEvent> {
        self.inner.lock().events.get(index).cloned()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<usize> {
        self.changed.subscribe()
    }

    pub(crate) fn forget(&self, name: &ContainerName) {
        self.inner.lock().statuses.remove(name);
    }

    /// Takes a container's new status and derives the events that it means.
    pub(crate) fn set(&self, status: ContainerStatus) {
        let mut inner = self.inner.lock();
        let old = inner.statuses.get(&status.name);
        let same_run = old.is_some_and(|o| o.run == status.run);
        let was = |p: Phase| same_run && old.is_some_and(|o| o.phase == p);
        let container = status.name.clone();
        let run = status.run;
        let started = status.started_at_us.filter(|_| {
            !was(Phase::Running) && !was(Phase::Exited) && status.phase != Phase::Created
        });
        let exited = status.exit.filter(|_| !was(Phase::Exited));
        let error = status.error.clone();
        if let Some(at_us) = started {
            let kind = EventKind::Started { at_us };
            inner.events.push(ContainerEvent {
                container: container.clone(),
                run,
                kind,
            });
        }
        if let Some(exit) = exited {
            inner.events.push(ContainerEvent {
                container,
                run,
                kind: EventKind::Exited { exit, error },
            });
        }
        inner.statuses.insert(status.name.clone(), status);
        let count = inner.events.len();
        drop(inner);
        self.changed.send_replace(count);
    }

    /// The shim is gone: every open request fails.
    pub(crate) fn lose(&self, reason: &str) {
        let mut inner = self.inner.lock();
        inner.gone.get_or_insert_with(|| reason.to_owned());
        inner.pending.clear();
        let count = inner.events.len();
        drop(inner);
        self.changed.send_replace(count);
    }

    fn reply(&self, id: u64, answer: Answer) {
        let waiting = self.inner.lock().pending.remove(&id);
        if let Some(waiting) = waiting {
            // Whoever asked may have given up.
            let _ = waiting.send(answer);
        }
    }
}

/// A connection to a living shim.
pub(crate) struct ShimClient {
    writer: tokio::sync::Mutex<OwnedWriteHalf>,
    board: Arc<Board>,
    reader: tokio::task::JoinHandle<()>,
}

impl Drop for ShimClient {
    fn drop(&mut self) {
        // Letting go of a task is no loss of its shim.
        self.reader.abort();
    }
}

impl ShimClient {
    /// Connects and subscribes; returns when every container's status stands on the board.
    /// `on_loss` runs, on a thread where it may block, when the connection ends.
    pub(crate) async fn connect(
        socket: &Path,
        board: Arc<Board>,
        on_loss: impl FnOnce() + Send + 'static,
    ) -> Result<Self> {
        let (held, short) = short_socket_path(socket)?;
        let stream = UnixStream::connect(short).await.at("connect to", socket)?;
        drop(held);
        let (read, write) = stream.into_split();
        let known = board.clone();
        let reader = tokio::spawn(async move {
            read_messages(read, &known).await;
            // How the containers ended is known before it is known that the shim is gone. A panic
            // in there leaves their status as it was.
            let _ = tokio::task::spawn_blocking(on_loss).await;
            known.lose("its socket closed");
        });
        let client = Self {
            writer: tokio::sync::Mutex::new(write),
            board,
            reader,
        };
        client.call(Call::Subscribe).await?;
        Ok(client)
    }

    /// Asks and waits for the answer.
    pub(crate) async fn call(&self, call: Call) -> Result<Option<ExecOutput>> {
        let (answer, waiting) = oneshot::channel();
        let id = {
            let mut inner = self.board.inner.lock();
            if let Some(reason) = &inner.gone {
                return Err(EngineError::ShimGone(reason.clone()));
            }
            inner.next_id += 1;
            let id = inner.next_id;
            inner.pending.insert(id, answer);
            id
        };
        let mut line = serde_json::to_vec(&Request { id, call })
            .map_err(|e| EngineError::Container(e.to_string()))?;
        line.push(b'\n');
        let sent = self.writer.lock().await.write_all(&line).await;
        if let Err(e) = sent {
            self.board.inner.lock().pending.remove(&id);
            return Err(EngineError::ShimGone(e.to_string()));
        }
        match waiting.await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(message)) => Err(EngineError::Container(message)),
            Err(_) => Err(EngineError::ShimGone(
                "it ended before it answered".to_owned(),
            )),
        }
    }
}

async fn read_messages(read: OwnedReadHalf, board: &Board) {
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Message::Reply {
                id,
                error: Some(error),
                ..
            }) => board.reply(id, Err(error)),
            Ok(Message::Reply {
                id,
                error: None,
                exec,
            }) => board.reply(id, Ok(exec)),
            Ok(Message::Status { status }) => board.set(status),
            Err(error) => tracing::warn!(%error, "a shim sent a line that is none of ours"),
        }
    }
}
