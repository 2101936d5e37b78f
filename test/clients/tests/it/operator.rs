//! What whoever runs the server has in hand: `rolecall env`, the settings of `rolecall up`.

use std::process::Command;

use rolecall_testkit::clients::{Said, aws_v1};
use rolecall_testkit::{Key, Node, binary};
use serde_json::json;

fn rolecall(args: &[&str]) -> Said {
    Said::by(Command::new(binary().unwrap()).args(args)).unwrap()
}

fn who(node: &Node, key: &Key) -> String {
    let asked = [("sts", "get_caller_identity", json!({}))];
    node.boto3_as(key, &asked).unwrap()[0]
        .text("/Arn")
        .to_owned()
}

#[test]
fn the_exports_of_env_are_all_that_a_client_needs() {
    let node = Node::start().unwrap();
    let data = node.data().display().to_string();
    let exports = rolecall(&["env", "--data", &data]);
    assert_eq!(exports.status, 0, "{exports:?}");
    let ask = "sts get-caller-identity --query Arn --output text";
    let aws = aws_v1().unwrap();
    let script = format!(
        "{}\nunset AWS_CA_BUNDLE\nexec {} {ask}",
        exports.out,
        aws.display()
    );
    let said = Said::by(Command::new("sh").args(["-c", &script])).unwrap();
    assert_eq!(
        said.out.trim(),
        "arn:aws:iam::123456789012:root",
        "{said:?}"
    );
}

#[test]
fn the_profile_of_env_is_all_that_a_client_needs() {
    let node = Node::start().unwrap();
    let data = node.data().display().to_string();
    let profile = rolecall(&["env", "--profile", "--data", &data]);
    assert_eq!(profile.status, 0, "{profile:?}");
    let config = node.scratch().join("config");
    std::fs::write(&config, profile.out).unwrap();
    let mut aws = node.command(aws_v1().unwrap());
    for name in [
        "ENDPOINT_URL",
        "REGION",
        "DEFAULT_REGION",
        "ACCESS_KEY_ID",
        "SECRET_ACCESS_KEY",
    ] {
        aws.env_remove(format!("AWS_{name}"));
    }
    aws.env("AWS_CONFIG_FILE", config);
    aws.args([
        "--profile",
        "rolecall",
        "sts",
        "get-caller-identity",
        "--query",
        "Arn",
    ]);
    let said = Said::by(&mut aws).unwrap();
    assert_eq!(
        said.out.trim(),
        "\"arn:aws:iam::123456789012:root\"",
        "{said:?}"
    );
}

#[test]
fn credentials_of_another_emulator_are_verified_like_any() {
    let node = Node::with_args(&["--no-tasks", "--dev-credentials", "test:test"]).unwrap();
    assert_eq!(
        who(&node, &Key::new("test", "test")),
        "arn:aws:iam::123456789012:root"
    );
    let asked = [("sts", "get_caller_identity", json!({}))];
    let wrong = node.boto3_as(&Key::new("test", "guess"), &asked).unwrap();
    assert_eq!(wrong[0].code.as_deref(), Some("SignatureDoesNotMatch"));
    let plain = Node::start().unwrap();
    let unknown = plain.boto3_as(&Key::new("test", "test"), &asked).unwrap();
    assert_eq!(unknown[0].code.as_deref(), Some("InvalidClientTokenId"));
}

#[test]
fn account_and_region_are_settings_and_the_root_key_stays() {
    let args = [
        "--no-tasks",
        "--account",
        "210987654321",
        "--region",
        "eu-west-3",
    ];
    let mut node = Node::with_args(&args).unwrap();
    assert_eq!(node.region, "eu-west-3");
    assert_eq!(who(&node, &node.root), "arn:aws:iam::210987654321:root");
    node.stop().unwrap();
    node.restart().unwrap();
    assert_eq!(who(&node, &node.root), "arn:aws:iam::210987654321:root");
    node.stop().unwrap();
    let data = node.data().display().to_string();
    let other = rolecall(&[
        "up",
        "--no-tasks",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data,
        "--account",
        "111122223333",
    ]);
    assert_eq!(other.status, 1, "{other:?}");
    assert!(
        other.err.contains("belongs to account 210987654321"),
        "{other:?}"
    );
}

#[test]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let node = Node::start().unwrap();
    let file = node.data().join("credentials.json");
    assert_eq!(
        std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let key = json!({"UserName": "u"});
    let made = node
        .boto3(&[
            ("iam", "create_user", key.clone()),
            ("iam", "create_access_key", key),
            ("sts", "get_session_token", json!({})),
        ])
        .unwrap();
    let log = node.log();
    assert!(!log.contains(&node.root.secret_access_key));
    for secret in ["/AccessKey/SecretAccessKey", "/Credentials/SecretAccessKey"] {
        let secret = made
            .iter()
            .map(|answer| answer.text(secret))
            .find(|text| !text.is_empty());
        assert!(secret.is_none_or(|secret| !log.contains(secret)));
    }
}

#[test]
fn all_policies_of_aws_are_listed_page_by_page() {
    let node = Node::start().unwrap();
    let mut aws = node.command(aws_v1().unwrap());
    aws.args([
        "iam",
        "list-policies",
        "--scope",
        "AWS",
        "--query",
        "Policies[].Arn",
    ]);
    let said = Said::by(&mut aws).unwrap();
    let arns = said.json();
    let mut arns: Vec<&str> = arns
        .as_array()
        .unwrap()
        .iter()
        .map(|arn| arn.as_str().unwrap())
        .collect();
    let count = arns.len();
    arns.sort_unstable();
    arns.dedup();
    assert_eq!(arns.len(), count, "an ARN is listed twice");
    assert!(count > 1500, "{count}");
    assert!(arns.contains(&"arn:aws:iam::aws:policy/AdministratorAccess"));
}
