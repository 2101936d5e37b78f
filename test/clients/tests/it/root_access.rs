//! boto3 in the management account does the tasks of a member's root user, and CloudTrail tells it.

use rolecall_testkit::clients::Answer;
use rolecall_testkit::{Key, Node};
use serde_json::{Value, json};

use crate::members::{call, credentials, done, organize};

const AUDIT: &str = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
const PASSWORD: &str = "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword";
const DELETE: &str = "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials";

fn assume(node: &Node, key: &Key, account: &str, task: &str) -> Answer {
    let input = json!({ "TargetPrincipal": account, "TaskPolicyArn": { "arn": task },
        "DurationSeconds": 600 });
    call(node, key, "sts", "assume_root", input)
}

#[test]
fn roots_tasks_are_done_from_the_management_account() {
    let node = Node::start().unwrap();
    let member = organize(&node);
    let arn = format!("arn:aws:iam::{member}:root");
    let allow = |resource: &str| {
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow",
            "Action": "sts:AssumeRoot", "Resource": resource } })
    };
    let ann = node.user("ann", &allow(&arn)).unwrap();
    let bob = node
        .user("bob", &allow("arn:aws:iam::999988887777:root"))
        .unwrap();

    // Not before it is centralized.
    let refused = assume(&node, &ann, &member, AUDIT);
    assert_eq!((refused.status, refused.error().0), (403, "AccessDenied"));
    let features = call(
        &node,
        &node.root,
        "iam",
        "list_organizations_features",
        json!({}),
    );
    assert_eq!(features.error().0, "ServiceAccessNotEnabledException");
    let iam = json!({ "ServicePrincipal": "iam.amazonaws.com" });
    done(
        &node,
        &node.root,
        "organizations",
        "enable_aws_service_access",
        iam,
    );
    let enable = "enable_organizations_root_credentials_management";
    let enabled = done(&node, &node.root, "iam", enable, json!({}));
    assert_eq!(
        enabled.output["EnabledFeatures"],
        json!(["RootCredentialsManagement"])
    );

    // Both sides of the permission, and root itself.
    let refused = assume(&node, &bob, &member, AUDIT);
    assert!(
        refused.message.ends_with(&format!(
            "is not authorized to perform: sts:AssumeRoot on resource: {arn} because no \
             identity-based policy allows the sts:AssumeRoot action"
        )),
        "{}",
        refused.message
    );
    assert_eq!(
        assume(&node, &node.root, &member, AUDIT).error().0,
        "AccessDenied"
    );
    let longer = json!({ "TargetPrincipal": member, "TaskPolicyArn": { "arn": AUDIT },
        "DurationSeconds": 901 });
    let longer = call(&node, &ann, "sts", "assume_root", longer);
    assert_eq!(longer.error().0, "ValidationError", "{}", longer.message);

    // The audit.
    let audit = credentials(&assume(&node, &ann, &arn, AUDIT));
    let who = done(&node, &audit, "sts", "get_caller_identity", json!({}));
    assert_eq!(
        (who.text("/Arn"), who.text("/Account")),
        (arn.as_str(), member.as_str())
    );
    let present = || {
        let summary = done(&node, &audit, "iam", "get_account_summary", json!({}));
        summary.output["SummaryMap"]["AccountPasswordPresent"].clone()
    };
    assert_eq!(present(), json!(0));
    for op in [
        "list_access_keys",
        "list_mfa_devices",
        "list_signing_certificates",
        "get_user",
    ] {
        done(&node, &audit, "iam", op, json!({}));
    }
    let none = call(&node, &audit, "iam", "get_login_profile", json!({}));
    assert_eq!((none.status, none.error().0), (404, "NoSuchEntity"));
    for (service, op) in [("iam", "list_roles"), ("ecs", "list_clusters")] {
        let denied = call(&node, &audit, service, op, json!({}));
        assert!(
            denied.message.contains(&format!("policy: {AUDIT}")),
            "{}",
            denied.message
        );
    }

    // Its password: given back, and taken away.
    let password = credentials(&assume(&node, &ann, &member, PASSWORD));
    done(&node, &password, "iam", "create_login_profile", json!({}));
    assert_eq!(present(), json!(1));
    let delete = credentials(&assume(&node, &ann, &member, DELETE));
    done(&node, &delete, "iam", "delete_login_profile", json!({}));
    assert_eq!(present(), json!(0));

    told(&node, &arn);
    // Sessions end with what they came from.
    let disable = "disable_organizations_root_credentials_management";
    done(&node, &node.root, "iam", disable, json!({}));
    let over = call(&node, &audit, "iam", "get_account_summary", json!({}));
    assert_eq!((over.status, over.error().0), (403, "InvalidClientTokenId"));
}

/// CloudTrail's event of the `AssumeRoot` for the password.
fn told(node: &Node, arn: &str) {
    let by_name = json!({ "LookupAttributes": [
        { "AttributeKey": "EventName", "AttributeValue": "AssumeRoot" } ] });
    let events = done(node, &node.root, "cloudtrail", "lookup_events", by_name);
    let events = events.output["Events"].as_array().unwrap();
    let parsed = events.iter().map(|event| {
        let text = event["CloudTrailEvent"].as_str().unwrap();
        serde_json::from_str::<Value>(text).unwrap()
    });
    let password = |event: &Value| event["requestParameters"]["taskPolicyArn"]["arn"] == PASSWORD;
    let event = parsed.into_iter().find(password).unwrap();
    assert_eq!(event["userIdentity"]["userName"], "ann");
    assert_eq!(event["resources"][0]["ARN"], arn);
    assert_eq!(event["eventSource"], "sts.amazonaws.com");
}
