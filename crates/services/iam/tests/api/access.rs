//! Who may call what: both sides of permissions, with AWS's refusals.

use crate::common::{TASKS, allow, call, refused, world};

#[tokio::test]
async fn a_denied_caller_does_not_learn_whether_a_role_exists() {
    let w = world();
    let ann = w.user("ann", None).await.unwrap();
    call!(w, w.root(), CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    for name in ["app", "nobody"] {
        refused!(
            call!(w, ann, GetRole, {"RoleName": name}),
            403,
            format!(
                "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to \
                 perform: iam:GetRole on resource: role {name} because no identity-based policy \
                 allows the iam:GetRole action"
            )
        );
    }
}

#[tokio::test]
async fn a_role_is_named_with_its_path() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateRole, {
        "RoleName": "app", "Path": "/team/", "AssumeRolePolicyDocument": TASKS,
    })
    .unwrap();
    let team = allow("iam:GetRole", "arn:aws:iam::123456789012:role/team/*");
    let ann = w.user("ann", Some(&team)).await.unwrap();
    call!(w, ann, GetRole, {"RoleName": "app"}).unwrap();
    let other = allow("iam:GetRole", "arn:aws:iam::123456789012:role/app");
    let bob = w.user("bob", Some(&other)).await.unwrap();
    assert_eq!(
        call!(w, bob, GetRole, {"RoleName": "app"})
            .unwrap_err()
            .code,
        "AccessDenied"
    );
}

#[tokio::test]
async fn conditions_on_policy_boundary_tags_and_service_decide() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    call!(w, root, CreateInstanceProfile, {"InstanceProfileName": "app"}).unwrap();
    let read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
                "Condition": {"ArnEquals": {"iam:PolicyARN": read}},
            },
            {
                "Effect": "Allow", "Action": ["iam:CreateRole", "iam:TagRole"], "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestTag/Team": "a"}},
            },
            {
                "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
                "Condition": {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}},
            },
            {
                "Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*",
            },
            {
                "Effect": "Allow", "Action": "iam:DeleteRole", "Resource": "*",
                "Condition": {"StringEquals": {"iam:ResourceTag/Team": "a"}},
            },
        ],
    })
    .to_string();
    let ann = w.user("ann", Some(&policy)).await.unwrap();
    call!(w, ann, AttachRolePolicy, {"RoleName": "app", "PolicyArn": read}).unwrap();
    let other = "arn:aws:iam::aws:policy/AdministratorAccess";
    let denied = call!(w, ann, AttachRolePolicy, {"RoleName": "app", "PolicyArn": other});
    assert_eq!(denied.unwrap_err().code, "AccessDenied");

    let tags = |team: &str| serde_json::json!([{"Key": "Team", "Value": team}]);
    call!(w, ann, CreateRole, {
        "RoleName": "mine", "AssumeRolePolicyDocument": TASKS, "Tags": tags("a"),
    })
    .unwrap();
    let denied = call!(w, ann, CreateRole, {
        "RoleName": "other", "AssumeRolePolicyDocument": TASKS, "Tags": tags("b"),
    });
    assert_eq!(denied.unwrap_err().code, "AccessDenied");
    assert!(call!(w, ann, DeleteRole, {"RoleName": "app"}).is_err());
    call!(w, ann, DeleteRole, {"RoleName": "mine"}).unwrap();

    call!(w, ann, CreateServiceLinkedRole, {"AWSServiceName": "ecs.amazonaws.com"}).unwrap();
    let denied = call!(w, ann, CreateServiceLinkedRole, {"AWSServiceName": "ssm.amazonaws.com"});
    assert_eq!(denied.unwrap_err().code, "AccessDenied");

    // Passing the role needs its own permission.
    refused!(
        call!(w, ann, AddRoleToInstanceProfile, {"InstanceProfileName": "app", "RoleName": "app"}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
         iam:PassRole on resource: arn:aws:iam::123456789012:role/app because no identity-based \
         policy allows the iam:PassRole action"
    );
    let passing = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*"},
            {
                "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
                "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
            },
        ],
    })
    .to_string();
    let bob = w.user("bob", Some(&passing)).await.unwrap();
    call!(w, bob, AddRoleToInstanceProfile, {"InstanceProfileName": "app", "RoleName": "app"})
        .unwrap();
}

#[tokio::test]
async fn a_tag_at_creation_needs_the_tagging_permission_too() {
    let w = world();
    let ann = w
        .user("ann", Some(&allow("iam:CreateRole", "*")))
        .await
        .unwrap();
    call!(w, ann, CreateRole, {"RoleName": "a", "AssumeRolePolicyDocument": TASKS}).unwrap();
    let denied = call!(w, ann, CreateRole, {
        "RoleName": "b", "AssumeRolePolicyDocument": TASKS,
        "Tags": [{"Key": "k", "Value": "v"}],
    })
    .unwrap_err();
    assert!(
        denied.message.contains("iam:TagRole on resource"),
        "{denied}"
    );
}

#[tokio::test]
async fn a_listing_is_authorized_on_its_path() {
    let w = world();
    let ann = w
        .user("ann", Some(&allow("iam:ListRoles", "*")))
        .await
        .unwrap();
    call!(w, ann, ListRoles, {}).unwrap();
    let bob = w.user("bob", None).await.unwrap();
    refused!(
        call!(w, bob, ListRoles, {}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: \
         iam:ListRoles on resource: arn:aws:iam::123456789012:role/ because no identity-based \
         policy allows the iam:ListRoles action"
    );
}

/// The commands that set up a container instance role, with the malformed ARNs that people type.
#[tokio::test]
async fn an_instance_role_is_set_up_as_the_ecs_guide_has_it() {
    let w = world();
    let root = w.root();
    let ec2 = TASKS.replace("ecs-tasks", "ec2");
    let (role, profile) = ("ecsInstanceRole", "ecsInstanceRole-profile");
    call!(w, root, CreateRole, {"RoleName": role, "AssumeRolePolicyDocument": ec2}).unwrap();
    call!(w, root, CreateInstanceProfile, {"InstanceProfileName": profile}).unwrap();
    call!(w, root, AddRoleToInstanceProfile, {"InstanceProfileName": profile, "RoleName": role})
        .unwrap();
    let for_ec2 = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";
    call!(w, root, AttachRolePolicy, {"RoleName": role, "PolicyArn": for_ec2}).unwrap();
    refused!(
        call!(w, root, AttachRolePolicy, {
            "RoleName": role, "PolicyArn": "arn:aws::iam::aws:policy/AmazonS3ReadOnlyAccess",
        }),
        400,
        "ValidationError: Invalid ARN:  Could not be parsed!"
    );
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
                       "logs:DescribeLogStreams"],
            "Resource": ["arn:aws:logs:*:*:*"],
        }],
    })
    .to_string();
    call!(w, root, CreatePolicy, {"PolicyName": "cwlogspolicy", "PolicyDocument": document})
        .unwrap();
    let local = call!(w, root, ListPolicies, {"Scope": "Local"})
        .unwrap()
        .policies
        .unwrap();
    let arns: Vec<&str> = local
        .iter()
        .filter_map(|policy| policy.arn.as_deref())
        .collect();
    assert_eq!(arns, ["arn:aws:iam::123456789012:policy/cwlogspolicy"]);
    refused!(
        call!(w, root, AttachRolePolicy, {
            "RoleName": role, "PolicyArn": "arn:aws:iam:111122223333:aws:policy/cwlogspolicy",
        }),
        400,
        "ValidationError: Invalid ARN:  Could not be parsed!"
    );
    let read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    for arn in [read, arns[0]] {
        call!(w, root, AttachRolePolicy, {"RoleName": role, "PolicyArn": arn}).unwrap();
    }
    let attached = call!(w, root, ListAttachedRolePolicies, {"RoleName": role}).unwrap();
    assert_eq!(attached.attached_policies.unwrap().len(), 3);
}
