//! The state machine: the ways that tasks go, and whatever else may happen to them.

use proptest::prelude::*;
use rolecall_base::{AccountId, Region, Tags};

use super::*;
use crate::documents::{CredentialsId, LaunchType, TaskEni};

fn container(name: &str, essential: bool) -> TaskContainer {
    TaskContainer {
        name: name.to_owned(),
        arn: String::new(),
        image: "app".to_owned(),
        essential,
        health_check: true,
        last_status: TaskStatus::Pending,
        image_digest: None,
        runtime_id: None,
        exit_code: None,
        reason: None,
        health_status: "UNKNOWN".to_owned(),
        network_bindings: Vec::new(),
        cpu: 0,
        memory: None,
        memory_reservation: None,
    }
}

/// A task of two containers on Fargate, just made.
fn task() -> Task {
    Task {
        account: AccountId::new("123456789012").unwrap(),
        region: Region::new("us-east-1").unwrap(),
        cluster: "lab".to_owned(),
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        family: "web".to_owned(),
        revision: 1,
        launch_type: LaunchType::Fargate,
        capacity_provider: None,
        platform_version: None,
        platform_family: None,
        cpu_architecture: "x86_64".to_owned(),
        group: "family:web".to_owned(),
        started_by: None,
        last_status: TaskStatus::Provisioning,
        desired_status: DesiredStatus::Running,
        version: 1,
        containers: vec![container("app", true), container("side", false)],
        eni: Some(TaskEni {
            attachment_id: "a".to_owned(),
            network_interface_id: "eni-0".to_owned(),
            subnet_id: "subnet-1".to_owned(),
            address: None,
            status: "PRECREATED".to_owned(),
        }),
        awsvpc: None,
        overrides: Stored::default(),
        cpu: None,
        memory: None,
        ephemeral_storage_gib: None,
        task_role_arn: None,
        execution_role_arn: None,
        task_credentials_id: CredentialsId("secret-task".to_owned()),
        execution_credentials_id: CredentialsId("secret-execution".to_owned()),
        enable_execute_command: false,
        tags: Tags::default(),
        availability_zone: "us-east-1a".to_owned(),
        created: at(0),
        sent: None,
        stop_sent: None,
        connected: None,
        pull_started: None,
        pull_stopped: None,
        started: None,
        stopping: None,
        execution_stopped: None,
        stopped: None,
        stop_code: None,
        stopped_reason: None,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds)
}

fn change(status: TaskStatus, containers: &[(&str, &str)]) -> StateChange {
    let containers = containers
        .iter()
        .map(|(name, status)| api::ContainerStateChange {
            container_name: Some((*name).to_owned()),
            status: Some((*status).to_owned()),
            ..api::ContainerStateChange::default()
        })
        .collect();
    StateChange {
        status: Some(status),
        containers,
        ..StateChange::default()
    }
}

fn running() -> Task {
    let mut task = task();
    assert!(task.address_assigned(Ipv4Addr::new(10, 0, 0, 4)));
    assert!(task.payload_sent(at(1)));
    assert_eq!(task.last_status, TaskStatus::Pending);
    let report = change(
        TaskStatus::Running,
        &[("app", "RUNNING"), ("side", "RUNNING")],
    );
    assert!(task.reported(&report, at(2)));
    assert_eq!(
        (task.last_status, task.started),
        (TaskStatus::Running, Some(at(2)))
    );
    task
}

#[test]
fn a_task_whose_essential_container_exits_is_over_for_that_reason() {
    let mut task = running();
    let mut report = change(
        TaskStatus::Stopped,
        &[("app", "STOPPED"), ("side", "STOPPED")],
    );
    report.containers[0].exit_code = Some(3);
    assert!(task.reported(&report, at(5)));
    assert_eq!(task.last_status, TaskStatus::Deprovisioning);
    assert_eq!(task.desired_status, DesiredStatus::Stopped);
    assert_eq!(task.stop_code.as_deref(), Some("EssentialContainerExited"));
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("Essential container in task exited")
    );
    assert_eq!(task.containers[0].exit_code, Some(3));
    assert!(task.released(at(6)));
    assert_eq!(
        (task.last_status, task.stopped),
        (TaskStatus::Stopped, Some(at(6)))
    );
    let eni = task.eni.as_ref().unwrap();
    assert_eq!(eni.held_address(), None);
    assert_eq!(eni.address, Some(Ipv4Addr::new(10, 0, 0, 4)));
    let version = task.version;
    assert!(!task.reported(&change(TaskStatus::Running, &[]), at(7)));
    assert_eq!(task.version, version);
}

#[test]
fn a_stop_that_was_asked_for_keeps_its_own_reason() {
    let mut task = running();
    assert!(task.mark_for_stop(&StopCause::user(Some("deploy"))));
    assert!(!task.mark_for_stop(&StopCause::user(None)));
    assert_eq!(task.last_status, TaskStatus::Running);
    assert!(task.stop_sent(at(3)));
    assert_eq!(
        (task.last_status, task.stopping),
        (TaskStatus::Stopping, Some(at(3)))
    );
    task.reported(&change(TaskStatus::Stopped, &[("app", "STOPPED")]), at(4));
    assert_eq!(task.stop_code.as_deref(), Some("UserInitiated"));
    assert_eq!(task.stopped_reason.as_deref(), Some("deploy"));
    assert_eq!(StopCause::user(None).reason, "Task stopped by user");
}

#[test]
fn what_could_not_start_says_why() {
    let sent = || {
        let mut task = task();
        task.payload_sent(at(1));
        task
    };
    // The agent could not start the task as a whole.
    let mut task = sent();
    let mut report = change(TaskStatus::Stopped, &[("app", "STOPPED")]);
    report.reason = "Retrieved secret did not contain json key".to_owned();
    task.reported(&report, at(2));
    assert_eq!(task.stop_code.as_deref(), Some("TaskFailedToStart"));
    assert_eq!(task.stopped_reason.as_deref(), Some(report.reason.as_str()));
    // The image could not be pulled.
    let mut task = sent();
    let mut report = change(TaskStatus::Stopped, &[("app", "STOPPED")]);
    report.containers[0].reason = Some("CannotPullContainerError: denied".to_owned());
    task.reported(&report, at(2));
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("CannotPullContainerError: denied")
    );
    // The program could not be started.
    let mut task = sent();
    report.containers[0].reason = Some("CannotStartContainerError: no such file".to_owned());
    report.containers[0].exit_code = Some(128);
    task.reported(&report, at(2));
    assert_eq!(task.stop_code.as_deref(), Some("TaskFailedToStart"));
    assert_eq!(task.stopped_reason.as_deref(), Some("Task failed to start"));
    // It ran so shortly that it was never reported to run.
    let mut task = sent();
    let mut report = change(
        TaskStatus::Stopped,
        &[("app", "RUNNING"), ("app", "STOPPED")],
    );
    report.containers[1].exit_code = Some(0);
    task.reported(&report, at(2));
    assert_eq!(task.stop_code.as_deref(), Some("EssentialContainerExited"));
}

#[test]
fn reports_are_taken_in_order_and_never_back() {
    let mut task = running();
    let digest = |digest: &str| {
        let mut report = change(TaskStatus::Pending, &[("app", "PENDING")]);
        report.containers[0].image_digest = Some(digest.to_owned());
        report
    };
    assert!(task.reported(&digest("sha256:aa"), at(3)));
    assert_eq!(task.last_status, TaskStatus::Running);
    assert_eq!(task.containers[0].last_status, TaskStatus::Running);
    assert_eq!(
        task.containers[0].image_digest.as_deref(),
        Some("sha256:aa")
    );
    let version = task.version;
    assert!(
        !task.reported(&digest("sha256:aa"), at(4)),
        "the same again changes nothing"
    );
    assert_eq!(task.version, version);
}

#[test]
fn a_task_without_an_address_is_over_at_once() {
    let mut task = task();
    assert!(task.ended(&StopCause::failed_to_start("no"), at(1)));
    assert_eq!(
        (task.last_status, task.stopped),
        (TaskStatus::Stopped, Some(at(1)))
    );
}

#[test]
fn health_is_that_of_containers_with_a_health_check() {
    let mut task = running();
    assert!(task.health_reported("app", "HEALTHY"));
    assert!(!task.health_reported("app", "HEALTHY"));
    task.containers[1].health_check = false;
    assert!(!task.health_reported("side", "UNHEALTHY"));
}

#[test]
fn credential_ids_are_not_printed() {
    let printed = format!("{:?}", task());
    assert!(!printed.contains("secret-task") && !printed.contains("secret-execution"));
}

/// One thing that may happen to a task, in any order and any number of times.
#[derive(Clone, Debug)]
enum Event {
    Address,
    Sent,
    Stop,
    StopSent,
    Ended,
    Released,
    Report(StateChange),
    Health(String),
}

fn event() -> impl Strategy<Value = Event> {
    let status = prop::sample::select(TaskStatus::ALL.to_vec());
    let name = prop::sample::select(vec!["app", "side", "nobody"]);
    let report = (
        status,
        prop::collection::vec((name, 0..8usize, any::<Option<i32>>()), 0..3),
    )
        .prop_map(|(status, containers)| {
            let containers =
                containers
                    .into_iter()
                    .map(|(name, status, exit_code)| api::ContainerStateChange {
                        container_name: Some(name.to_owned()),
                        status: Some(TaskStatus::ALL[status].as_str().to_owned()),
                        exit_code,
                        ..api::ContainerStateChange::default()
                    });
            let containers = containers.collect();
            Event::Report(StateChange {
                status: Some(status),
                containers,
                ..Default::default()
            })
        });
    prop_oneof![
        Just(Event::Address),
        Just(Event::Sent),
        Just(Event::Stop),
        Just(Event::StopSent),
        Just(Event::Ended),
        Just(Event::Released),
        report,
        Just(Event::Health("HEALTHY".to_owned())),
    ]
}

fn apply(task: &mut Task, event: &Event, now: Timestamp) -> bool {
    match event {
        Event::Address => task.address_assigned(Ipv4Addr::new(10, 0, 0, 4)),
        Event::Sent => task.payload_sent(now),
        Event::Stop => task.mark_for_stop(&StopCause::user(None)),
        Event::StopSent => task.stop_sent(now),
        Event::Ended => task.ended(&StopCause::host_lost("gone"), now),
        Event::Released => task.released(now),
        Event::Report(change) => task.reported(change, now),
        Event::Health(status) => task.health_reported("app", status),
    }
}

proptest! {
    #[test]
    fn whatever_happens_a_task_goes_forward_and_ends_well(
        events in prop::collection::vec(event(), 0..40),
    ) {
        let mut task = task();
        for (second, event) in (1i64..).zip(&events) {
            let before = task.clone();
            let changed = apply(&mut task, event, at(second));
            prop_assert_eq!(changed, task != before);
            prop_assert_eq!(task.version, before.version + i64::from(changed));
            prop_assert!(task.last_status >= before.last_status);
            for (now, then) in task.containers.iter().zip(&before.containers) {
                prop_assert!(now.last_status >= then.last_status);
            }
            if before.is_stopped() {
                prop_assert!(!changed);
            }
            if before.desired_status == DesiredStatus::Stopped {
                prop_assert_eq!(task.desired_status, DesiredStatus::Stopped);
                prop_assert_eq!(&task.stop_code, &before.stop_code);
            }
            let over = task.last_status >= TaskStatus::Deprovisioning;
            prop_assert_eq!(task.is_stopped(), task.stopped.is_some());
            if over {
                prop_assert!(task.stop_code.is_some() && task.stopped_reason.is_some());
                prop_assert!(task.stopping.is_some() && task.execution_stopped.is_some());
                prop_assert!(task.containers.iter().all(|c| c.last_status == TaskStatus::Stopped));
            }
            if task.is_stopped() {
                prop_assert!(task.eni.as_ref().is_none_or(|eni| eni.held_address().is_none()));
            }
        }
    }
}
