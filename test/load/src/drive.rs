//! Many connections that each send the next request as soon as they have the answer to the last.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::ServerArgs;
use crate::exchange::Connection;
use crate::operation::Operation;
use crate::sample::Sample;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[arg(long)]
    operation: Operation,
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How long to run before measuring, in seconds.
    #[arg(long, default_value_t = 0.5)]
    warm_up: f64,
    /// How many requests are signed in advance, at most; those that cannot be repeated end a run.
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
}

/// What the connections share; they all run on one thread.
struct Run {
    requests: Vec<Vec<u8>>,
    repeats: bool,
    next: Cell<usize>,
    begin: Instant,
    end: Instant,
    times: RefCell<Vec<Duration>>,
    bytes: Cell<usize>,
    errors: Cell<usize>,
    first_error: RefCell<Option<String>>,
    /// When the last answer that counts came.
    last: Cell<Option<Instant>>,
}

pub(crate) async fn run(args: &Args) -> Result<Value> {
    let target = args.server.target();
    let distinct = args.operation.distinct().min(args.requests);
    let tag = format!("{:x}", std::process::id());
    let requests = (0..distinct)
        .map(|n| args.operation.call(&tag, n).sign(&target))
        .collect::<Result<Vec<_>>>()?;
    let begin = Instant::now() + Duration::from_secs_f64(args.warm_up);
    let run = Rc::new(Run {
        requests,
        repeats: args.operation.repeats(),
        next: Cell::new(0),
        begin,
        end: begin + Duration::from_secs_f64(args.seconds),
        times: RefCell::default(),
        bytes: Cell::new(0),
        errors: Cell::new(0),
        first_error: RefCell::default(),
        last: Cell::new(None),
    });
    let local = tokio::task::LocalSet::new();
    let mut connections = Vec::new();
    for _ in 0..args.connections {
        let (run, address) = (Rc::clone(&run), target.address.clone());
        connections.push(local.spawn_local(async move { run.connection(&address).await }));
    }
    local
        .run_until(async {
            for connection in connections {
                connection.await.context("a connection")?;
            }
            anyhow::Ok(())
        })
        .await?;
    Ok(report(args, &run))
}

impl Run {
    async fn connection(&self, address: &str) {
        let mut connection = Connection::new(address);
        while let Some(request) = self.take() {
            let started = Instant::now();
            if started >= self.end {
                return;
            }
            let outcome = connection.exchange(request).await;
            let now = Instant::now();
            let counts = started >= self.begin && now <= self.end;
            match outcome {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    if counts {
                        self.times.borrow_mut().push(now - started);
                        self.bytes.set(self.bytes.get() + answer.body.len());
                        self.last.set(Some(now));
                    }
                }
                Ok(answer) => {
                    let body = String::from_utf8_lossy(answer.body);
                    let text = body.chars().take(300).collect::<String>();
                    self.failed(format!("{} {text}", answer.status));
                }
                Err(error) => {
                    self.failed(format!("{error:#}"));
                    connection = Connection::new(address);
                }
            }
        }
    }

    fn take(&self) -> Option<&[u8]> {
        let n = self.next.get();
        self.next.set(n + 1);
        let n = if self.repeats {
            n % self.requests.len().max(1)
        } else {
            n
        };
        self.requests.get(n).map(Vec::as_slice)
    }

    fn failed(&self, what: String) {
        self.errors.set(self.errors.get() + 1);
        self.first_error.borrow_mut().get_or_insert(what);
    }
}

fn report(args: &Args, run: &Run) -> Value {
    let times = run.times.take();
    let count = times.len();
    // A run that was out of requests ended early.
    let last = run.last.get().unwrap_or(run.end);
    let exhausted = !run.repeats && run.next.get() > run.requests.len();
    let end = if exhausted { last } else { run.end };
    let seconds = end.saturating_duration_since(run.begin).as_secs_f64();
    let sample = Sample::new(times);
    let rate = if seconds > 0.0 {
        count as f64 / seconds
    } else {
        0.0
    };
    json!({
        "operation": format!("{:?}", args.operation),
        "connections": args.connections,
        "requests": count,
        "seconds": seconds,
        "rate": rate,
        "p50_us": sample.percentile_us(50),
        "p99_us": sample.percentile_us(99),
        "body_bytes": run.bytes.get() / count.max(1),
        "errors": run.errors.get(),
        "first_error": run.first_error.take(),
    })
}
