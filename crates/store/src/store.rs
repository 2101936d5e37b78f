//! The store's handle: snapshots, transactions, watches.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::engine::{Engine, MemoryEngine};
use crate::error::{CommitError, TransactError};
use crate::snapshot::{Revision, Snapshot, State};
use crate::txn::{EncodedWrite, ReadSet, Txn};
use crate::watch::{History, KindWatch, Shared, Watch};
use crate::writer::{Job, Writer};

/// At most so many transactions share one durable commit.
const BATCH_MAX: usize = 1024;

/// Settings of a store.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many commits are kept in memory for watchers.
    pub history: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { history: 4096 }
    }
}

/// All documents, in memory and (with the embedded engine) on disk. A clone is another handle of
/// the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    announced: watch::Receiver<Revision>,
    submit: Submit,
}

/// How a job reaches the writer.
enum Submit {
    /// The caller's thread is the writer.
    Inline(Mutex<Writer>),
    /// A thread of its own, because the commit blocks. Both are taken on drop.
    Thread {
        jobs: Option<mpsc::Sender<Box<dyn Job>>>,
        thread: Option<thread::JoinHandle<()>>,
    },
}

/// What a successful transaction answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the function returned.
    pub value: T,
    /// The revision that the transaction made; when it wrote nothing, the one that it saw.
    pub revision: Revision,
}

impl Store {
    /// An empty store that lives in memory only, takes any kind, and commits on the caller's
    /// thread.
    #[must_use]
    pub fn memory() -> Self {
        Self::memory_with(Options::default())
    }

    /// As [`memory`](Self::memory), with settings.
    #[must_use]
    pub fn memory_with(options: Options) -> Self {
        let (shared, writer) = parts(State::default(), Box::new(MemoryEngine), options);
        let announced = writer.announce.subscribe();
        let submit = Submit::Inline(Mutex::new(writer));
        Self {
            inner: Arc::new(Inner {
                shared,
                announced,
                submit,
            }),
        }
    }

    /// A store whose writer has its own thread.
    pub(crate) fn threaded(
        state: State,
        engine: Box<dyn Engine>,
        options: Options,
    ) -> Result<Self, std::io::Error> {
        let (shared, writer) = parts(state, engine, options);
        let announced = writer.announce.subscribe();
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(writer, &receiver))?;
        let submit = Submit::Thread {
            jobs: Some(sender),
            thread: Some(thread),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                shared,
                announced,
                submit,
            }),
        })
    }

    /// The newest committed revision. Takes no lock.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.inner.shared.snapshot()
    }

    /// Runs a pure function over a transaction and commits what it wrote.
    ///
    /// The function runs at once, on the caller's thread and the newest snapshot. When it refuses
    /// or writes nothing, that is the answer. Otherwise its writes go to the writer; if something
    /// that it read changed meanwhile, the writer runs it again on the newest state, so that it
    /// always gets through. It answers after the writes are durable and visible in
    /// [`snapshot`](Self::snapshot).
    ///
    /// Dropping the future does not undo a transaction that already reached the writer.
    ///
    /// # Errors
    /// [`TransactError::Refused`] with the function's own error; the other variants are the
    /// store's.
    ///
    /// # Panics
    /// With the function's own panic, also when it panicked on a re-run.
    pub async fn transact<T, E, F>(&self, f: F) -> Result<Committed<T>, TransactError<E>>
    where
        F: FnMut(&mut Txn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let answer = match self.begin(f)? {
            Begun::Done(committed) => return Ok(committed),
            Begun::Submitted(answer) => answer,
        };
        finish(answer.await.ok())
    }

    /// As [`transact`](Self::transact), for a thread that is not part of an async runtime. With the
    /// memory engine it can be called anywhere.
    ///
    /// # Errors
    /// As for [`transact`](Self::transact).
    ///
    /// # Panics
    /// As for [`transact`](Self::transact), and with the embedded engine inside an async runtime.
    pub fn transact_blocking<T, E, F>(&self, f: F) -> Result<Committed<T>, TransactError<E>>
    where
        F: FnMut(&mut Txn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let mut answer = match self.begin(f)? {
            Begun::Done(committed) => return Ok(committed),
            Begun::Submitted(answer) => answer,
        };
        match answer.try_recv() {
            Ok(reply) => finish(Some(reply)),
            Err(_) => finish(answer.blocking_recv().ok()),
        }
    }

    /// Runs the function on the newest snapshot and hands what it wrote to the writer.
    fn begin<T, E, F>(&self, mut f: F) -> Result<Begun<T, E>, TransactError<E>>
    where
        F: FnMut(&mut Txn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let snapshot = self.snapshot();
        let (value, run) = run_once(&mut f, &snapshot.0)?;
        let revision = snapshot.revision();
        if run.writes.is_empty() {
            return Ok(Begun::Done(Committed { value, revision }));
        }
        let (reply, answer) = oneshot::channel();
        let outcome = Outcome::Returned(value);
        self.inner.submit(Box::new(TxnJob {
            f,
            base: revision,
            run,
            outcome,
            reply,
        }));
        Ok(Begun::Submitted(answer))
    }

    /// Every commit after this moment.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.watch_from(self.snapshot().revision())
    }

    /// Every commit after a revision, such as that of the snapshot that was just listed.
    #[must_use]
    pub fn watch_from(&self, seen: Revision) -> Watch {
        let inner = &self.inner;
        Watch {
            shared: Arc::clone(&inner.shared),
            announced: inner.announced.clone(),
            seen,
        }
    }

    /// Tells when a document of one of these kinds ([`Document::KIND`](crate::Document::KIND))
    /// changed.
    #[must_use]
    pub fn watch_kinds(&self, kinds: &[&'static str]) -> KindWatch {
        KindWatch {
            shared: Arc::clone(&self.inner.shared),
            announced: self.inner.announced.clone(),
            kinds: kinds.to_vec(),
            seen: None,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({:?})", self.snapshot())
    }
}

impl Inner {
    fn submit(&self, job: Box<dyn Job>) {
        match &self.submit {
            Submit::Inline(writer) => writer.lock().process(vec![job]),
            Submit::Thread { jobs, .. } => {
                // A job that cannot be sent is dropped, and its caller hears `Closed`.
                if let Some(jobs) = jobs {
                    let _ = jobs.send(job);
                }
            }
        }
    }
}

impl Drop for Inner {
    /// Waits for the writer, so that the data directory is free when the last handle is gone.
    fn drop(&mut self) {
        if let Submit::Thread { jobs, thread } = &mut self.submit {
            drop(jobs.take());
            if let Some(thread) = thread.take()
                && thread.thread().id() != thread::current().id()
                && thread.join().is_err()
            {
                tracing::error!("the store's writer panicked");
            }
        }
    }
}

fn parts(state: State, engine: Box<dyn Engine>, options: Options) -> (Arc<Shared>, Writer) {
    let revision = state.revision;
    let shared = Arc::new(Shared {
        published: ArcSwap::from_pointee(state),
        history: Mutex::new(History::new(revision, options.history)),
    });
    let (announce, _) = watch::channel(revision);
    (
        Arc::clone(&shared),
        Writer {
            engine,
            shared,
            announce,
        },
    )
}

/// The writer thread: everything that waits becomes one batch, until all handles are gone.
fn run(mut writer: Writer, jobs: &mpsc::Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH_MAX - 1));
        writer.process(batch);
    }
}

/// A transaction after its first run.
enum Begun<T, E> {
    /// It wrote nothing.
    Done(Committed<T>),
    /// The writer has it.
    Submitted(oneshot::Receiver<Reply<T, E>>),
}

/// The writer's answer; none when it is gone.
fn finish<T, E>(reply: Option<Reply<T, E>>) -> Result<Committed<T>, TransactError<E>> {
    match reply {
        Some(Reply::Returned(outcome)) => outcome,
        Some(Reply::Panicked(payload)) => resume_unwind(payload),
        None => Err(TransactError::Closed),
    }
}

/// What one run of a transaction's function left behind.
struct Run {
    reads: ReadSet,
    writes: Vec<EncodedWrite>,
}

fn run_once<T, E>(
    f: &mut impl FnMut(&mut Txn) -> Result<T, E>,
    state: &State,
) -> Result<(T, Run), TransactError<E>> {
    let mut txn = Txn::new(state.clone());
    let value = f(&mut txn);
    if let Some(fault) = txn.fault() {
        return Err(TransactError::Fault(fault));
    }
    let value = value.map_err(TransactError::Refused)?;
    let (reads, writes) = txn.finish().map_err(TransactError::Fault)?;
    Ok((value, Run { reads, writes }))
}

enum Outcome<T, E> {
    Returned(T),
    Failed(TransactError<E>),
    Panicked(Box<dyn Any + Send>),
}

enum Reply<T, E> {
    Returned(Result<Committed<T>, TransactError<E>>),
    Panicked(Box<dyn Any + Send>),
}

struct TxnJob<T, E, F> {
    f: F,
    base: Revision,
    run: Run,
    outcome: Outcome<T, E>,
    reply: oneshot::Sender<Reply<T, E>>,
}

impl<T, E, F> Job for TxnJob<T, E, F>
where
    F: FnMut(&mut Txn) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn base(&self) -> Revision {
        self.base
    }

    fn reads(&self) -> &ReadSet {
        &self.run.reads
    }

    fn rerun(&mut self, head: &State) {
        self.run.writes.clear();
        self.outcome = match catch_unwind(AssertUnwindSafe(|| run_once(&mut self.f, head))) {
            Ok(Ok((value, run))) => {
                self.run = run;
                Outcome::Returned(value)
            }
            Ok(Err(error)) => Outcome::Failed(error),
            Err(payload) => Outcome::Panicked(payload),
        };
    }

    fn take_writes(&mut self) -> Vec<EncodedWrite> {
        std::mem::take(&mut self.run.writes)
    }

    fn answer(self: Box<Self>, outcome: Result<Revision, CommitError>) {
        let reply = match (self.outcome, outcome) {
            (Outcome::Panicked(payload), _) => Reply::Panicked(payload),
            (_, Err(error)) => Reply::Returned(Err(TransactError::Commit(error))),
            (Outcome::Returned(value), Ok(revision)) => {
                Reply::Returned(Ok(Committed { value, revision }))
            }
            (Outcome::Failed(error), Ok(_)) => Reply::Returned(Err(error)),
        };
        // The caller may have gone away.
        let _ = self.reply.send(reply);
    }
}
