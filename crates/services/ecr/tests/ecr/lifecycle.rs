//! Lifecycle policies: previewed and carried out.

use std::time::Duration;

use crate::common::{create, manifest, push, put_image, upload, world};
use rolecall_api::ecr as api;
use rolecall_ecr::documents::{Image, ImageTag, Repository};
use rolecall_ecr::{Expired, ExpiryPlan, Place, lifecycle_due, plan_expiry};
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

type Told = Vec<(String, Option<u64>)>;

/// What the repository's policy expires.
fn plan(world: &World) -> ExpiryPlan {
    let snap = world.pipeline.store().snapshot();
    let plan = plan_expiry(&snap, &place(world, "app"), world.now());
    plan.unwrap().unwrap()
}

/// Carries out a part of a plan; what expired, with the priority of its rule.
async fn carry_out(world: &World, plan: &ExpiryPlan, part: &[Expired]) -> Told {
    let (policy, part) = (plan.policy.clone(), part.to_vec());
    let done = world
        .pipeline
        .store()
        .transact(move |tx| Ok::<_, rolecall_base::AwsError>(policy.carry_out(tx, &part)));
    let expired = done.await.unwrap();
    let told = |one: &Expired| (one.image.digest.clone(), one.rule.map(|r| r.1));
    expired.value.iter().map(told).collect()
}

/// Carries out the repository's policy; what expired, with the priority of its rule.
async fn run(world: &World) -> Told {
    let plan = plan(world);
    let expired = carry_out(world, &plan, &plan.expired).await;
    let done = world.pipeline.store().transact(move |tx| {
        plan.policy.note(tx);
        Ok::<_, rolecall_base::AwsError>(())
    });
    done.await.unwrap();
    expired
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
    let due = |only_new: bool| {
        let snap = world.pipeline.store().snapshot();
        lifecycle_due(&snap, |policy| !only_new || policy.evaluated.is_none())
    };
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

/// Pushes a manifest list of images.
async fn push_list(world: &World, parts: &[&str], tag: &str) -> String {
    let part = |digest: &&str| {
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
               "size": 1})
    };
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": parts.iter().map(part).collect::<Vec<_>>(),
    });
    let index = put_image(world, &world.root(), "app", &index.to_string(), Some(tag)).await;
    index.unwrap().image_id.unwrap().image_digest.unwrap()
}

/// Pushes something about an image.
async fn push_about(world: &World, subject: &str, text: &str) -> String {
    let config = upload(world, "app", text.as_bytes()).await.unwrap();
    let mut manifest: Value = serde_json::from_str(&manifest(&config, &[&config])).unwrap();
    manifest["subject"] = json!({"mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": subject, "size": 1});
    let put = put_image(world, &world.root(), "app", &manifest.to_string(), None).await;
    put.unwrap().image_id.unwrap().image_digest.unwrap()
}

/// A list of two images with a signature of it and one of a part, something about an image that
/// never came, and three images that are younger, one of them signed. The digests, in that order.
async fn release(world: &World) -> Vec<String> {
    create(world, "app").await;
    let mut all = Vec::new();
    for text in ["amd64", "arm64"] {
        all.push(push(world, "app", text, None).await);
    }
    all.push(push_list(world, &[&all[0], &all[1]], "v1").await);
    all.push(push_about(world, &format!("sha256:{:064}", 0), "nothing").await);
    world.advance(2 * DAY);
    for text in ["x", "y", "z"] {
        all.push(push(world, "app", text, Some(text)).await);
        world.advance(Duration::from_secs(60));
    }
    // Pushed last.
    for (subject, text) in [(2, "of the list"), (0, "of a part"), (5, "of an image")] {
        all.push(push_about(world, &all[subject].clone(), text).await);
    }
    all
}

fn sorted(mut told: Told) -> Told {
    told.sort();
    told
}

#[tokio::test]
async fn what_the_preview_says_is_what_expires() {
    for rules in [keep(1), keep(2), keep(3), keep(4), untagged_older_than(1)] {
        let world = world().await;
        let all = release(&world).await;
        put(&world, &rules).await.unwrap();
        start(&world, None).await.unwrap();
        let told = preview(&world, json!({})).await.unwrap();
        let count = told.summary.unwrap().expiring_image_total_count;
        let told = told.preview_results.unwrap().into_iter().map(|result| {
            let priority = result.applied_rule_priority;
            let priority = priority.map(|priority| u64::try_from(priority).unwrap());
            (result.image_digest.unwrap(), priority)
        });
        let told = sorted(told.collect());
        let expired = sorted(run(&world).await);
        assert_eq!(told, expired, "{rules}");
        assert_eq!(count, Some(expired.len() as i32));
        assert_eq!(left(&world), all.len() - expired.len());
        // It is all of it: nothing is left for the next time.
        assert_eq!(run(&world).await, []);
        if rules == keep(2) {
            let rule = Some(3);
            let parts = [(0, rule), (1, rule), (2, rule), (3, None), (4, rule)];
            let about = [(7, None), (8, None)];
            let gone = parts.iter().chain(&about);
            let gone = gone.map(|(at, rule): &(usize, _)| (all[*at].clone(), *rule));
            assert_eq!(expired, sorted(gone.collect()));
        }
    }
}

#[tokio::test]
async fn a_run_that_was_cut_short_is_finished_by_the_next_one() {
    let whole = {
        let world = world().await;
        release(&world).await;
        put(&world, &keep(1)).await.unwrap();
        sorted(run(&world).await)
    };
    for cut in 0..whole.len() {
        let world = world().await;
        release(&world).await;
        put(&world, &keep(1)).await.unwrap();
        let plan = plan(&world);
        let mut expired = carry_out(&world, &plan, &plan.expired[..cut]).await;
        assert_eq!(expired.len(), cut);
        // What the first run did is not done again, not even by the same plan.
        assert_eq!(carry_out(&world, &plan, &plan.expired[..cut]).await, []);
        // The signatures of what went are too young to go without having been seen with it.
        world.advance(DAY + Duration::from_secs(1));
        expired.extend(run(&world).await);
        assert_eq!(sorted(expired), whole, "{cut}");
    }
}

#[tokio::test]
async fn what_changes_while_images_expire_stays_with_what_depends_on_it() {
    let world = world().await;
    let all = release(&world).await;
    put(&world, &keep(1)).await.unwrap();
    let plan = plan(&world);
    // The list gets another tag: it stays, as do its parts and what is about it and them.
    let get = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}]});
    let got = world.call::<api::BatchGetImage>(&world.root(), get).await;
    let list = got.unwrap().images.unwrap().remove(0);
    let manifest = list.image_manifest.unwrap();
    put_image(&world, &world.root(), "app", &manifest, Some("again"))
        .await
        .unwrap();
    let expired = sorted(carry_out(&world, &plan, &plan.expired).await);
    let gone = [(3, None), (4, Some(3)), (5, Some(3)), (9, None)];
    let gone = gone.map(|(at, rule): (usize, _)| (all[at].clone(), rule));
    assert_eq!(expired, sorted(gone.to_vec()));
    // Under another policy nothing of the plan is done.
    put(&world, &keep(9)).await.unwrap();
    assert_eq!(carry_out(&world, &plan, &plan.expired).await, []);
}

#[tokio::test]
async fn a_manifest_list_expires_before_its_images() {
    let world = world().await;
    create(&world, "app").await;
    let (a, b) = (
        push(&world, "app", "amd64", None).await,
        push(&world, "app", "arm64", None).await,
    );
    let index = push_list(&world, &[&a, &b], "v1").await;
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
    let read = read.lifecycle.unwrap();
    assert_eq!((read.put, read.evaluated), (None, None));
}
