//! Calls as somebody, and an organization with a member account.

use rolecall_testkit::clients::Answer;
use rolecall_testkit::{Key, Node};
use serde_json::{Value, json};

/// One call as somebody.
pub(crate) fn call(node: &Node, key: &Key, service: &str, op: &str, input: Value) -> Answer {
    let mut answers = node.boto3_as(key, &[(service, op, input)]).unwrap();
    answers.remove(0)
}

/// One call that must succeed.
pub(crate) fn done(node: &Node, key: &Key, service: &str, op: &str, input: Value) -> Answer {
    let answer = call(node, key, service, op, input);
    assert_eq!(answer.error(), ("", ""), "{op}");
    answer
}

/// The credentials of a session in an answer of STS.
pub(crate) fn credentials(answer: &Answer) -> Key {
    Key {
        access_key_id: answer.text("/Credentials/AccessKeyId").to_owned(),
        secret_access_key: answer.text("/Credentials/SecretAccessKey").to_owned(),
        session_token: Some(answer.text("/Credentials/SessionToken").to_owned()),
    }
}

/// An organization with a member account, whose id it is.
pub(crate) fn organize(node: &Node) -> String {
    let root = &node.root;
    done(
        node,
        root,
        "organizations",
        "create_organization",
        json!({}),
    );
    let account = json!({ "AccountName": "shop", "Email": "shop@example.com" });
    let made = done(node, root, "organizations", "create_account", account);
    let id = json!({ "CreateAccountRequestId": made.text("/CreateAccountStatus/Id") });
    let over = done(
        node,
        root,
        "organizations",
        "describe_create_account_status",
        id,
    );
    over.text("/CreateAccountStatus/AccountId").to_owned()
}
