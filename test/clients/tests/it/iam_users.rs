//! Groups, MFA devices, passwords and the account, by the unmodified aws command line.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rolecall_testkit::clients::{Said, aws_v1};
use rolecall_testkit::{Key, Node, totp};
use serde_json::{Value, json};

use crate::terraform::Terraform;

const ACCOUNT: &str = "123456789012";

/// Runs one command line, words separated by blanks, as somebody.
fn aws(node: &Node, key: &Key, line: &str) -> Said {
    let words = line.split_whitespace();
    let mut command = node.command_as(key, aws_v1().unwrap());
    Said::by(command.args(words).current_dir(node.scratch())).unwrap()
}

/// Runs as root a command line that must succeed: its output as JSON.
fn ok(node: &Node, line: &str) -> Value {
    ok_as(node, &node.root, line)
}

fn ok_as(node: &Node, key: &Key, line: &str) -> Value {
    let said = aws(node, key, line);
    assert_eq!(said.status, 0, "{line}: {}", said.err);
    said.json()
}

/// Runs a command line that must fail with this text.
fn refused(node: &Node, key: &Key, line: &str, text: &str) {
    let said = aws(node, key, line);
    assert_ne!(said.status, 0, "{line}: {}", said.out);
    assert!(said.err.contains(text), "{line}: {}", said.err);
}

fn policy(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statement})
}

#[test]
fn a_user_may_what_its_group_may_as_long_as_it_is_in_it() {
    let node = Node::start().unwrap();
    let nothing = policy(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    let ann = node.user("ann", &nothing).unwrap();
    let allowed = policy(&json!({
        "Effect": "Allow", "Action": ["ecs:ListClusters", "iam:ListGroups*"], "Resource": "*",
    }));
    std::fs::write(node.scratch().join("devs.json"), allowed.to_string()).unwrap();
    let denied = "An error occurred (AccessDeniedException) when calling the ListClusters \
                  operation: User: arn:aws:iam::123456789012:user/ann is not authorized to \
                  perform: ecs:ListClusters on resource: * because no identity-based policy \
                  allows the ecs:ListClusters action";
    refused(&node, &ann, "ecs list-clusters", denied);
    let made = ok(&node, "iam create-group --group-name devs --path /team/");
    assert_eq!(
        made["Group"]["Arn"],
        format!("arn:aws:iam::{ACCOUNT}:group/team/devs")
    );
    ok(
        &node,
        "iam put-group-policy --group-name devs --policy-name p --policy-document file://devs.json",
    );
    ok(
        &node,
        "iam attach-group-policy --group-name devs \
         --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess",
    );
    ok(
        &node,
        "iam add-user-to-group --group-name devs --user-name ann",
    );
    ok_as(&node, &ann, "ecs list-clusters");
    let groups = ok_as(
        &node,
        &ann,
        "iam list-groups-for-user --user-name ann --query Groups[].GroupName",
    );
    assert_eq!(groups, json!(["devs"]));
    let used = ok(
        &node,
        "iam list-entities-for-policy --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess \
         --query PolicyGroups[].GroupName",
    );
    assert_eq!(used, json!(["devs"]));
    ok(
        &node,
        "iam update-group --group-name devs --new-group-name makers",
    );
    ok_as(&node, &ann, "ecs list-clusters");
    refused(
        &node,
        &node.root,
        "iam delete-group --group-name makers",
        "An error occurred (DeleteConflict) when calling the DeleteGroup operation: Cannot delete \
         entity, must remove users from group first.",
    );
    ok(
        &node,
        "iam remove-user-from-group --group-name makers --user-name ann",
    );
    refused(&node, &ann, "ecs list-clusters", denied);
}

/// The credentials in what STS answered.
fn temporary(made: &Value) -> Key {
    let text = |name: &str| made["Credentials"][name].as_str().unwrap();
    let mut key = Key::new(text("AccessKeyId"), text("SecretAccessKey"));
    key.session_token = Some(text("SessionToken").to_owned());
    key
}

/// What a command line gives as soon as it is not `not_yet`, within a minute.
fn eventually(node: &Node, line: &str, not_yet: &Value) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let now = ok(node, line);
        if now != *not_yet || Instant::now() > deadline {
            return now;
        }
    }
}

fn epoch_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

#[test]
fn a_code_of_an_mfa_device_opens_what_demands_one() {
    let node = Node::start().unwrap();
    let with_mfa = policy(&json!({
        "Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*",
        "Condition": {
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
        },
    }));
    let ann = node.user("ann", &with_mfa).unwrap();
    for (method, file) in [("QRCodePNG", "qr.png"), ("Base32StringSeed", "seed")] {
        let name = file.split('.').next().unwrap();
        ok(
            &node,
            &format!(
                "iam create-virtual-mfa-device --virtual-mfa-device-name {name} --outfile {file} \
                 --bootstrap-method {method}"
            ),
        );
    }
    let image = std::fs::read(node.scratch().join("qr.png")).unwrap();
    assert!(image.starts_with(b"\x89PNG\r\n\x1a\n"));
    let seed = std::fs::read_to_string(node.scratch().join("seed")).unwrap();
    let serial = format!("arn:aws:iam::{ACCOUNT}:mfa/seed");
    let enable = |first: &str, second: &str| {
        format!(
            "iam enable-mfa-device --user-name ann --serial-number {serial} \
             --authentication-code1 {first} --authentication-code2 {second}"
        )
    };
    let now = epoch_s();
    refused(
        &node,
        &node.root,
        &enable(&totp(&seed, now), &totp(&seed, now + 60)),
        "An error occurred (InvalidAuthenticationCode) when calling the EnableMFADevice \
         operation: Authentication code for device is not valid.",
    );
    ok(&node, &enable(&totp(&seed, now - 30), &totp(&seed, now)));
    refused(&node, &ann, "iam list-roles", "AccessDenied");
    let session = format!(
        "sts get-session-token --serial-number {serial} --token-code {}",
        totp(&seed, now + 30)
    );
    let made = ok_as(&node, &ann, &session);
    refused(
        &node,
        &ann,
        &session,
        "MultiFactorAuthentication failed with invalid MFA one time pass code.",
    );
    ok_as(&node, &temporary(&made), "iam list-roles");
    let devices = ok(
        &node,
        "iam list-virtual-mfa-devices --assignment-status Assigned",
    );
    assert_eq!(devices["VirtualMFADevices"][0]["SerialNumber"], serial);
    ok(
        &node,
        &format!("iam deactivate-mfa-device --user-name ann --serial-number {serial}"),
    );
    ok(
        &node,
        &format!("iam delete-virtual-mfa-device --serial-number {serial}"),
    );
}

#[test]
fn passwords_are_changed_by_the_accounts_rules() {
    let node = Node::start().unwrap();
    let own = policy(&json!({
        "Effect": "Allow", "Action": "iam:ChangePassword",
        "Resource": "arn:aws:iam::*:user/${aws:username}",
    }));
    let ann = node.user("ann", &own).unwrap();
    let bob = node
        .user(
            "bob",
            &policy(&json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})),
        )
        .unwrap();
    ok(
        &node,
        "iam update-account-password-policy --minimum-password-length 12 --require-symbols \
         --password-reuse-prevention 1",
    );
    let rules = ok(&node, "iam get-account-password-policy");
    assert_eq!(rules["PasswordPolicy"]["MinimumPasswordLength"], 12);
    refused(
        &node,
        &node.root,
        "iam create-login-profile --user-name ann --password Horse-7",
        "An error occurred (PasswordPolicyViolation) when calling the CreateLoginProfile \
         operation: Password should have a minimum length of 12",
    );
    for user in ["ann", "bob"] {
        let line = format!("iam create-login-profile --user-name {user} --password First-Horse-7");
        let made = ok(&node, &line);
        assert_eq!(made["LoginProfile"]["PasswordResetRequired"], false);
    }
    let change = "iam change-password --old-password First-Horse-7 --new-password Second-Horse-8";
    refused(
        &node,
        &bob,
        change,
        "not authorized to perform: iam:ChangePassword",
    );
    ok_as(&node, &ann, change);
    refused(&node, &ann, change, "The old password was incorrect.");
    // Neither the store nor the log holds a password.
    let mut folders = vec![node.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                let found = bytes.windows(8).any(|window| window == b"-Horse-7");
                assert!(!found, "{}", path.display());
            }
        }
    }
}

#[test]
fn the_account_tells_of_itself() {
    let node = Node::start().unwrap();
    let seen = policy(&json!({
        "Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": "*",
    }));
    let ann = node.user("ann", &seen).unwrap();
    ok_as(&node, &ann, "logs describe-log-groups --region eu-west-1");
    ok(&node, "iam create-account-alias --account-alias example");
    let aliases = ok(&node, "iam list-account-aliases --query AccountAliases");
    assert_eq!(aliases, json!(["example"]));
    refused(&node, &ann, "iam list-account-aliases", "AccessDenied");
    let summary = ok(&node, "iam get-account-summary --query SummaryMap.Users");
    assert_eq!(summary, 1);
    let details = ok(
        &node,
        "iam get-account-authorization-details --filter User \
         --query UserDetailList[].UserPolicyList[].PolicyDocument.Statement",
    );
    assert_eq!(details[0]["Action"][0], "logs:DescribeLogGroups");

    // What was used is on record a few seconds later: a key, and a role by its session.
    let trust = policy(&json!({
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/ann")},
    }));
    std::fs::write(node.scratch().join("trust.json"), trust.to_string()).unwrap();
    ok(
        &node,
        "iam create-role --role-name app --assume-role-policy-document file://trust.json",
    );
    let role = "iam get-role --role-name app --query Role.RoleLastUsed.Region";
    assert_eq!(ok(&node, role), Value::Null);
    let assume = format!(
        "sts assume-role --role-arn arn:aws:iam::{ACCOUNT}:role/app --role-session-name ann"
    );
    let session = temporary(&ok_as(&node, &ann, &assume));
    refused(&node, &session, "ecs list-clusters", "AccessDenied");
    assert_eq!(eventually(&node, role, &Value::Null), node.region);
    let line = format!(
        "iam get-access-key-last-used --access-key-id {}",
        ann.access_key_id
    );
    let unused = json!({"ServiceName": "N/A", "Region": "N/A"});
    let last = eventually(&node, &format!("{line} --query AccessKeyLastUsed"), &unused);
    assert_eq!(
        (&last["ServiceName"], &last["Region"]),
        (&json!("logs"), &json!("eu-west-1"))
    );
    refused(
        &node,
        &node.root,
        "iam get-credential-report",
        "An error occurred (ReportNotPresent)",
    );
    assert_eq!(
        ok(&node, "iam generate-credential-report")["State"],
        "STARTED"
    );
    assert_eq!(
        ok(&node, "iam generate-credential-report")["State"],
        "COMPLETE"
    );
    let report = node
        .boto3(&[("iam", "get_credential_report", json!({}))])
        .unwrap();
    assert_eq!(report[0].text("/ReportFormat"), "text/csv");
}

#[test]
fn terraform_makes_users_groups_and_settings_finds_them_unchanged_and_destroys_them() {
    let node = Node::start().unwrap();
    let Some(terraform) = Terraform::with(&node, "terraform-users") else {
        return;
    };
    terraform.run(&["apply", "-auto-approve", "-input=false"], 0);
    let plan = terraform.run(&["plan", "-detailed-exitcode", "-input=false"], 0);
    assert!(plan.out.contains("No changes."), "{}", plan.out);
    let outputs = terraform.run(&["output", "-json"], 0).json();
    assert_eq!(outputs["members"]["value"], json!(["ann", "bob"]));
    terraform.run(&["destroy", "-auto-approve", "-input=false"], 0);
    assert_eq!(ok(&node, "iam list-users")["Users"], json!([]));
    assert_eq!(ok(&node, "iam list-groups")["Groups"], json!([]));
}
