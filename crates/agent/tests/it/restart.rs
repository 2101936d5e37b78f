//! The agent's process ends and comes back; the tasks do not notice.

use rolecall_acs::*;

use crate::lab::*;

async fn end(agent: Running) {
    drop(agent.to);
    agent.done.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_logs_and_credentials_go_on_over_a_restart() {
    if !root() {
        return;
    }
    let mut lab = Lab::new().await;
    let agent = lab.start();
    let script = "n=0; while [ ! -e /tmp/end ]; do n=$((n+1)); echo $n; sleep 0.02; done; exit 4";
    let task = lab.task("t1", 0, vec![sh("main", script)]);
    let short = lab.task(
        "t2",
        1,
        vec![sh("short", "echo up; sleep 1; echo last; exit 6")],
    );
    lab.send(&agent, vec![task.clone(), short.clone()]).await;
    lab.services.lines("main", 20).await;
    lab.services.lines("short", 1).await;
    end(agent).await;
    lab.reopen().await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    let mut agent = lab.start();
    lab.send(&agent, vec![task.clone(), short.clone()]).await;
    lab.manifest(&agent, &[&task, &short]).await;
    let stopped = lab.reports.status("/t2", "STOPPED").await;
    assert_eq!(container_of(&stopped, "short").exit_code, Some(6));
    assert_eq!(lab.services.lines("short", 2).await, ["up", "last"]);
    let seen = lab.services.lines("main", 0).await.len();
    lab.services.lines("main", seen + 20).await;
    lab.stop(&agent, &task).await;
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    assert!(container_of(&stopped, "main").image_digest.is_some());
    let lines = lab.services.lines("main", seen).await;
    let expected: Vec<String> = (1..=lines.len()).map(|n| n.to_string()).collect();
    assert_eq!(lines, expected, "a gap or a repetition");
    let ack = std::iter::from_fn(|| agent.from.try_recv().ok()).find_map(|m| match m {
        FromAgent::AckRequest(ack) if ack.message_id == "m-3" => Some(ack),
        _ => None,
    });
    assert!(ack.is_some(), "the manifest was not acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_no_manifest_wants_are_named_and_then_stopped() {
    if !root() {
        return;
    }
    let mut lab = Lab::new().await;
    let agent = lab.start();
    let task = lab.task(
        "t1",
        0,
        vec![sh("main", "echo up; while :; do sleep 0.1; done")],
    );
    lab.send(&agent, vec![task.clone()]).await;
    lab.services.lines("main", 1).await;
    end(agent).await;
    lab.reopen().await;
    let mut agent = lab.start();
    lab.manifest(&agent, &[]).await;
    let question = loop {
        match agent.from.recv().await.unwrap() {
            FromAgent::TaskStopVerificationMessage(question) => break question,
            FromAgent::AckRequest(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(question.stop_candidates.len(), 1);
    assert_eq!(question.stop_candidates[0].task_arn, task.arn);
    let ack = TaskStopVerificationAck {
        message_id: question.message_id,
        generated_at: 0,
        stop_tasks: question.stop_candidates,
    };
    agent
        .to
        .send(ToAgent::TaskStopVerificationAck(ack))
        .await
        .unwrap();
    let stopped = lab.reports.status("/t1", "STOPPED").await;
    // Process 1 of a namespace does not die of a signal that it has no handler for.
    assert_eq!(container_of(&stopped, "main").exit_code, Some(137));
}
