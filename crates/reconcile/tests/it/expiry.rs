//! The driver of lifecycle policies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rolecall_api::ecr as api;
use rolecall_ecr::documents::Image;
use rolecall_reconcile::Expiry;
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
