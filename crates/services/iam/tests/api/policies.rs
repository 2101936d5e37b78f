//! Managed policies, the account's and AWS's, and their versions.

use crate::common::{TASKS, allow, call, refused, world};

const ARN: &str = "arn:aws:iam::123456789012:policy/team/p";
const S3_READ: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

#[tokio::test]
async fn a_policy_lives_with_its_versions() {
    let w = world();
    let root = w.root();
    let document = allow("s3:ListBucket", "*");
    let made = call!(w, root, CreatePolicy, {
        "PolicyName": "p", "Path": "/team/", "PolicyDocument": document, "Description": "d",
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}],
    })
    .unwrap()
    .policy
    .unwrap();
    assert_eq!(made.arn.as_deref(), Some(ARN));
    assert_eq!(made.default_version_id.as_deref(), Some("v1"));
    assert!(made.policy_id.unwrap().starts_with("ANPA"));
    refused!(
        call!(w, root, CreatePolicy, {"PolicyName": "P", "PolicyDocument": document}),
        409,
        "EntityAlreadyExists: A policy called P already exists. Duplicate names are not allowed."
    );
    let got = call!(w, root, GetPolicy, {"PolicyArn": ARN})
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(got.description.as_deref(), Some("d"));
    assert_eq!(got.tags.unwrap().len(), 2);
    assert_eq!(got.is_attachable, Some(true));

    for n in 2..=5 {
        let version = call!(w, root, CreatePolicyVersion, {
            "PolicyArn": ARN, "PolicyDocument": document, "SetAsDefault": n == 3,
        })
        .unwrap()
        .policy_version
        .unwrap();
        assert_eq!(version.version_id, Some(format!("v{n}")));
    }
    refused!(
        call!(w, root, CreatePolicyVersion, {"PolicyArn": ARN, "PolicyDocument": document}),
        409,
        "LimitExceeded: A managed policy can have up to 5 versions. Before you create a new \
         version, you must delete an existing version."
    );
    refused!(
        call!(w, root, DeletePolicyVersion, {"PolicyArn": ARN, "VersionId": "v3"}),
        409,
        "DeleteConflict: Cannot delete the default version of a policy."
    );
    refused!(
        call!(w, root, GetPolicyVersion, {"PolicyArn": ARN, "VersionId": "v9"}),
        404,
        format!("NoSuchEntity: Policy {ARN} version v9 does not exist or is not attachable.")
    );
    call!(w, root, DeletePolicyVersion, {"PolicyArn": ARN, "VersionId": "v5"}).unwrap();
    let version = call!(w, root, CreatePolicyVersion, {
        "PolicyArn": ARN, "PolicyDocument": document,
    });
    // A number is never used twice.
    assert_eq!(
        version
            .unwrap()
            .policy_version
            .unwrap()
            .version_id
            .as_deref(),
        Some("v6")
    );
    call!(w, root, SetDefaultPolicyVersion, {"PolicyArn": ARN, "VersionId": "v1"}).unwrap();
    let versions = call!(w, root, ListPolicyVersions, {"PolicyArn": ARN}).unwrap();
    let versions: Vec<(String, bool)> = versions
        .versions
        .unwrap()
        .into_iter()
        .map(|v| (v.version_id.unwrap(), v.is_default_version.unwrap()))
        .collect();
    let ids = ["v6", "v4", "v3", "v2", "v1"].map(|id| (id.to_owned(), id == "v1"));
    assert_eq!(versions, ids);
    refused!(
        call!(w, root, DeletePolicy, {"PolicyArn": ARN}),
        409,
        "DeleteConflict: This policy has more than one version. Before you delete a policy, you \
         must delete the policy's versions. The default version is deleted with the policy."
    );
    for id in ["v2", "v3", "v4", "v6"] {
        call!(w, root, DeletePolicyVersion, {"PolicyArn": ARN, "VersionId": id}).unwrap();
    }
    call!(w, root, DeletePolicy, {"PolicyArn": ARN}).unwrap();
    refused!(
        call!(w, root, GetPolicy, {"PolicyArn": ARN}),
        404,
        format!("NoSuchEntity: Policy {ARN} was not found.")
    );
}

#[tokio::test]
async fn a_policy_of_6145_characters_is_one_too_long_and_white_space_is_free() {
    let w = world();
    let root = w.root();
    let shell = allow("s3:ListBucket", "arn:aws:s3:::").len();
    let of_length = |n: usize| {
        allow(
            "s3:ListBucket",
            &format!("arn:aws:s3:::{}", "b".repeat(n - shell)),
        )
    };
    refused!(
        call!(w, root, CreatePolicy, {"PolicyName": "p", "PolicyDocument": of_length(6_145)}),
        409,
        "LimitExceeded: Cannot exceed quota for PolicySize: 6144"
    );
    let padded = format!(" {}\n\n", of_length(6_144));
    call!(w, root, CreatePolicy, {"PolicyName": "p", "PolicyDocument": padded}).unwrap();
}

#[tokio::test]
async fn arns_that_are_none_and_policies_that_are_not_there_are_refused() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    for arn in [
        "arn:aws::iam::aws:policy/AmazonS3ReadOnlyAccess",
        "arn:aws:iam:111122223333:aws:policy/cwlogspolicy",
    ] {
        refused!(
            call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": arn}),
            400,
            "ValidationError: Invalid ARN:  Could not be parsed!"
        );
        refused!(
            call!(w, root, GetPolicy, {"PolicyArn": arn}),
            400,
            "ValidationError: Invalid ARN:  Could not be parsed!"
        );
    }
    for arn in [
        ARN,
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        "arn:aws:iam::111122223333:policy/p",
    ] {
        refused!(
            call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": arn}),
            404,
            format!("NoSuchEntity: Policy {arn} does not exist or is not attachable.")
        );
    }
    refused!(
        call!(w, root, AttachRolePolicy, {
            "RoleName": "app",
            "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
        }),
        400,
        "PolicyNotAttachable: Cannot attach a Service Role Policy to a Customer Role."
    );
}

#[tokio::test]
async fn the_policies_of_aws_are_there_with_their_history_and_nobody_changes_them() {
    let w = world();
    let root = w.root();
    let policy = call!(w, root, GetPolicy, {"PolicyArn": S3_READ})
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(
        policy.policy_name.as_deref(),
        Some("AmazonS3ReadOnlyAccess")
    );
    let version = policy.default_version_id.unwrap();
    let got = call!(w, root, GetPolicyVersion, {"PolicyArn": S3_READ, "VersionId": version});
    let got = got.unwrap().policy_version.unwrap();
    assert!(got.document.unwrap().contains("s3%3AGet%2A"));
    assert_eq!(got.is_default_version, Some(true));
    let versions = call!(w, root, ListPolicyVersions, {"PolicyArn": S3_READ}).unwrap();
    assert!(versions.versions.unwrap().len() >= 3);
    let root_arn = "arn:aws:iam::123456789012:root";
    refused!(
        call!(w, root, DeletePolicy, {"PolicyArn": S3_READ}),
        403,
        format!(
            "AccessDenied: User: {root_arn} is not authorized to perform: iam:DeletePolicy on \
             resource: policy {S3_READ}"
        )
    );
}

#[tokio::test]
async fn listings_tell_local_from_aws_and_attached_from_not() {
    let w = world();
    let root = w.root();
    let document = allow("s3:ListBucket", "*");
    for name in ["one", "two"] {
        call!(w, root, CreatePolicy, {"PolicyName": name, "PolicyDocument": document}).unwrap();
    }
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    let one = "arn:aws:iam::123456789012:policy/one";
    call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": one}).unwrap();
    call!(w, root, AttachUserPolicy, {"UserName": "ann", "PolicyArn": one}).unwrap();
    call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": S3_READ}).unwrap();
    let names = |policies: Vec<rolecall_api::iam::Policy>| -> Vec<String> {
        policies
            .into_iter()
            .map(|policy| policy.policy_name.unwrap())
            .collect()
    };
    let list = |input: serde_json::Value| async {
        let answer = w
            .call::<rolecall_api::iam::ListPolicies>(&root, input)
            .await
            .unwrap();
        (names(answer.policies.unwrap()), answer.marker)
    };
    let local = list(serde_json::json!({"Scope": "Local"})).await;
    assert_eq!(local, (vec!["one".to_owned(), "two".to_owned()], None));
    let attached = list(serde_json::json!({"OnlyAttached": true})).await;
    assert_eq!(attached.0, ["one", "AmazonS3ReadOnlyAccess"]);
    let aws = list(
        serde_json::json!({"Scope": "AWS", "PathPrefix": "/aws-service-role/", "MaxItems": 1000}),
    )
    .await;
    assert!(aws.0.contains(&"AmazonECSServiceRolePolicy".to_owned()));
    // Every page once, all of them together.
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let mut input = serde_json::json!({"MaxItems": 700});
        if let Some(marker) = marker {
            input["Marker"] = serde_json::Value::String(marker);
        }
        let (page, next) = list(input).await;
        assert!(page.len() <= 700);
        all.extend(page);
        marker = next;
        if marker.is_none() {
            break;
        }
    }
    let count = all.len();
    assert!(count > 1_500, "{count}");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);

    let policy = call!(w, root, GetPolicy, {"PolicyArn": one})
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(policy.attachment_count, Some(2));
    let used = call!(w, root, ListEntitiesForPolicy, {"PolicyArn": one}).unwrap();
    assert_eq!(
        used.policy_roles.unwrap()[0].role_name.as_deref(),
        Some("app")
    );
    assert_eq!(
        used.policy_users.unwrap()[0].user_name.as_deref(),
        Some("ann")
    );
    let used = call!(w, root, ListEntitiesForPolicy, {"PolicyArn": one, "EntityFilter": "Role"});
    assert!(used.unwrap().policy_users.unwrap().is_empty());
}
