//! Policies, names and ARNs that IAM refuses, word for word, by boto3 with its own checks off.

use rolecall_testkit::Node;
use rolecall_testkit::clients::Answer;
use serde_json::{Value, json};

/// A managed policy's quota, in characters that are not white space.
const POLICY_QUOTA: usize = 6144;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// An identity policy that has this many characters that are not white space, and some that are.
fn policy_of(length: usize) -> String {
    let frame = |action: &str| {
        format!(
            "{{ \"Version\": \"2012-10-17\",\n\t\"Statement\": [ {{ \"Effect\": \"Allow\", \
             \"Action\": \"{action}\", \"Resource\": \"*\" }} ] }}\n"
        )
    };
    let count = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).count();
    let missing = length - count(&frame("s3:"));
    let policy = frame(&format!("s3:{}", "x".repeat(missing)));
    assert_eq!(count(&policy), length);
    policy
}

fn create_policy(node: &Node, name: &str, document: &str) -> Answer {
    let params = json!({"PolicyName": name, "PolicyDocument": document});
    node.boto3(&[("iam", "create_policy", params)])
        .unwrap()
        .remove(0)
}

#[test]
fn a_managed_policy_of_one_character_too_many() {
    let node = Node::start().unwrap();
    let fits = create_policy(&node, "fits", &policy_of(POLICY_QUOTA));
    assert_eq!(fits.status, 200, "{fits:?}");
    let long = create_policy(&node, "long", &policy_of(POLICY_QUOTA + 1));
    assert_eq!(long.status, 409);
    assert_eq!(
        long.error(),
        ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    );
}

/// An identity policy with this statement.
fn with(statement: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn allow(action: &str, resource: &str) -> String {
    with(&json!({"Effect": "Allow", "Action": action, "Resource": resource}))
}

#[test]
fn malformed_identity_policies() {
    let node = Node::start().unwrap();
    let principal = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
    });
    let twice = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "A", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
    ]});
    let version = allow("s3:GetObject", "*").replace("2012-10-17", "2012-10-16");
    let cases: Vec<(String, &str)> = vec![
        (version, "Syntax errors in policy."),
        (
            allow("s3:GetObject", "*").replace("2012-10-17", "2008-10-17"),
            "Policy document must be version 2012-10-17 or greater.",
        ),
        ("{".to_owned(), "Syntax errors in policy."),
        ("[]".to_owned(), "Syntax errors in policy."),
        (
            twice.to_string(),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            with(&json!({"Effect": "Allow", "Resource": "*"})),
            "Policy statement must contain actions.",
        ),
        (
            with(&json!({"Effect": "Allow", "Action": "s3:GetObject"})),
            "Policy statement must contain resources.",
        ),
        (
            with(&principal),
            "Policy document should not specify a principal.",
        ),
        (
            allow("GetObject", "*"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            allow("s3:Get:Object", "*"),
            "Actions/Condition can contain only one colon.",
        ),
        (allow("s 3:GetObject", "*"), "Vendor s 3 is not valid"),
        (
            allow("s3:GetObject", "bucket"),
            "Resource bucket must be in ARN format or \"*\".",
        ),
        (
            allow("s3:GetObject", "arn:cows:s3:::bucket"),
            "Partition \"cows\" is not valid for resource \"arn:cows:s3:::bucket\".",
        ),
        (
            allow("s3:GetObject", "arn:aws:s*:::bucket"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            allow("iam:GetRole", "arn:aws:iam:us-east-1:123456789012:role/web"),
            "IAM resource arn:aws:iam:us-east-1:123456789012:role/web cannot contain region \
             information.",
        ),
    ];
    let calls: Vec<_> = cases
        .iter()
        .map(|(document, _)| {
            let params = json!({"PolicyName": "bad", "PolicyDocument": document});
            ("iam", "create_policy", params)
        })
        .collect();
    let answers = node.boto3(&calls).unwrap();
    for ((document, message), answer) in cases.iter().zip(&answers) {
        assert_eq!(
            answer.error(),
            ("MalformedPolicyDocument", *message),
            "{document}"
        );
        assert_eq!(answer.status, 400);
    }
    let list = node
        .boto3(&[("iam", "list_policies", json!({"Scope": "Local"}))])
        .unwrap();
    assert_eq!(list[0].output["Policies"], json!([]));
}

#[test]
fn malformed_trust_policies() {
    let node = Node::start().unwrap();
    let change = |from: &str, to: &str| TRUST.replace(from, to);
    let nobody = "arn:aws:iam::123456789012:role/nobody";
    let cases = [
        (
            "{".to_owned(),
            "This policy contains invalid Json".to_owned(),
        ),
        (
            change("\"Action\"", "\"Resource\":\"*\",\"Action\""),
            "Has prohibited field Resource.".to_owned(),
        ),
        (
            change("sts:AssumeRole", "s3:GetObject"),
            "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  \
             and sts:AssumeRoleWithWebIdentity"
                .to_owned(),
        ),
        (
            change(
                "{\"Service\":\"ecs-tasks.amazonaws.com\"}",
                &format!("{{\"AWS\":\"{nobody}\"}}"),
            ),
            format!("Invalid principal in policy: \"AWS\":\"{nobody}\""),
        ),
    ];
    let calls: Vec<_> = cases
        .iter()
        .map(|(document, _)| {
            let params = json!({"RoleName": "bad", "AssumeRolePolicyDocument": document});
            ("iam", "create_role", params)
        })
        .collect();
    let answers = node.boto3(&calls).unwrap();
    for ((document, message), answer) in cases.iter().zip(&answers) {
        assert_eq!(
            answer.error(),
            ("MalformedPolicyDocument", message.as_str()),
            "{document}"
        );
        assert_eq!(answer.status, 400);
    }
}

#[test]
fn names_paths_and_arns_that_break_the_model() {
    let node = Node::start().unwrap();
    let role = |name: &str| json!({"RoleName": name, "AssumeRolePolicyDocument": TRUST});
    let long = "r".repeat(65);
    let mut with_path = role("ok");
    with_path["Path"] = json!("no-slashes");
    let calls = [
        ("iam", "create_role", role("bad name")),
        ("iam", "create_role", role(&long)),
        ("iam", "create_role", with_path),
        ("iam", "create_user", json!({"UserName": "a/b"})),
        ("iam", "create_role", json!({"RoleName": "ok"})),
        (
            "iam",
            "get_policy",
            json!({"PolicyArn": "arn:aws:iam::aws"}),
        ),
    ];
    let answers = node.boto3(&calls).unwrap();
    let one = "1 validation error detected: Value";
    let expected = [
        "The specified value for roleName is invalid. It must contain only alphanumeric characters \
         and/or the following: +=,.@_-"
            .to_owned(),
        format!(
            "{one} at 'roleName' failed to satisfy constraint: Member must have length \
             less than or equal to 64"
        ),
        "The specified value for path is invalid. It must begin and end with / and contain only \
         alphanumeric characters and/or / characters."
            .to_owned(),
        "The specified value for userName is invalid. It must contain only alphanumeric characters \
         and/or the following: +=,.@_-"
            .to_owned(),
        format!(
            "{one} at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must \
             not be null"
        ),
        format!(
            "{one} at 'policyArn' failed to satisfy constraint: Member must \
             have length greater than or equal to 20"
        ),
    ];
    for ((call, message), answer) in calls.iter().zip(&expected).zip(&answers) {
        assert_eq!(
            answer.error(),
            ("ValidationError", message.as_str()),
            "{call:?}"
        );
        assert_eq!(answer.status, 400);
    }
}

#[test]
fn what_does_not_exist_and_what_exists_already() {
    let node = Node::start().unwrap();
    let role = json!({"RoleName": "taken", "AssumeRolePolicyDocument": TRUST});
    let nowhere = "arn:aws:iam::123456789012:policy/nowhere";
    let attach = |role: &str, arn: &str| json!({"RoleName": role, "PolicyArn": arn});
    let missing = |noun: &str, name: &str| format!("The {noun} with name {name} cannot be found.");
    let role_missing = missing("role", "nobody");
    let user_missing = missing("user", "nobody");
    let steps = [
        ("create_role", role.clone(), 200, "", ""),
        (
            "create_role",
            role,
            409,
            "EntityAlreadyExists",
            "Role with name taken already exists.",
        ),
        (
            "get_role",
            json!({"RoleName": "nobody"}),
            404,
            "NoSuchEntity",
            &role_missing,
        ),
        (
            "delete_role",
            json!({"RoleName": "nobody"}),
            404,
            "NoSuchEntity",
            &role_missing,
        ),
        (
            "get_user",
            json!({"UserName": "nobody"}),
            404,
            "NoSuchEntity",
            &user_missing,
        ),
        (
            "attach_role_policy",
            attach("taken", nowhere),
            404,
            "NoSuchEntity",
            "Policy arn:aws:iam::123456789012:policy/nowhere does not exist or is not attachable.",
        ),
        (
            "attach_role_policy",
            attach("taken", "arn:aws::iam::aws:policy/AmazonS3ReadOnlyAccess"),
            400,
            "ValidationError",
            "Invalid ARN:  Could not be parsed!",
        ),
        (
            "get_policy",
            json!({"PolicyArn": nowhere}),
            404,
            "NoSuchEntity",
            "Policy arn:aws:iam::123456789012:policy/nowhere was not found.",
        ),
    ];
    let calls: Vec<_> = steps
        .iter()
        .map(|(op, params, ..)| ("iam", *op, params.clone()))
        .collect();
    let answers = node.boto3(&calls).unwrap();
    for ((op, params, status, code, message), answer) in steps.iter().zip(&answers) {
        assert_eq!(answer.error(), (*code, *message), "{op} {params}");
        assert_eq!(answer.status, *status, "{op} {params}");
    }
}
