//! Lifecycle policies: previewed and carried out.

use std::time::Duration;

use crate::common::{create, push, put_image, world};
use rolecall_api::ecr as api;
use rolecall_ecr::documents::{Image, ImageTag, Repository};
use rolecall_ecr::{Place, expire_images, lifecycle_due};
use rolecall_testkit::World;
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn place(world: &World, name: &str) -> Place {
    Place {
        account: world.account.clone(),
        region: world.pipeline.settings().region.clone(),
        name: name.to_owned(),
    }
}

fn policy(rules: &Value) -> String {
    json!({"rules": rules}).to_string()
}

fn untagged_older_than(days: u64) -> Value {
    json!([{"rulePriority": 7, "selection": {"tagStatus": "untagged", "countUnit": "days",
        "countType": "sinceImagePushed", "countNumber": days}, "action": {"type": "expire"}}])
}

fn keep(number: u64) -> Value {
    json!([{"rulePriority": 3, "selection": {"tagStatus": "any",
        "countType": "imageCountMoreThan", "countNumber": number}, "action": {"type": "expire"}}])
}

async fn put(world: &World, rules: &Value) -> Result<api::PutLifecyclePolicyResponse, String> {
    let input = json!({"repositoryName": "app", "lifecyclePolicyText": policy(rules)});
    let root = world.root();
    let put = world.call::<api::PutLifecyclePolicy>(&root, input);
    put.await.map_err(|error| error.to_string())
}

async fn start(world: &World, rules: Option<&Value>) -> Result<Option<String>, String> {
    let mut input = json!({"repositoryName": "app"});
    if let Some(rules) = rules {
        input["lifecyclePolicyText"] = json!(policy(rules));
    }
    let root = world.root();
    let started = world.call::<api::StartLifecyclePolicyPreview>(&root, input);
    let started = started.await.map_err(|error| error.to_string())?;
    Ok(started.status)
}

async fn preview(
    world: &World,
    more: Value,
) -> Result<api::GetLifecyclePolicyPreviewResponse, String> {
    let mut input = json!({"repositoryName": "app"});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    let root = world.root();
    let got = world.call::<api::GetLifecyclePolicyPreview>(&root, input);
    got.await.map_err(|error| error.to_string())
}

/// Carries out the repository's policy; what expired, with the priority of its rule.
async fn run(world: &World) -> Vec<(String, Option<u64>)> {
    let (place, now) = (place(world, "app"), world.now());
    let done = world.pipeline.store().transact(move |tx| {
        let expired = expire_images(tx, &place, now);
        Ok::<_, rolecall_base::AwsError>(expired)
    });
    let expired = done.await.unwrap();
    let told = |one: &rolecall_ecr::Expired| (one.image.digest.clone(), one.rule.map(|r| r.1));
    expired.value.iter().map(told).collect()
}

fn left(world: &World) -> usize {
    let snap = world.pipeline.store().snapshot();
    snap.range::<Image>("").count()
}

#[tokio::test]
async fn a_preview_says_what_would_expire_and_expires_nothing() {
    let world = world().await;
    create(&world, "app").await;
    let missing = preview(&world, json!({})).await.unwrap_err();
    assert_eq!(
        missing,
        "LifecyclePolicyPreviewNotFoundException: Lifecycle policy preview does not exist for the \
         repository with name 'app' in the registry with id '123456789012'"
    );
    let none = start(&world, None).await.unwrap_err();
    assert!(
        none.starts_with("LifecyclePolicyNotFoundException: "),
        "{none}"
    );
    for (text, tag) in [
        ("one", None),
        ("two", Some("v2")),
        ("three", Some("v3")),
        ("four", None),
    ] {
        push(&world, "app", text, tag).await;
        world.advance(Duration::from_secs(60));
    }
    let status = start(&world, Some(&keep(1))).await.unwrap();
    assert_eq!(status.as_deref(), Some("IN_PROGRESS"));
    world.advance(Duration::from_secs(1));
    // Pushed later: not in it.
    push(&world, "app", "five", None).await;
    let all = preview(&world, json!({})).await.unwrap();
    assert_eq!(all.status.as_deref(), Some("COMPLETE"));
    assert_eq!(all.summary.unwrap().expiring_image_total_count, Some(3));
    let results = all.preview_results.unwrap();
    assert_eq!(results.len(), 3);
    for result in &results {
        assert_eq!(result.applied_rule_priority, Some(3));
        let action = result.action.clone().unwrap();
        assert_eq!(action.r#type.as_deref(), Some("EXPIRE"));
    }
    // Page by page, by tag status, by name.
    let mut paged = Vec::new();
    let mut more = json!({"maxResults": 2});
    loop {
        let page = preview(&world, more.clone()).await.unwrap();
        paged.extend(page.preview_results.unwrap());
        match page.next_token {
            Some(token) => more["nextToken"] = json!(token),
            None => break,
        }
    }
    assert!(paged == results);
    let tagged = preview(&world, json!({"filter": {"tagStatus": "TAGGED"}}))
        .await
        .unwrap();
    assert_eq!(tagged.preview_results.unwrap().len(), 2);
    let named = json!({"imageIds": [{"imageTag": "v2"}, {"imageTag": "nothing"}]});
    let named = preview(&world, named)
        .await
        .unwrap()
        .preview_results
        .unwrap();
    assert_eq!(named[0].image_tags.as_deref(), Some(&["v2".to_owned()][..]));
    assert_eq!((named.len(), left(&world)), (1, 5));
}

#[tokio::test]
async fn images_expire_by_the_policy_of_their_repository() {
    let world = world().await;
    let root = world.root();
    create(&world, "app").await;
    create(&world, "other").await;
    push(&world, "other", "one", None).await;
    let old = push(&world, "app", "one", None).await;
    push(&world, "app", "two", Some("v2")).await;
    put(&world, &untagged_older_than(14)).await.unwrap();
    let due = |only_new| lifecycle_due(&world.pipeline.store().snapshot(), only_new);
    assert_eq!(due(true), [place(&world, "app")]);
    assert_eq!(run(&world).await, []);
    // It is not new any more; nothing is old enough yet.
    assert_eq!((due(true), due(false).len()), (vec![], 1));
    world.advance(14 * DAY);
    push(&world, "app", "three", None).await;
    world.advance(Duration::from_secs(1));
    assert_eq!(run(&world).await, [(old.clone(), Some(7))]);
    assert_eq!(left(&world), 3);
    let got = world.call::<api::GetLifecyclePolicy>(&root, json!({"repositoryName": "app"}));
    assert_eq!(got.await.unwrap().last_evaluated_at, Some(world.now()));
    // Its tag is free with the image.
    put(&world, &keep(1)).await.unwrap();
    assert_eq!(run(&world).await.len(), 1);
    let snap = world.pipeline.store().snapshot();
    assert_eq!(snap.range::<ImageTag>("").count(), 0);
}

#[tokio::test]
async fn a_manifest_list_expires_before_its_images() {
    let world = world().await;
    create(&world, "app").await;
    let (a, b) = (
        push(&world, "app", "amd64", None).await,
        push(&world, "app", "arm64", None).await,
    );
    let part = |digest: &str| {
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
               "size": 1})
    };
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [part(&a), part(&b)],
    });
    let index = put_image(&world, &world.root(), "app", &index.to_string(), Some("v1")).await;
    let index = index.unwrap().image_id.unwrap().image_digest.unwrap();
    world.advance(2 * DAY);
    put(&world, &untagged_older_than(1)).await.unwrap();
    assert_eq!(run(&world).await, []);
    let mut rules = untagged_older_than(1);
    let any = json!({"rulePriority": 8, "selection": {"tagStatus": "any", "countUnit": "days",
        "countType": "sinceImagePushed", "countNumber": 1}, "action": {"type": "expire"}});
    rules.as_array_mut().unwrap().push(any);
    put(&world, &rules).await.unwrap();
    let expired = run(&world).await;
    assert_eq!(expired[0], (index, Some(8)));
    let mut parts = vec![(a, Some(7)), (b, Some(7))];
    parts.sort();
    assert_eq!(expired[1..], parts);
    assert_eq!(left(&world), 0);
}

#[tokio::test]
async fn the_archive_is_refused_and_what_was_written_before_is_read() {
    let world = world().await;
    create(&world, "app").await;
    let archive = json!([{"rulePriority": 1, "selection": {"tagStatus": "any",
        "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 90},
        "action": {"type": "transition", "targetStorageClass": "archive"}}]);
    for refused in [
        put(&world, &archive).await.unwrap_err(),
        start(&world, Some(&archive)).await.unwrap_err(),
    ] {
        assert!(
            refused.contains("the archive storage class is not built"),
            "{refused}"
        );
    }
    let snap = world.pipeline.store().snapshot();
    let (_, repository) = snap.range::<Repository>("").next().unwrap();
    let mut old = serde_json::to_value(repository.cloned()).unwrap();
    old.as_object_mut().unwrap().remove("preview");
    old["lifecycle"] = json!({"text": policy(&keep(1))});
    let read: Repository = serde_json::from_value(old).unwrap();
    assert_eq!(read.lifecycle.unwrap().evaluated, None);
}
