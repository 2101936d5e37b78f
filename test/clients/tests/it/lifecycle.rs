//! A lifecycle policy from its preview to the event of what expired.

use std::time::{Duration, Instant};

use rolecall_testkit::image::busybox;
use serde_json::{Value, json};

use crate::host::{Host, REPOSITORY};

/// How long an image may be there that is to expire.
const PATIENCE: Duration = Duration::from_secs(30);

fn call(host: &Host, service: &str, operation: &str, input: Value) -> Value {
    let answer = host
        .boto3(&[(service, operation, input)])
        .unwrap()
        .remove(0);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.output
}

fn tags(host: &Host) -> Vec<String> {
    let listed = call(
        host,
        "ecr",
        "list_images",
        json!({"repositoryName": REPOSITORY}),
    );
    let ids = listed["imageIds"].as_array().unwrap().iter();
    ids.map(|id| id["imageTag"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pushed_images_expire_by_the_policy_of_their_repository() {
    let Some(host) = Host::bare(&["--no-tasks"]) else {
        return;
    };
    let repository = json!({"repositoryName": REPOSITORY});
    call(&host, "ecr", "create_repository", repository.clone());
    for tag in ["v1", "v2"] {
        let image = busybox().unwrap().file("version", 0o644, tag);
        host.push(&image, REPOSITORY, tag);
    }
    let policy = json!({"rules": [{
        "rulePriority": 4, "description": "keep one", "action": {"type": "expire"},
        "selection": {"tagStatus": "tagged", "tagPatternList": ["v*"],
                      "countType": "imageCountMoreThan", "countNumber": 1},
    }]});
    let mut with_policy = repository.clone();
    with_policy["lifecyclePolicyText"] = json!(policy.to_string());
    call(
        &host,
        "ecr",
        "start_lifecycle_policy_preview",
        with_policy.clone(),
    );
    let preview = call(&host, "ecr", "get_lifecycle_policy_preview", repository);
    assert_eq!(
        preview["summary"]["expiringImageTotalCount"], 1,
        "{preview}"
    );
    assert_eq!(preview["previewResults"][0]["imageTags"], json!(["v1"]));
    assert_eq!(tags(&host).len(), 2);

    call(&host, "ecr", "put_lifecycle_policy", with_policy);
    let start = Instant::now();
    while tags(&host) != ["v2"] {
        assert!(start.elapsed() < PATIENCE, "{:?}", tags(&host));
        std::thread::sleep(Duration::from_millis(100));
    }
    let find = json!({"LookupAttributes": [
        {"AttributeKey": "EventName", "AttributeValue": "PolicyExecutionEvent"}]});
    let found = call(&host, "cloudtrail", "lookup_events", find);
    let event = found["Events"][0]["CloudTrailEvent"].as_str().unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["eventType"], "AwsServiceEvent");
    assert_eq!(event["userIdentity"]["invokedBy"], "AWS Internal");
    assert_eq!(event["requestParameters"], Value::Null);
    let details = &event["serviceEventDetails"];
    assert_eq!(details["repositoryName"], REPOSITORY);
    let action = &details["lifecycleEventImageActions"][0];
    assert_eq!(action["rulePriority"], 4);
    assert_eq!(action["lifecycleEventImage"]["tagList"], json!(["v1"]));
    let resource = format!(
        "arn:aws:ecr:{}:123456789012:repository/{REPOSITORY}",
        host.region
    );
    assert_eq!(event["resources"][0]["ARN"], resource);
}
