//! IAM's quotas with boto3: each account has its own, also after the server was killed.

use rolecall_testkit::clients::{Answer, Call};
use rolecall_testkit::{Key, Node};
use serde_json::{Value, json};

use crate::members::{credentials, done, organize};

/// How many groups an account may have (IAM User Guide, "IAM and AWS STS quotas").
const GROUPS: usize = 300;
const FULL: &str = "Cannot exceed quota for GroupsPerAccount: 300";

fn groups(numbers: std::ops::Range<usize>) -> Vec<Call<'static>> {
    let group = |n| {
        (
            "iam",
            "create_group",
            json!({ "GroupName": format!("group-{n}") }),
        )
    };
    numbers.map(group).collect()
}

fn create(node: &Node, key: &Key, n: usize) -> Answer {
    node.boto3_as(key, &groups(n..n + 1)).unwrap().remove(0)
}

/// The administrator of a new member account.
fn member(node: &Node) -> Key {
    let account = organize(node);
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let may = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role } });
    let ann = node.user("ann", &may).unwrap();
    let input = json!({ "RoleArn": role, "RoleSessionName": "ann" });
    credentials(&done(node, &ann, "sts", "assume_role", input))
}

fn count(node: &Node, key: &Key) -> Value {
    let summary = done(node, key, "iam", "get_account_summary", json!({}));
    summary.output["SummaryMap"]["Groups"].clone()
}

#[test]
fn a_full_account_leaves_the_others_free_and_stays_full_when_the_server_is_killed() {
    let mut node = Node::start().unwrap();
    let admin = member(&node);
    let made = node.boto3(&groups(0..GROUPS)).unwrap();
    assert!(made.iter().all(|answer| answer.code.is_none()));
    let root = node.root.clone();
    let refused = create(&node, &root, GROUPS);
    assert_eq!(
        (refused.status, refused.error()),
        (409, ("LimitExceeded", FULL))
    );
    assert_eq!(create(&node, &admin, 0).code, None);
    node.kill().unwrap();
    node.restart().unwrap();
    let refused = create(&node, &root, GROUPS);
    assert_eq!(refused.error(), ("LimitExceeded", FULL));
    assert_eq!(
        (count(&node, &root), count(&node, &admin)),
        (json!(300), json!(1))
    );
    done(
        &node,
        &root,
        "iam",
        "delete_group",
        json!({ "GroupName": "group-7" }),
    );
    assert_eq!(create(&node, &root, GROUPS).code, None);
    assert_eq!(
        create(&node, &root, GROUPS + 1).error(),
        ("LimitExceeded", FULL)
    );
    assert_eq!(create(&node, &admin, 1).code, None);
}
