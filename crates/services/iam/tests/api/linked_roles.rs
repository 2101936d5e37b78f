//! Service-linked roles, and the account's summary.

use crate::common::{call, refused, world};

#[tokio::test]
async fn the_role_of_ecs_is_made_once_and_only_its_own_operation_deletes_it() {
    let w = world();
    let root = w.root();
    refused!(
        call!(w, root, CreateServiceLinkedRole, {
            "AWSServiceName": "ecs.amazonaws.com", "CustomSuffix": "x",
        }),
        400,
        "InvalidInput: Custom suffix is not allowed for ecs.amazonaws.com"
    );
    let made = call!(w, root, CreateServiceLinkedRole, {"AWSServiceName": "ecs.amazonaws.com"})
        .unwrap()
        .role
        .unwrap();
    assert_eq!(
        made.arn.as_deref(),
        Some(
            "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/\
             AWSServiceRoleForECS"
        )
    );
    refused!(
        call!(w, root, CreateServiceLinkedRole, {"AWSServiceName": "ecs.amazonaws.com"}),
        400,
        "InvalidInput: Service role name AWSServiceRoleForECS has been taken in this account, \
         please try a different suffix."
    );
    let name = "AWSServiceRoleForECS";
    let protected = "UnmodifiableEntity: Cannot perform the operation on the protected role \
                     'AWSServiceRoleForECS' - this role is only modifiable by AWS";
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy";
    refused!(
        call!(w, root, DeleteRole, {"RoleName": name}),
        400,
        protected
    );
    refused!(
        call!(w, root, DetachRolePolicy, {"RoleName": name, "PolicyArn": policy}),
        400,
        protected
    );
    refused!(
        call!(w, root, TagRole, {"RoleName": name, "Tags": [{"Key": "a", "Value": "b"}]}),
        400,
        protected
    );
    let attached = call!(w, root, ListAttachedRolePolicies, {"RoleName": name}).unwrap();
    let attached = attached.attached_policies.unwrap();
    assert_eq!(attached[0].policy_arn.as_deref(), Some(policy));

    let task = call!(w, root, DeleteServiceLinkedRole, {"RoleName": name}).unwrap();
    let task = task.deletion_task_id.unwrap();
    let begins = "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/";
    assert!(task.starts_with(begins), "{task}");
    let status = call!(w, root, GetServiceLinkedRoleDeletionStatus, {"DeletionTaskId": task});
    assert_eq!(status.unwrap().status.as_deref(), Some("SUCCEEDED"));
    refused!(
        call!(w, root, GetRole, {"RoleName": name}),
        404,
        "NoSuchEntity: The role with name AWSServiceRoleForECS cannot be found."
    );
}

#[tokio::test]
async fn the_summary_counts_what_there_is() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    let summary = call!(w, root, GetAccountSummary, {})
        .unwrap()
        .summary_map
        .unwrap();
    assert_eq!(summary.get("Users"), Some(&1));
    assert_eq!(summary.get("RolesQuota"), Some(&1_000));
    assert_eq!(summary.get("AccountMFAEnabled"), Some(&0));
}
