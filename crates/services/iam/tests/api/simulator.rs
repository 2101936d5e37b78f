//! The policy simulator.

use serde_json::json;

use crate::common::{TASKS, allow, call, refused, world};

const CLI: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;

#[tokio::test]
async fn given_policies_are_decided_as_real_calls_are() {
    let w = world();
    let root = w.root();
    let at = |date: &str| {
        json!({"PolicyInputList": [CLI], "ActionNames": ["dynamodb:CreateBackup"],
            "ContextEntries": [{"ContextKeyName": "aws:CurrentTime", "ContextKeyType": "date",
                "ContextKeyValues": [date]}]})
    };
    // The example of the AWS CLI's `simulate-custom-policy`, with its answer.
    let out = w
        .call::<rolecall_api::iam::SimulateCustomPolicy>(&root, at("2019-04-25T11:00:00Z"))
        .await
        .unwrap();
    let result = &out.evaluation_results.unwrap()[0];
    assert_eq!(result.eval_decision.as_deref(), Some("allowed"));
    assert_eq!(result.eval_resource_name.as_deref(), Some("*"));
    let matched = &result.matched_statements.as_ref().unwrap()[0];
    assert_eq!(
        matched.source_policy_id.as_deref(),
        Some("PolicyInputList.1")
    );
    let start = matched.start_position.as_ref().unwrap();
    assert_eq!((start.line, start.column), (Some(1), Some(38)));
    assert_eq!(result.missing_context_values.as_deref(), Some(&[][..]));

    let out = w
        .call::<rolecall_api::iam::SimulateCustomPolicy>(&root, at("2014-04-25T11:00:00Z"))
        .await
        .unwrap();
    let result = &out.evaluation_results.unwrap()[0];
    assert_eq!(result.eval_decision.as_deref(), Some("implicitDeny"));
    assert!(result.matched_statements.as_ref().unwrap().is_empty());

    let out = call!(w, root, SimulateCustomPolicy, {
        "PolicyInputList": [CLI], "ActionNames": ["dynamodb:CreateBackup"],
    })
    .unwrap();
    let result = &out.evaluation_results.unwrap()[0];
    assert_eq!(
        result.missing_context_values.as_deref(),
        Some(&["aws:CurrentTime".to_owned()][..])
    );
}

#[tokio::test]
async fn resources_have_results_of_their_own_and_the_strictest_stands_above() {
    let w = world();
    let root = w.root();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"},
    ]});
    let boundary = allow("s3:Get*", "*");
    let out = call!(w, root, SimulateCustomPolicy, {
        "PolicyInputList": [policy.to_string()],
        "PermissionsBoundaryPolicyInputList": [boundary],
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::open/a", "arn:aws:s3:::secret/a"],
        "MaxItems": 1,
    })
    .unwrap();
    assert_eq!(out.is_truncated, Some(true));
    let result = &out.evaluation_results.unwrap()[0];
    assert_eq!(result.eval_decision.as_deref(), Some("explicitDeny"));
    assert_eq!(result.matched_statements.as_ref().unwrap().len(), 1);
    let detail = result
        .permissions_boundary_decision_detail
        .as_ref()
        .unwrap();
    assert_eq!(detail.allowed_by_permissions_boundary, Some(true));
    let each: Vec<&str> = result
        .resource_specific_results
        .iter()
        .flatten()
        .filter_map(|r| r.eval_resource_decision.as_deref())
        .collect();
    assert_eq!(each, ["allowed", "explicitDeny"]);
    let out = call!(w, root, SimulateCustomPolicy, {
        "PolicyInputList": [policy.to_string()],
        "PermissionsBoundaryPolicyInputList": [boundary],
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::open/a"],
        "Marker": out.marker,
    })
    .unwrap();
    let result = &out.evaluation_results.unwrap()[0];
    assert_eq!(result.eval_action_name.as_deref(), Some("s3:PutObject"));
    assert_eq!(result.eval_decision.as_deref(), Some("implicitDeny"));
    assert_eq!((out.is_truncated, out.marker), (Some(false), None));
}

#[tokio::test]
async fn a_resource_policy_needs_a_caller_and_both_sides_across_accounts() {
    let w = world();
    let root = w.root();
    let bob = "arn:aws:iam::123456789012:user/Bob";
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": bob}, "Action": "sqs:*", "Resource": "*"}]});
    refused!(
        call!(w, root, SimulateCustomPolicy, {
            "PolicyInputList": [allow("ecs:*", "*")], "ActionNames": ["sqs:SendMessage"],
            "ResourcePolicy": policy.to_string(),
        }),
        400,
        "InvalidInput: A CallerArn is required to simulate a resource-based policy."
    );
    for (resource, decision, details) in [
        ("arn:aws:sqs:us-east-1:123456789012:q", "allowed", 0),
        ("arn:aws:sqs:us-east-1:999999999999:q", "implicitDeny", 2),
    ] {
        let out = call!(w, root, SimulateCustomPolicy, {
            "PolicyInputList": [allow("ecs:*", "*")], "ActionNames": ["sqs:SendMessage"],
            "ResourceArns": [resource], "ResourcePolicy": policy.to_string(), "CallerArn": bob,
        })
        .unwrap();
        let result = &out.evaluation_results.unwrap()[0];
        assert_eq!(
            result.eval_decision.as_deref(),
            Some(decision),
            "{resource}"
        );
        assert_eq!(
            result.eval_decision_details.as_ref().unwrap().len(),
            details
        );
    }
}

#[tokio::test]
async fn the_policies_of_users_and_roles_are_simulated_with_others_given() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "alice"}).unwrap();
    let deny = json!({"Version": "2012-10-17", "Statement": {"Sid": "No", "Effect": "Deny",
        "Action": "ecs:Delete*", "Resource": "*"}})
    .to_string();
    call!(w, root, PutUserPolicy, {
        "UserName": "alice", "PolicyName": "no-deletes", "PolicyDocument": deny,
    })
    .unwrap();
    call!(w, root, AttachUserPolicy, {
        "UserName": "alice", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    })
    .unwrap();
    let arn = "arn:aws:iam::123456789012:user/alice";
    let decide = |input: serde_json::Value| {
        let (w, root) = (&w, &root);
        async move {
            let out = w
                .call::<rolecall_api::iam::SimulatePrincipalPolicy>(root, input)
                .await
                .unwrap();
            let result = out.evaluation_results.unwrap().remove(0);
            let by: Vec<String> = result
                .matched_statements
                .unwrap()
                .into_iter()
                .filter_map(|s| s.source_policy_id)
                .collect();
            (result.eval_decision.unwrap(), by)
        }
    };
    let answer = decide(json!({"PolicySourceArn": arn, "ActionNames": ["ecs:RunTask"]})).await;
    assert_eq!(
        answer,
        ("allowed".to_owned(), vec!["AdministratorAccess".to_owned()])
    );
    let answer =
        decide(json!({"PolicySourceArn": arn, "ActionNames": ["ecs:DeleteCluster"]})).await;
    assert_eq!(
        answer,
        (
            "explicitDeny".to_owned(),
            vec!["user_alice_no-deletes".to_owned()]
        )
    );
    let answer = decide(json!({
        "PolicySourceArn": arn, "ActionNames": ["ecs:DeleteCluster"],
        "PolicyExclusionList": [{"PolicyType": "inline"}],
    }))
    .await;
    assert_eq!(answer.0, "allowed");
    let answer = decide(json!({
        "PolicySourceArn": arn, "ActionNames": ["ecs:RunTask"],
        "PolicyExclusionList": [{"PolicyArn": "arn:aws:iam::aws:policy/Admin*"}],
    }))
    .await;
    assert_eq!(answer.0, "implicitDeny");
    let limited = allow("s3:*", "*");
    let answer = decide(json!({
        "PolicySourceArn": arn, "ActionNames": ["ecs:RunTask"],
        "PermissionsBoundaryPolicyInputList": [limited],
    }))
    .await;
    assert_eq!(answer.0, "implicitDeny");

    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    let answer = decide(json!({
        "PolicySourceArn": "arn:aws:iam::123456789012:role/app", "ActionNames": ["ecs:RunTask"],
        "PolicyInputList": [allow("ecs:*", "*")],
    }))
    .await;
    assert_eq!(
        answer,
        ("allowed".to_owned(), vec!["PolicyInputList.1".to_owned()])
    );
    let keys = call!(w, root, GetContextKeysForPrincipalPolicy, {
        "PolicySourceArn": arn, "PolicyInputList": [CLI],
    })
    .unwrap();
    assert_eq!(keys.context_key_names.unwrap(), ["aws:CurrentTime"]);
}

#[tokio::test]
async fn who_may_simulate_and_what_is_refused() {
    let w = world();
    let root = w.root();
    refused!(
        call!(w, root, SimulatePrincipalPolicy, {
            "PolicySourceArn": "arn:aws:iam::123456789012:root", "ActionNames": ["ecs:RunTask"],
        }),
        400,
        "InvalidInput: Invalid Entity Arn: arn:aws:iam::123456789012:root does not clearly \
         define entity type and name."
    );
    refused!(
        call!(w, root, SimulatePrincipalPolicy, {
            "PolicySourceArn": "arn:aws:iam::123456789012:user/none",
            "ActionNames": ["ecs:RunTask"],
        }),
        404,
        "NoSuchEntity: The user with name none cannot be found."
    );
    let bob = w
        .user(
            "bob",
            Some(&allow(
                "iam:SimulatePrincipalPolicy",
                "arn:aws:iam::123456789012:user/bob",
            )),
        )
        .await
        .unwrap();
    call!(w, bob, SimulatePrincipalPolicy, {
        "PolicySourceArn": bob.arn, "ActionNames": ["ecs:RunTask"],
    })
    .unwrap();
    refused!(
        call!(w, bob, SimulatePrincipalPolicy, {
            "PolicySourceArn": "arn:aws:iam::123456789012:user/alice",
            "ActionNames": ["ecs:RunTask"],
        }),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: \
         iam:SimulatePrincipalPolicy on resource: arn:aws:iam::123456789012:user/alice because no \
         identity-based policy allows the iam:SimulatePrincipalPolicy action"
    );
}

#[tokio::test]
async fn groups_count_for_their_users_and_many_resources_make_short_pages() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "alice"}).unwrap();
    call!(w, root, CreateGroup, {"GroupName": "devs"}).unwrap();
    call!(w, root, PutGroupPolicy, {
        "GroupName": "devs", "PolicyName": "ecs", "PolicyDocument": allow("ecs:*", "*"),
    })
    .unwrap();
    call!(w, root, AddUserToGroup, {"GroupName": "devs", "UserName": "alice"}).unwrap();
    for source in ["user/alice", "group/devs"] {
        let out = call!(w, root, SimulatePrincipalPolicy, {
            "PolicySourceArn": format!("arn:aws:iam::123456789012:{source}"),
            "ActionNames": ["ecs:RunTask"],
        })
        .unwrap();
        let result = &out.evaluation_results.unwrap()[0];
        assert_eq!(result.eval_decision.as_deref(), Some("allowed"), "{source}");
        let matched = &result.matched_statements.as_ref().unwrap()[0];
        assert_eq!(matched.source_policy_id.as_deref(), Some("group_devs_ecs"));
    }
    let resources: Vec<String> = (0..6_000).map(|n| format!("arn:aws:s3:::b/{n}")).collect();
    let out = call!(w, root, SimulateCustomPolicy, {
        "PolicyInputList": [allow("s3:*", "*")], "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": resources,
    })
    .unwrap();
    assert_eq!(out.is_truncated, Some(true));
    let results = out.evaluation_results.unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(
        results[0].resource_specific_results.as_ref().unwrap().len(),
        6_000
    );
}

#[tokio::test]
async fn levels_of_service_control_policies_must_all_allow() {
    let w = world();
    let root = w.root();
    let all = allow("*", "*");
    for (level, decision, organization) in [
        (allow("*", "*"), "allowed", true),
        (allow("sqs:*", "*"), "implicitDeny", false),
    ] {
        let out = call!(w, root, SimulateCustomPolicy, {
            "PolicyInputList": [all], "ActionNames": ["ecs:RunTask"],
            "OrderedOrganizationPolicyInputList": [
                {"ServiceControlPolicyInputList": [all]},
                {"ServiceControlPolicyInputList": [level]},
            ],
        })
        .unwrap();
        let result = &out.evaluation_results.unwrap()[0];
        assert_eq!(result.eval_decision.as_deref(), Some(decision));
        let detail = result.organizations_decision_detail.as_ref().unwrap();
        assert_eq!(detail.allowed_by_organizations, Some(organization));
    }
}

#[tokio::test]
async fn across_accounts_each_kind_of_policy_is_told_of() {
    let w = world();
    let root = w.root();
    let bob = "arn:aws:iam::123456789012:user/Bob";
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": bob}, "Action": "s3:GetObject", "Resource": "*"}]});
    let other = "arn:aws:iam::999999999999:root";
    let mut input = json!({
        "PolicyInputList": [allow("s3:*", "*")], "ActionNames": ["s3:GetObject"],
        "ResourceArns": ["arn:aws:s3:::box/a"], "ResourcePolicy": policy.to_string(),
        "CallerArn": bob, "ResourceOwner": other,
        "PermissionsBoundaryPolicyInputList": [allow("s3:List*", "*")],
    });
    let simulate = async |input: &serde_json::Value| {
        let out = w
            .call::<rolecall_api::iam::SimulateCustomPolicy>(&root, input.clone())
            .await;
        out.unwrap().evaluation_results.unwrap().remove(0)
    };
    let result = simulate(&input).await;
    assert_eq!(result.eval_decision.as_deref(), Some("implicitDeny"));
    let wanted = [
        ("IAM Policy", "allowed"),
        ("Permissions Boundary Policy", "implicitDeny"),
        ("Resource Policy", "allowed"),
    ];
    let told = |details: &Option<std::collections::BTreeMap<String, String>>| {
        let details = details.iter().flatten();
        details
            .map(|(name, word)| (name.clone(), word.clone()))
            .collect::<Vec<_>>()
    };
    let wanted = wanted.map(|(name, word)| (name.to_owned(), word.to_owned()));
    assert_eq!(told(&result.eval_decision_details), wanted);
    let one = &result.resource_specific_results.unwrap()[0];
    assert_eq!(told(&one.eval_decision_details), wanted);
    // Where a policy of the organization does not allow, nothing else is looked at.
    let levels = json!([{ "ServiceControlPolicyInputList": [allow("ecs:*", "*")] }]);
    let members = input.as_object_mut().unwrap();
    members.insert("OrderedOrganizationPolicyInputList".to_owned(), levels);
    let result = simulate(&input).await;
    assert_eq!(result.eval_decision.as_deref(), Some("implicitDeny"));
    assert_eq!(result.eval_decision_details, None);
    let one = &result.resource_specific_results.unwrap()[0];
    assert_eq!(one.eval_decision_details, None);
}

#[tokio::test]
async fn context_entries_have_types_and_decide_as_such() {
    let w = world();
    let root = w.root();
    for (operator, kind, wanted, given, decision) in [
        ("NumericLessThan", "numeric", "10", "9.5", "allowed"),
        ("NumericLessThan", "numeric", "10", "11", "implicitDeny"),
        ("Bool", "boolean", "true", "True", "allowed"),
        ("IpAddress", "ip", "192.0.2.0/24", "192.0.2.7", "allowed"),
        (
            "IpAddress",
            "ip",
            "192.0.2.0/24",
            "192.0.3.7",
            "implicitDeny",
        ),
        (
            "DateLessThan",
            "date",
            "2026-01-01T00:00:00Z",
            "1767225599",
            "allowed",
        ),
        (
            "DateLessThan",
            "date",
            "2026-01-01T00:00:00Z",
            "2026-01-01",
            "implicitDeny",
        ),
        ("BinaryEquals", "binary", "QQ==", "QQ==", "allowed"),
        (
            "ForAnyValue:StringEquals",
            "stringList",
            "b",
            "b",
            "allowed",
        ),
        (
            "ForAllValues:NumericEquals",
            "numericList",
            "3",
            "3.0",
            "allowed",
        ),
    ] {
        let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "s3:*", "Resource": "*", "Condition": {operator: {"s3:key": wanted}}}});
        let out = call!(w, root, SimulateCustomPolicy, {
            "PolicyInputList": [policy.to_string()], "ActionNames": ["s3:GetObject"],
            "ContextEntries": [{"ContextKeyName": "s3:key", "ContextKeyType": kind,
                "ContextKeyValues": [given]}],
        })
        .unwrap();
        let result = &out.evaluation_results.unwrap()[0];
        let got = result.eval_decision.as_deref();
        assert_eq!(got, Some(decision), "{operator} {wanted} {given}");
    }
    refused!(
        call!(w, root, SimulateCustomPolicy, {
            "PolicyInputList": [allow("s3:*", "*")], "ActionNames": ["s3:GetObject"],
            "ContextEntries": [{"ContextKeyName": "s3:key", "ContextKeyType": "numeric",
                "ContextKeyValues": ["nine"]}],
        }),
        400,
        "InvalidInput: The value nine of the context key s3:key is not of type numeric."
    );
    refused!(
        call!(w, root, SimulateCustomPolicy, {
            "PolicyInputList": [allow("s3:*", "*")], "ActionNames": ["s3:GetObject"],
            "ContextEntries": [{"ContextKeyName": "s3:key", "ContextKeyType": "string",
                "ContextKeyValues": ["a", "b"]}],
        }),
        400,
        "InvalidInput: The context key s3:key of type string takes one value only."
    );
}

#[tokio::test]
async fn statements_are_placed_in_a_list_as_aws_answered() {
    let w = world();
    let root = w.root();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}"#;
    let out = call!(w, root, SimulateCustomPolicy, {
        "PolicyInputList": [policy], "ActionNames": ["s3:GetObject", "ecs:RunTask"],
    })
    .unwrap();
    let results = out.evaluation_results.unwrap();
    let place = |n: usize| {
        let matched = &results[n].matched_statements.as_ref().unwrap()[0];
        assert_eq!(matched.source_policy_type.as_deref(), Some("IAM Policy"));
        let of = |p: &Option<rolecall_api::iam::Position>| p.as_ref().and_then(|p| p.column);
        (of(&matched.start_position), of(&matched.end_position))
    };
    assert_eq!(place(0), (Some(38), Some(95)));
    assert_eq!(place(1), (Some(96), Some(146)));
}
