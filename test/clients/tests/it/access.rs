//! What users may do is what their policies say, in AWS's words, by boto3.

use rolecall_testkit::{Key, Node};
use serde_json::json;

#[test]
fn a_user_does_what_the_inline_policy_allows_and_nothing_else() {
    let node = Node::start().unwrap();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::*:role/seen-*"},
            {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "logs:DeleteLogGroup", "Resource": "*"},
        ],
    });
    let alice = node.user("alice", &policy).unwrap();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    });
    for name in ["seen-one", "unseen"] {
        let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        assert_eq!(
            node.boto3(&[("iam", "create_role", role)]).unwrap()[0].status,
            200
        );
    }
    let group = json!({"logGroupName": "/app"});
    let answers = node
        .boto3_as(
            &alice,
            &[
                ("sts", "get_caller_identity", json!({})),
                ("iam", "get_role", json!({"RoleName": "seen-one"})),
                ("iam", "get_role", json!({"RoleName": "unseen"})),
                ("iam", "delete_role", json!({"RoleName": "seen-one"})),
                ("iam", "list_users", json!({})),
                ("logs", "create_log_group", group.clone()),
                ("logs", "delete_log_group", group),
            ],
        )
        .unwrap();
    assert_eq!(
        answers[0].text("/Arn"),
        "arn:aws:iam::123456789012:user/alice"
    );
    assert_eq!(answers[1].text("/Role/RoleName"), "seen-one");
    let denied = |action: &str, resource: &str| {
        format!(
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: {action} on \
             resource: {resource} because no identity-based policy allows the {action} action"
        )
    };
    let role = |name: &str| format!("role {name}");
    assert_eq!(
        answers[2].error(),
        ("AccessDenied", &*denied("iam:GetRole", &role("unseen")))
    );
    assert_eq!(answers[2].status, 403);
    assert_eq!(
        answers[3].error(),
        (
            "AccessDenied",
            &*denied("iam:DeleteRole", &role("seen-one"))
        )
    );
    let users = "arn:aws:iam::123456789012:user/";
    assert_eq!(
        answers[4].error(),
        ("AccessDenied", &*denied("iam:ListUsers", users))
    );
    assert_eq!(answers[5].status, 200, "{:?}", answers[5]);
    assert_eq!(answers[6].status, 400);
    assert_eq!(
        answers[6].error(),
        (
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
             logs:DeleteLogGroup on resource: \
             arn:aws:logs:us-east-1:123456789012:log-group:/app:log-stream: with an explicit deny \
             in an identity-based policy"
        )
    );
}

#[test]
fn a_role_session_has_the_roles_rights_until_the_role_loses_them() {
    let node = Node::start().unwrap();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "123456789012"},
            "Action": "sts:AssumeRole",
        },
    });
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"},
    });
    let arn = "arn:aws:iam::123456789012:role/reader";
    let assume = json!({"RoleArn": arn, "RoleSessionName": "test"});
    let may = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn},
    });
    let bob = node.user("bob", &may).unwrap();
    let nobody = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "iam:GetUser", "Resource": "*",
    }});
    let carol = node.user("carol", &nobody).unwrap();
    let inline = json!({
        "RoleName": "reader",
        "PolicyName": "read",
        "PolicyDocument": policy.to_string(),
    });
    let made = node
        .boto3(&[
            (
                "iam",
                "create_role",
                json!({"RoleName": "reader", "AssumeRolePolicyDocument": trust.to_string()}),
            ),
            ("iam", "put_role_policy", inline),
        ])
        .unwrap();
    assert!(made.iter().all(|answer| answer.status == 200), "{made:?}");

    let refused = &node
        .boto3_as(&carol, &[("sts", "assume_role", assume.clone())])
        .unwrap()[0];
    assert_eq!(refused.status, 403);
    let expected = "User: arn:aws:iam::123456789012:user/carol is not authorized to perform: \
                    sts:AssumeRole on resource: arn:aws:iam::123456789012:role/reader";
    assert!(refused.message.starts_with(expected), "{refused:?}");

    let session = &node
        .boto3_as(&bob, &[("sts", "assume_role", assume)])
        .unwrap()[0];
    let key = Key {
        access_key_id: session.text("/Credentials/AccessKeyId").to_owned(),
        secret_access_key: session.text("/Credentials/SecretAccessKey").to_owned(),
        session_token: Some(session.text("/Credentials/SessionToken").to_owned()),
    };
    let list = [
        ("sts", "get_caller_identity", json!({})),
        ("iam", "list_roles", json!({})),
    ];
    let answers = node.boto3_as(&key, &list).unwrap();
    let who = "arn:aws:sts::123456789012:assumed-role/reader/test";
    assert_eq!(answers[0].text("/Arn"), who);
    assert_eq!(answers[1].status, 200, "{:?}", answers[1]);

    let remove = json!({"RoleName": "reader", "PolicyName": "read"});
    assert_eq!(
        node.boto3(&[("iam", "delete_role_policy", remove)])
            .unwrap()[0]
            .status,
        200
    );
    let answers = node.boto3_as(&key, &list).unwrap();
    assert_eq!(
        answers[1].error(),
        (
            "AccessDenied",
            "User: arn:aws:sts::123456789012:assumed-role/reader/test is not authorized to \
             perform: iam:ListRoles on resource: arn:aws:iam::123456789012:role/ because no \
             identity-based policy allows the iam:ListRoles action"
        )
    );
}
