//! One container: what it sees, how it ends.

use std::time::Duration;

use crate::common::*;
use rolecall_engine::*;

#[tokio::test(flavor = "multi_thread")]
async fn output_comes_while_it_runs_and_the_exit_code_after() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let task = lab.task(0).await;
    let script = "echo first; echo second >&2; while [ ! -e /tmp/go ]; do sleep 0.05; done; \
                  echo last; exit 7";
    let spec = lab.sh("main", script);
    let c = spec.name.clone();
    task.create_container(spec).await.unwrap();
    task.start(&c)
        .await
        .unwrap_or_else(|e| panic!("{e}: {}", lab.shim_log(&task)));
    let mut log = task.log_reader(&c, 0).unwrap();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let LogItem::Line(line) = soon(log.next()).await.unwrap() else {
            panic!()
        };
        streams.push((line.stream, String::from_utf8(line.line).unwrap()));
    }
    streams.sort_by_key(|s| s.1.clone());
    assert_eq!(streams[0], (LogStream::Stdout, "first".to_owned()));
    assert_eq!(streams[1], (LogStream::Stderr, "second".to_owned()));
    assert_eq!(task.status(&c).unwrap().phase, Phase::Running);
    let go = vec!["touch".to_owned(), "/tmp/go".to_owned()];
    let done = task.exec(&c, go, Duration::from_secs(10)).await.unwrap();
    assert_eq!((done.exit_code, done.timed_out), (0, false));
    let exit = soon(task.wait(&c)).await.unwrap();
    assert_eq!((exit.code, exit.oom_killed), (7, false));
    assert!(output(&task, &c).await.ends_with("last\n"));
    let mut events = task.events();
    let first = soon(events.next()).await.unwrap();
    assert!(matches!(first.kind, EventKind::Started { .. }));
    let second = soon(events.next()).await.unwrap();
    assert_eq!(second.kind, EventKind::Exited { exit, error: None });
    task.delete().await.unwrap();
}
