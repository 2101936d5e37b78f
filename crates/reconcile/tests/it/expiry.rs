//! The driver of lifecycle policies.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rolecall_api::ecr as api;
use rolecall_ecr::documents::{Image, Lifecycle, Repository};
use rolecall_reconcile::{Expiry, ExpiryTurn};
use rolecall_record::{Query, Reader, Recorder};
use serde_json::json;

use crate::lab::{Lab, settle};

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);

/// Repositories `aa` and `bb` with one image each that was pushed now.
async fn lab() -> Arc<Lab> {
    let lab = Lab::bare();
    for name in ["aa", "bb"] {
        lab.call::<api::CreateRepository>(json!({"repositoryName": name}))
            .await;
        push(&lab, name).await;
    }
    lab
}

async fn push(lab: &Lab, name: &str) {
    let digest = format!("sha256:{}", lab.world.now().epoch_millis());
    let key = format!("123456789012/us-east-1/{name}@{digest}");
    lab.world.put(&key, image(lab, digest)).await.unwrap();
}

fn image(lab: &Lab, digest: String) -> Image {
    Image {
        digest,
        media_type: String::new(),
        artifact_type: None,
        size: 0,
        pushed: lab.world.now(),
        pulled: None,
        tags: Vec::new(),
        blobs: Vec::new(),
        images: Vec::new(),
        subject: None,
        annotations: BTreeMap::new(),
    }
}

fn policy() -> String {
    let policy = json!({"rules": [{"rulePriority": 1, "action": {"type": "expire"},
        "selection": {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days",
                      "countNumber": 7}}]});
    policy.to_string()
}

/// A policy that was kept before policies were carried out.
async fn keep_policy(lab: &Lab, name: &str, text: String) {
    let key = format!("123456789012/us-east-1/{name}");
    let snap = lab.world.pipeline.store().snapshot();
    let mut repository = snap.get::<Repository>(&key).unwrap().cloned();
    repository.lifecycle = Some(Lifecycle {
        text,
        put: None,
        evaluated: None,
    });
    lab.world.put(&key, repository).await.unwrap();
}

/// What is logged by this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }

    fn keep(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let writer = move || log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false);
        tracing::subscriber::set_default(subscriber.with_writer(writer).finish())
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn put_policy(lab: &Lab, name: &str) {
    let input = json!({"repositoryName": name, "lifecyclePolicyText": policy()});
    lab.call::<api::PutLifecyclePolicy>(input).await;
}

fn images(lab: &Lab, name: &str) -> usize {
    let snap = lab.world.pipeline.store().snapshot();
    let prefix = format!("123456789012/us-east-1/{name}@");
    snap.range::<Image>(&prefix).count()
}

#[tokio::test(start_paused = true)]
async fn images_expire_by_a_new_policy_at_once_and_every_hour_after() {
    let lab = lab().await;
    lab.world.advance(8 * DAY);
    push(&lab, "aa").await;
    let pipeline = lab.pipeline();
    let driver = tokio::spawn(Expiry { pipeline }.run());
    settle().await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (2, 1));
    put_policy(&lab, "aa").await;
    settle().await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (1, 1));
    lab.world.advance(8 * DAY);
    // Other changes of repositories are no reason to look.
    lab.call::<api::CreateRepository>(json!({"repositoryName": "cc"}))
        .await;
    settle().await;
    assert_eq!(images(&lab, "aa"), 1);
    tokio::time::sleep(HOUR).await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (0, 1));
    driver.abort();
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_was_kept_before_waits_an_hour() {
    let lab = lab().await;
    keep_policy(&lab, "aa", policy()).await;
    put_policy(&lab, "bb").await;
    lab.world.advance(8 * DAY);
    let log = Log::default();
    let _kept = log.keep();
    let pipeline = lab.pipeline();
    let driver = tokio::spawn(Expiry { pipeline }.run());
    settle().await;
    let told = log.take();
    for name in ["aa", "bb"] {
        let line = format!("repository/{name}\" images=1");
        assert!(told.contains(&line), "{told}");
    }
    // Other changes of repositories are no reason to look, and neither is one of its own.
    lab.call::<api::CreateRepository>(json!({"repositoryName": "cc"}))
        .await;
    lab.call::<api::StartLifecyclePolicyPreview>(json!({"repositoryName": "aa"}))
        .await;
    settle().await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (1, 1));
    // Put again, as it was, it is new.
    put_policy(&lab, "bb").await;
    settle().await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (1, 0));
    tokio::time::sleep(HOUR).await;
    assert_eq!(images(&lab, "aa"), 0);
    // From then on it is carried out at the start, too.
    driver.abort();
    let _ended = driver.await;
    push(&lab, "aa").await;
    lab.world.advance(8 * DAY);
    let pipeline = lab.pipeline();
    let driver = tokio::spawn(Expiry { pipeline }.run());
    settle().await;
    assert_eq!(images(&lab, "aa"), 0);
    driver.abort();
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_is_not_valid_any_more_is_told_of_once_an_hour() {
    let lab = lab().await;
    let mut twice: serde_json::Value = serde_json::from_str(&policy()).unwrap();
    let rules = twice["rules"].as_array_mut().unwrap();
    let mut second = rules[0].clone();
    second["rulePriority"] = json!(2);
    rules.push(second);
    keep_policy(&lab, "aa", twice.to_string()).await;
    lab.world.advance(8 * DAY);
    let log = Log::default();
    let _kept = log.keep();
    let pipeline = lab.pipeline();
    let driver = tokio::spawn(Expiry { pipeline }.run());
    settle().await;
    let warned = |told: &str| {
        let of = |line: &&str| line.contains("WARN") && line.contains(":repository/aa\"");
        told.lines().filter(of).count()
    };
    let told = log.take();
    assert_eq!(warned(&told), 1, "{told}");
    assert!(told.contains("InvalidParameterException: "), "{told}");
    for name in ["cc", "dd"] {
        lab.call::<api::CreateRepository>(json!({"repositoryName": name}))
            .await;
        settle().await;
    }
    assert_eq!(warned(&log.take()), 0);
    for _ in 0..2 {
        tokio::time::sleep(HOUR).await;
        assert_eq!(warned(&log.take()), 1);
    }
    assert_eq!(images(&lab, "aa"), 1);
    driver.abort();
}

#[tokio::test]
async fn many_images_expire_in_transactions_of_a_hundred() {
    let lab = lab().await;
    for number in 0..249 {
        let digest = format!("sha256:{number:03}");
        let key = format!("123456789012/us-east-1/aa@{digest}");
        lab.world.put(&key, image(&lab, digest)).await.unwrap();
    }
    put_policy(&lab, "aa").await;
    lab.world.advance(8 * DAY);
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 1 << 20).unwrap();
    let expiry = Expiry {
        pipeline: lab.recorded(Some(recorder.clone())),
    };
    // The first question is for the time, and the one after it for the first event's id.
    lab.panic_at.store(1, Ordering::SeqCst);
    let started = lab.world.now();
    expiry.turn(ExpiryTurn::Period, started).await;
    assert_eq!(images(&lab, "aa"), 150);
    // The turn that was cut short is not the policy's last: the next one goes on.
    expiry.turn(ExpiryTurn::Period, started).await;
    assert_eq!(images(&lab, "aa"), 0);
    recorder.flushed().await;
    let calls = Reader::new(folder.path()).calls(Query::default());
    assert_eq!(calls.count(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_fails_keeps_no_other_from_its_turn() {
    let lab = lab().await;
    let started = lab.world.now();
    for name in ["aa", "bb"] {
        put_policy(&lab, name).await;
    }
    lab.world.advance(8 * DAY);
    lab.panic_at.store(0, Ordering::SeqCst);
    let expiry = Expiry {
        pipeline: lab.pipeline(),
    };
    expiry.turn(ExpiryTurn::Period, started).await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (1, 0));
    expiry.turn(ExpiryTurn::Change, started).await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (0, 0));
}

#[tokio::test]
async fn what_expired_is_in_the_record_with_the_rule_that_decided() {
    let lab = lab().await;
    for _ in 0..10 {
        lab.world.advance(Duration::from_secs(1));
        push(&lab, "aa").await;
    }
    put_policy(&lab, "aa").await;
    lab.world.advance(8 * DAY);
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 1 << 20).unwrap();
    let pipeline = lab.recorded(Some(recorder.clone()));
    let started = lab.world.now();
    Expiry { pipeline }.turn(ExpiryTurn::Period, started).await;
    recorder.flushed().await;
    let calls = Reader::new(folder.path()).calls(Query::default());
    let mut calls: Vec<_> = calls.map(|entry| entry.unwrap().call).collect();
    calls.reverse();
    // Ten images of eleven, then the last one.
    assert_eq!(calls.len(), 2);
    let call = &calls[1];
    assert_eq!(call.operation, "PolicyExecutionEvent");
    assert_eq!(
        call.resources[0].arn,
        "arn:aws:ecr:us-east-1:123456789012:repository/aa"
    );
    let decided = call.decisions[0].deciding.as_ref().unwrap();
    assert_eq!(
        (decided.layer.as_ref(), decided.statement),
        ("lifecycle policy", 0)
    );
    let details: serde_json::Value =
        serde_json::from_str(call.parameters.as_deref().unwrap()).unwrap();
    assert_eq!(details["repositoryName"], "aa");
    let actions = details["lifecycleEventImageActions"].as_array().unwrap();
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0]["rulePriority"], 1);
    assert_eq!(actions[0]["lifecycleEventImage"]["tagStatus"], "Untagged");
}
