//! The execution role is asked for everything, and what it is refused is told.

use crate::lab::*;
use crate::services::denial;

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_the_execution_role_fail_the_task_in_awss_words() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    let id = "request id: 0f0e0d0c-0b0a-0908-0706-050403020100";
    let cases = [
        (
            "ecr:BatchGetImage",
            format!(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed \
                 to resolve ref {REPOSITORY}:1: pull access denied, repository does not exist or \
                 may require authorization: server message: denied: {}",
                denial(
                    "ecr:BatchGetImage",
                    "arn:aws:ecr:us-east-1:123456789012:repository/app"
                )
            ),
        ),
        (
            "ecr:GetAuthorizationToken",
            format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution \
                 resource retrieval failed: unable to retrieve ecr registry auth: service call has \
                 been retried 1 time(s): AccessDeniedException: {} status code: 400, {id}",
                denial("ecr:GetAuthorizationToken", "*")
            ),
        ),
        (
            "logs:CreateLogStream",
            format!(
                "ResourceInitializationError: failed to validate logger args: create stream has \
                 been retried 1 times: failed to create Cloudwatch log stream: \
                 AccessDeniedException: {} status code: 400, {id}",
                denial("logs:CreateLogStream", "*")
            ),
        ),
    ];
    for (n, (action, expected)) in cases.into_iter().enumerate() {
        lab.services.deny(action, true);
        let task = format!("t{n}");
        lab.send(
            &agent,
            vec![lab.task(&task, n, vec![sh("main", "echo never")])],
        )
        .await;
        let stopped = lab.reports.status(&format!("/{task}"), "STOPPED").await;
        assert_eq!(stopped.reason.as_deref(), Some(expected.as_str()));
        lab.services.deny(action, false);
    }
    let lines: usize = lab
        .services
        .state
        .lock()
        .streams
        .values()
        .map(Vec::len)
        .sum();
    assert_eq!(lines, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_events_that_are_refused_are_put_when_the_role_may() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    lab.services.deny("logs:PutLogEvents", true);
    let script = "echo one; echo two; while :; do sleep 0.1; done";
    lab.send(&agent, vec![lab.task("t1", 0, vec![sh("main", script)])])
        .await;
    lab.reports.status("/t1", "RUNNING").await;
    let mut changed = lab.services.changed.subscribe();
    let refused = |_: &u64| {
        lab.services
            .state
            .lock()
            .calls
            .iter()
            .any(|(operation, _)| operation == "PutLogEvents")
    };
    changed.wait_for(refused).await.unwrap();
    assert_eq!(lab.services.lines("main", 0).await, [""; 0]);
    lab.services.deny("logs:PutLogEvents", false);
    assert_eq!(lab.services.lines("main", 2).await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_finds_its_own_credentials_and_metadata_and_no_others() {
    if !root() {
        return;
    }
    let lab = Lab::new().await;
    let agent = lab.start();
    let script = "get() { wget -q -O - http://169.254.170.2$1 2>/dev/null || echo refused; echo; }; \
                  get $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; \
                  get /v2/credentials/task-of-t2; get /v2/credentials/exec-of-t1; \
                  wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo; \
                  wget -q -O - $ECS_CONTAINER_METADATA_URI_V4; echo";
    let one = lab.task("t1", 0, vec![sh("main", script)]);
    let two = lab.task("t2", 1, vec![sh("other", "while :; do sleep 0.1; done")]);
    lab.send(&agent, vec![two, one]).await;
    lab.reports.status("/t1", "STOPPED").await;
    let lines = lab.services.lines("main", 5).await;
    let parse = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let own = parse(&lines[0]);
    assert_eq!(own["AccessKeyId"], "ASIAtaskt1");
    assert_eq!(own["Token"], "token");
    assert_eq!(own["Expiration"], "2030-01-01T00:00:00Z");
    assert_eq!(&lines[1..3], ["refused", "refused"]);
    let task = parse(&lines[3]);
    assert_eq!(
        task["TaskARN"],
        "arn:aws:ecs:us-east-1:123456789012:task/demo/t1"
    );
    assert_eq!(task["Limits"]["CPU"], 0.5);
    assert_eq!(task["Containers"][0]["Name"], "main");
    let container = parse(&lines[4]);
    assert_eq!(container["KnownStatus"], "RUNNING");
    let address = lab
        .engine
        .network()
        .subnet()
        .usable()
        .next()
        .unwrap()
        .to_string();
    assert_eq!(container["Networks"][0]["IPv4Addresses"][0], address);
}
