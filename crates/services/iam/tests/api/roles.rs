//! Roles: their life, policies, boundaries and tags, in AWS's words.

use crate::common::{TASKS, allow, call, refused, world};

#[tokio::test]
async fn a_role_is_made_once_ignoring_case_and_shown_with_its_trust_policy_encoded() {
    let w = world();
    let root = w.root();
    let made = call!(w, root, CreateRole, {
        "RoleName": "App", "Path": "/team/", "Description": "The app",
        "AssumeRolePolicyDocument": TASKS, "Tags": [{"Key": "Name", "Value": "app"}],
    })
    .unwrap()
    .role
    .unwrap();
    assert_eq!(
        made.arn.as_deref(),
        Some("arn:aws:iam::123456789012:role/team/App")
    );
    let id = made.role_id.clone().unwrap();
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    assert_eq!(made.max_session_duration, Some(3600));
    let encoded = made.assume_role_policy_document.clone().unwrap();
    assert!(
        encoded.starts_with("%7B%22Version%22%3A%222012-10-17%22%2C"),
        "{encoded}"
    );
    assert_eq!(made.tags.as_ref().unwrap().len(), 1);

    refused!(
        call!(w, root, CreateRole, {"RoleName": "aPP", "AssumeRolePolicyDocument": TASKS}),
        409,
        "EntityAlreadyExists: Role with name aPP already exists."
    );
    let got = call!(w, root, GetRole, {"RoleName": "app"})
        .unwrap()
        .role
        .unwrap();
    assert_eq!(got, made);
    refused!(
        call!(w, root, GetRole, {"RoleName": "nobody"}),
        404,
        "NoSuchEntity: The role with name nobody cannot be found."
    );
}

#[tokio::test]
async fn a_role_is_deleted_only_when_nothing_hangs_on_it() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    call!(w, root, CreateInstanceProfile, {"InstanceProfileName": "app"}).unwrap();
    call!(w, root, AddRoleToInstanceProfile, {"InstanceProfileName": "app", "RoleName": "app"})
        .unwrap();
    let document = allow("s3:ListBucket", "*");
    let arn = call!(w, root, CreatePolicy, {"PolicyName": "p", "PolicyDocument": document})
        .unwrap()
        .policy
        .unwrap()
        .arn
        .unwrap();
    call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": arn}).unwrap();
    call!(w, root, PutRolePolicy, {
        "RoleName": "app", "PolicyName": "i", "PolicyDocument": document,
    })
    .unwrap();

    refused!(
        call!(w, root, DeleteRole, {"RoleName": "app"}),
        409,
        "DeleteConflict: Cannot delete entity, must remove roles from instance profile first."
    );
    call!(w, root, RemoveRoleFromInstanceProfile, {
        "InstanceProfileName": "app", "RoleName": "app",
    })
    .unwrap();
    refused!(
        call!(w, root, DeleteRole, {"RoleName": "app"}),
        409,
        "DeleteConflict: Cannot delete entity, must detach all policies first."
    );
    refused!(
        call!(w, root, DeletePolicy, {"PolicyArn": arn}),
        409,
        "DeleteConflict: Cannot delete a policy attached to entities."
    );
    call!(w, root, DetachRolePolicy, {"RoleName": "app", "PolicyArn": arn}).unwrap();
    refused!(
        call!(w, root, DetachRolePolicy, {"RoleName": "app", "PolicyArn": arn}),
        404,
        format!("NoSuchEntity: Policy {arn} was not found.")
    );
    refused!(
        call!(w, root, DeleteRole, {"RoleName": "app"}),
        409,
        "DeleteConflict: Cannot delete entity, must delete policies first."
    );
    call!(w, root, DeleteRolePolicy, {"RoleName": "app", "PolicyName": "i"}).unwrap();
    call!(w, root, DeleteRole, {"RoleName": "app"}).unwrap();
    call!(w, root, DeletePolicy, {"PolicyArn": arn}).unwrap();
    refused!(
        call!(w, root, DeleteRole, {"RoleName": "app"}),
        404,
        "NoSuchEntity: The role with name app cannot be found."
    );
}

#[tokio::test]
async fn inline_policies_come_back_as_written_and_have_a_size_in_total() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    let text = "{ \"Version\":\"2012-10-17\",\n \"Statement\": {\"Effect\":\"Allow\",\
                \"Action\":\"s3:*\",\"Resource\":\"*\"} }";
    call!(w, root, PutRolePolicy, {"RoleName": "app", "PolicyName": "p", "PolicyDocument": text})
        .unwrap();
    let got = call!(w, root, GetRolePolicy, {"RoleName": "app", "PolicyName": "p"}).unwrap();
    let encoded = got.policy_document.unwrap();
    assert!(
        encoded.starts_with("%7B%20%22Version%22%3A%222012-10-17%22%2C%0A%20"),
        "{encoded}"
    );
    refused!(
        call!(w, root, GetRolePolicy, {"RoleName": "app", "PolicyName": "q"}),
        404,
        "NoSuchEntity: The role policy with name q cannot be found."
    );
    refused!(
        call!(w, root, PutRolePolicy, {
            "RoleName": "app", "PolicyName": "q", "PolicyDocument": "{\"Version\":",
        }),
        400,
        "MalformedPolicyDocument: Syntax errors in policy."
    );
    // White space does not count: 10,240 other characters in all policies together.
    let long = allow(
        "s3:ListBucket",
        &format!("arn:aws:s3:::{}", "b".repeat(5_000)),
    );
    let padded = format!("{long}{}", " ".repeat(5_000));
    call!(w, root, PutRolePolicy, {"RoleName": "app", "PolicyName": "q", "PolicyDocument": padded})
        .unwrap();
    let longer = allow(
        "s3:ListBucket",
        &format!("arn:aws:s3:::{}", "b".repeat(5_050)),
    );
    refused!(
        call!(w, root, PutRolePolicy, {
            "RoleName": "app", "PolicyName": "r", "PolicyDocument": longer,
        }),
        409,
        "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role app"
    );
    let names = call!(w, root, ListRolePolicies, {"RoleName": "app"}).unwrap();
    assert_eq!(names.policy_names.unwrap(), ["p", "q"]);
    assert_eq!(names.is_truncated, Some(false));
}

#[tokio::test]
async fn quotas_are_those_of_aws_and_can_be_raised() {
    let w = world();
    let root = w.root();
    let principals: Vec<String> = (0..100)
        .map(|n| format!("a-service-number-{n}.amazonaws.com"))
        .collect();
    let long = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": principals},
        }],
    })
    .to_string();
    refused!(
        call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": long}),
        409,
        "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"
    );
    let quotas = rolecall_identity::Quotas {
        roles: 1,
        trust_policy_chars: 8_192,
        policies_per_role: 1,
        ..rolecall_identity::Quotas::default()
    };
    w.put("123456789012", quotas).await.unwrap();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": long}).unwrap();
    refused!(
        call!(w, root, CreateRole, {"RoleName": "app2", "AssumeRolePolicyDocument": TASKS}),
        409,
        "LimitExceeded: Cannot exceed quota for RolesPerAccount: 1"
    );
    for name in ["p", "q"] {
        let document = allow("s3:ListBucket", "*");
        call!(w, root, CreatePolicy, {"PolicyName": name, "PolicyDocument": document}).unwrap();
    }
    let arn = |name: &str| format!("arn:aws:iam::123456789012:policy/{name}");
    for _ in 0..2 {
        call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": arn("p")}).unwrap();
    }
    refused!(
        call!(w, root, AttachRolePolicy, {"RoleName": "app", "PolicyArn": arn("q")}),
        409,
        "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 1"
    );
}

#[tokio::test]
async fn tags_ignore_case_and_pages_follow_each_other() {
    let w = world();
    let root = w.root();
    for name in ["c", "A", "b"] {
        call!(w, root, CreateRole, {
            "RoleName": name, "AssumeRolePolicyDocument": TASKS, "Path": "/x/",
        })
        .unwrap();
    }
    call!(w, root, CreateRole, {"RoleName": "d", "AssumeRolePolicyDocument": TASKS}).unwrap();
    let first = call!(w, root, ListRoles, {"PathPrefix": "/x/", "MaxItems": 2}).unwrap();
    let names = |roles: &[rolecall_api::iam::Role]| -> Vec<String> {
        roles
            .iter()
            .map(|role| role.role_name.clone().unwrap())
            .collect()
    };
    assert_eq!(names(first.roles.as_ref().unwrap()), ["A", "b"]);
    assert_eq!(first.is_truncated, Some(true));
    let rest = call!(w, root, ListRoles, {
        "PathPrefix": "/x/", "MaxItems": 2, "Marker": first.marker.unwrap(),
    })
    .unwrap();
    assert_eq!(names(rest.roles.as_ref().unwrap()), ["c"]);
    assert_eq!((rest.is_truncated, rest.marker), (Some(false), None));

    refused!(
        call!(w, root, TagRole, {
            "RoleName": "A", "Tags": [{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}],
        }),
        400,
        "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
    );
    call!(w, root, TagRole, {"RoleName": "A", "Tags": [{"Key": "k", "Value": "1"}]}).unwrap();
    call!(w, root, TagRole, {"RoleName": "A", "Tags": [{"Key": "K", "Value": "2"}]}).unwrap();
    let tags = call!(w, root, ListRoleTags, {"RoleName": "A"})
        .unwrap()
        .tags
        .unwrap();
    assert_eq!(
        (tags[0].key.as_deref(), tags[0].value.as_deref()),
        (Some("k"), Some("2"))
    );
    call!(w, root, UntagRole, {"RoleName": "A", "TagKeys": ["K"]}).unwrap();
    assert!(
        call!(w, root, ListRoleTags, {"RoleName": "A"})
            .unwrap()
            .tags
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_trust_policy_is_tied_to_the_role_that_it_names() {
    let w = world();
    let root = w.root();
    let trusts = |arn: &str| {
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn},
            },
        })
        .to_string()
    };
    let deployer = "arn:aws:iam::123456789012:role/deployer";
    refused!(
        call!(w, root, CreateRole, {
            "RoleName": "app", "AssumeRolePolicyDocument": trusts(deployer),
        }),
        400,
        format!("MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"{deployer}\"")
    );
    let made = call!(w, root, CreateRole, {
        "RoleName": "deployer", "AssumeRolePolicyDocument": TASKS,
    });
    let id = made.unwrap().role.unwrap().role_id.unwrap();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": trusts(deployer)})
        .unwrap();
    let shown = || async {
        let role = call!(w, root, GetRole, {"RoleName": "app"})
            .unwrap()
            .role
            .unwrap();
        role.assume_role_policy_document.unwrap()
    };
    assert!(shown().await.contains("role%2Fdeployer"));
    call!(w, root, DeleteRole, {"RoleName": "deployer"}).unwrap();
    call!(w, root, CreateRole, {"RoleName": "deployer", "AssumeRolePolicyDocument": TASKS})
        .unwrap();
    let shown = shown().await;
    assert!(
        shown.contains(&id) && !shown.contains("role%2Fdeployer"),
        "{shown}"
    );
}

#[tokio::test]
async fn boundaries_must_exist_and_count_as_use() {
    let w = world();
    let root = w.root();
    let arn = "arn:aws:iam::123456789012:policy/limit";
    refused!(
        call!(w, root, CreateRole, {
            "RoleName": "app", "AssumeRolePolicyDocument": TASKS, "PermissionsBoundary": arn,
        }),
        404,
        format!("NoSuchEntity: Scope ARN: {arn} does not exist or is not attachable.")
    );
    let document = allow("s3:*", "*");
    call!(w, root, CreatePolicy, {"PolicyName": "limit", "PolicyDocument": document}).unwrap();
    call!(w, root, CreateRole, {
        "RoleName": "app", "AssumeRolePolicyDocument": TASKS, "PermissionsBoundary": arn,
    })
    .unwrap();
    let role = call!(w, root, GetRole, {"RoleName": "app"})
        .unwrap()
        .role
        .unwrap();
    let boundary = role.permissions_boundary.unwrap();
    assert_eq!(boundary.permissions_boundary_arn.as_deref(), Some(arn));
    let policy = call!(w, root, GetPolicy, {"PolicyArn": arn})
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(policy.permissions_boundary_usage_count, Some(1));
    assert_eq!(policy.attachment_count, Some(0));
    call!(w, root, DeleteRolePermissionsBoundary, {"RoleName": "app"}).unwrap();
    call!(w, root, DeleteRolePermissionsBoundary, {"RoleName": "app"}).unwrap();
    call!(w, root, DeletePolicy, {"PolicyArn": arn}).unwrap();
}

#[tokio::test]
async fn updates_change_what_they_name() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    call!(w, root, UpdateRole, {
        "RoleName": "app", "Description": "x", "MaxSessionDuration": 7200,
    })
    .unwrap();
    let role = call!(w, root, GetRole, {"RoleName": "app"})
        .unwrap()
        .role
        .unwrap();
    assert_eq!(
        (role.description.as_deref(), role.max_session_duration),
        (Some("x"), Some(7200))
    );
    let role = call!(w, root, UpdateRoleDescription, {"RoleName": "app", "Description": "y"});
    assert_eq!(
        role.unwrap().role.unwrap().description.as_deref(),
        Some("y")
    );
    let ec2 = TASKS.replace("ecs-tasks", "ec2");
    call!(w, root, UpdateAssumeRolePolicy, {"RoleName": "app", "PolicyDocument": ec2}).unwrap();
    let role = call!(w, root, GetRole, {"RoleName": "app"})
        .unwrap()
        .role
        .unwrap();
    assert!(
        role.assume_role_policy_document
            .unwrap()
            .contains("ec2.amazonaws.com")
    );
}
