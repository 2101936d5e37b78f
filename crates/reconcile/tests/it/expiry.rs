//! The driver of lifecycle policies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rolecall_api::ecr as api;
use rolecall_ecr::documents::Image;
use rolecall_reconcile::Expiry;
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
    let image = Image {
        digest: digest.clone(),
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
    };
    let key = format!("123456789012/us-east-1/{name}@{digest}");
    lab.world.put(&key, image).await.unwrap();
}

async fn put_policy(lab: &Lab, name: &str) {
    let policy = json!({"rules": [{"rulePriority": 1, "action": {"type": "expire"},
        "selection": {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days",
                      "countNumber": 7}}]});
    let input = json!({"repositoryName": name, "lifecyclePolicyText": policy.to_string()});
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
async fn a_repository_that_fails_keeps_no_other_from_its_turn() {
    let lab = lab().await;
    for name in ["aa", "bb"] {
        put_policy(&lab, name).await;
    }
    lab.world.advance(8 * DAY);
    lab.panic_at.store(0, Ordering::SeqCst);
    let expiry = Expiry {
        pipeline: lab.pipeline(),
    };
    expiry.turn(false).await;
    assert_eq!((images(&lab, "aa"), images(&lab, "bb")), (1, 0));
    expiry.turn(true).await;
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
    Expiry { pipeline }.turn(false).await;
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
