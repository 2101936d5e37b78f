//! The decision: what policies of the organization forbid, and whom.

use rolecall_identity::Caller;
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{
    administrator, attached, call, detach, member, organization_id, organized, refused, unit,
};

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

async fn create_cluster(w: &World, caller: &Caller) -> Result<(), rolecall_base::AwsError> {
    call!(w, caller, ecs::CreateCluster, { "clusterName": "web" }).map(drop)
}

fn denied(account: &str, action: &str, resource: &str, why: &str) -> String {
    format!(
        "AccessDeniedException: User: \
         arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/ann is not authorized \
         to perform: {action} on resource: {resource} {why}"
    )
}

fn cluster(account: &str) -> String {
    format!("arn:aws:ecs:us-east-1:{account}:cluster/web")
}

fn deny(action: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": "*" })
}

#[tokio::test]
async fn a_deny_on_a_unit_denies_the_accounts_in_it_and_nobody_else() {
    let (w, root) = organized().await;
    let (inside, outside) = (member(&w, "inside").await, member(&w, "outside").await);
    let unit = unit(&w, &root, "sandbox").await;
    call!(w, w.root(), organizations::MoveAccount, {
        "AccountId": inside, "SourceParentId": root, "DestinationParentId": unit,
    })
    .unwrap();
    let policy = attached(&w, SCP, &unit, deny("ecs:CreateCluster")).await;
    let (a, b) = (
        administrator(&w, &inside).await.unwrap(),
        administrator(&w, &outside).await.unwrap(),
    );
    let id = organization_id();
    let arn =
        format!("arn:aws:organizations::123456789012:policy/{id}/service_control_policy/{policy}");
    let why = format!("with an explicit deny in a service control policy: {arn}");
    let text = denied(&inside, "ecs:CreateCluster", &cluster(&inside), &why);
    refused!(create_cluster(&w, &a).await, text);
    create_cluster(&w, &b).await.unwrap();
    create_cluster(&w, &w.root()).await.unwrap();
    call!(w, a, ecs::ListClusters, {}).unwrap();
    let ann = w.user("ann", None).await.unwrap();
    let text = create_cluster(&w, &ann).await.unwrap_err().message;
    assert!(text.contains("no identity-based policy"), "{text}");
    // What a new content says holds at once.
    let content = json!({ "Version": "2012-10-17", "Statement": deny("ecs:DeleteCluster") });
    call!(w, w.root(), organizations::UpdatePolicy, {
        "PolicyId": policy, "Content": content.to_string(),
    })
    .unwrap();
    create_cluster(&w, &a).await.unwrap();
}

#[tokio::test]
async fn an_allow_is_needed_at_every_level() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let unit = unit(&w, &root, "sandbox").await;
    call!(w, w.root(), organizations::MoveAccount, {
        "AccountId": account, "SourceParentId": root, "DestinationParentId": unit,
    })
    .unwrap();
    let admin = administrator(&w, &account).await.unwrap();
    let why = "because no service control policy allows the ecs:CreateCluster action";
    let text = denied(&account, "ecs:CreateCluster", &cluster(&account), why);
    let only = json!({ "Effect": "Allow", "Action": "iam:*", "Resource": "*" });
    for level in [&root, &unit, &account] {
        let policy = attached(&w, SCP, level, only.clone()).await;
        create_cluster(&w, &admin).await.unwrap();
        detach(&w, "p-FullAWSAccess", level).await.unwrap();
        refused!(create_cluster(&w, &admin).await, text.clone());
        call!(w, admin, iam::ListRoles, {}).unwrap();
        call!(w, w.root(), organizations::AttachPolicy, {
            "PolicyId": "p-FullAWSAccess", "TargetId": level,
        })
        .unwrap();
        detach(&w, &policy, level).await.unwrap();
    }
    create_cluster(&w, &admin).await.unwrap();
}

#[tokio::test]
async fn the_management_account_and_service_linked_roles_are_not_limited() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    attached(&w, SCP, &root, deny("ecs:*")).await;
    attached(&w, SCP, &account, deny("sts:GetCallerIdentity")).await;
    create_cluster(&w, &w.root()).await.unwrap();
    let admin = administrator(&w, &account).await.unwrap();
    assert!(create_cluster(&w, &admin).await.is_err());
    // No policy has an effect on it.
    let who = call!(w, admin, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(who.account, Some(account.clone()));
    // The same once the account is out of the organization.
    call!(w, w.root(), organizations::RemoveAccountFromOrganization, { "AccountId": account })
        .unwrap();
    create_cluster(&w, &admin).await.unwrap();
}

#[tokio::test]
async fn a_resource_control_policy_limits_who_may_use_the_resources_of_a_member() {
    let (w, _) = organized().await;
    let (account, other) = (member(&w, "member").await, member(&w, "other").await);
    administrator(&w, &account).await.unwrap();
    let statement = json!({
        "Effect": "Deny", "Principal": "*", "Action": ["sts:*", "ecr:*"], "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:PrincipalAccount": account } },
    });
    let policy = attached(&w, RCP, &account, statement).await;
    let error = administrator(&w, &account).await.unwrap_err();
    assert_eq!(error.code, "AccessDenied");
    assert!(
        error
            .message
            .starts_with("User: arn:aws:iam::123456789012:user/ann")
    );
    administrator(&w, &other).await.unwrap();
    // Root of the management account is not limited in its own account.
    call!(w, w.root(), ecr::CreateRepository, { "repositoryName": "app" }).unwrap();
    detach(&w, &policy, &account).await.unwrap();
    let admin = administrator(&w, &account).await.unwrap();
    let all = json!({
        "Effect": "Deny", "Principal": "*", "Action": "ecr:CreateRepository", "Resource": "*",
    });
    let policy = attached(&w, RCP, &account, all).await;
    let id = organization_id();
    let why = format!(
        "with an explicit deny in a resource control policy: \
         arn:aws:organizations::123456789012:policy/{id}/resource_control_policy/{policy}"
    );
    let resource = format!("arn:aws:ecr:us-east-1:{account}:repository/app");
    refused!(
        call!(w, admin, ecr::CreateRepository, { "repositoryName": "app" }),
        denied(&account, "ecr:CreateRepository", &resource, &why)
    );
    create_cluster(&w, &admin).await.unwrap();
}

#[tokio::test]
async fn conditions_see_the_organization_of_the_caller_and_of_the_resource() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let unit = unit(&w, &root, "sandbox").await;
    call!(w, w.root(), organizations::MoveAccount, {
        "AccountId": account, "SourceParentId": root, "DestinationParentId": unit,
    })
    .unwrap();
    let admin = administrator(&w, &account).await.unwrap();
    let id = organization_id();
    let path = format!("{id}/{root}/{unit}/");
    let cases = [
        (
            json!({ "StringEquals": { "aws:PrincipalOrgID": id } }),
            true,
        ),
        (
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-other12345" } }),
            false,
        ),
        (json!({ "StringEquals": { "aws:ResourceOrgID": id } }), true),
        (
            json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": path } }),
            true,
        ),
        (
            json!({ "ForAnyValue:StringLike": { "aws:ResourceOrgPaths": format!("{id}/*") } }),
            true,
        ),
        (
            json!({ "ForAnyValue:StringEquals": { "aws:PrincipalOrgPaths": id } }),
            false,
        ),
        (
            json!({ "StringEquals": { "aws:ResourceAccount": account } }),
            true,
        ),
        (
            json!({ "Null": { "aws:SourceOrgID": "true", "aws:CalledVia": "true" } }),
            true,
        ),
        (json!({ "Bool": { "aws:ViaAWSService": "true" } }), false),
    ];
    for (condition, met) in cases {
        let mut statement = deny("ecs:CreateCluster");
        statement["Condition"] = condition.clone();
        let policy = attached(&w, SCP, &account, statement).await;
        assert_eq!(
            create_cluster(&w, &admin).await.is_err(),
            met,
            "{condition}"
        );
        detach(&w, &policy, &account).await.unwrap();
        call!(w, w.root(), organizations::DeletePolicy, { "PolicyId": policy }).unwrap();
    }
}

#[tokio::test]
async fn a_role_in_a_member_may_be_assumed_from_it_and_its_sessions_stay_in_it() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": account },
        },
    });
    call!(w, admin, iam::CreateRole, {
        "RoleName": "app", "AssumeRolePolicyDocument": trust,
    })
    .unwrap();
    let role = format!("arn:aws:iam::{account}:role/app");
    let given = call!(w, admin, sts::AssumeRole, { "RoleArn": role, "RoleSessionName": "app" });
    let token = given.unwrap().credentials.unwrap().session_token.unwrap();
    let app = w.of_token(&token).unwrap();
    assert_eq!(
        app.arn,
        format!("arn:aws:sts::{account}:assumed-role/app/app")
    );
    assert!(create_cluster(&w, &app).await.is_err());
    // Its clusters are its own.
    create_cluster(&w, &admin).await.unwrap();
    let own = call!(w, admin, ecs::ListClusters, {}).unwrap();
    assert_eq!(own.cluster_arns, Some(vec![cluster(&account)]));
    let none = call!(w, w.root(), ecs::ListClusters, {}).unwrap();
    assert_eq!(none.cluster_arns, Some(Vec::new()));
}

#[tokio::test]
async fn a_member_cannot_pass_a_role_of_another_account() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    w.role_session("strong", "session", None).await.unwrap();
    let definition = |role: &str| {
        json!({
            "family": "app", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": "256", "memory": "512", "taskRoleArn": role,
            "containerDefinitions": [{ "name": "app", "image": "busybox" }],
        })
    };
    type Register = rolecall_api::ecs::RegisterTaskDefinition;
    let foreign = "arn:aws:iam::123456789012:role/strong";
    let made = w.call::<Register>(&admin, definition(foreign)).await;
    refused!(
        made,
        "AccessDeniedException: Cross-account pass role is not allowed."
    );
    // Whatever an operation forgets, the ARN says whose the role is.
    let check = rolecall_op::AccessCheck::pass_role(foreign, "ecs-tasks.amazonaws.com");
    let region = w.pipeline.settings().region.clone();
    let info = w
        .pipeline
        .request(admin.clone(), region, rolecall_op::Transport::inside());
    let why = "because no resource-based policy allows the iam:PassRole action";
    refused!(
        w.pipeline.permit(&info, vec![check]),
        denied(&account, "iam:PassRole", foreign, why)
    );
    let own = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    w.call::<Register>(&admin, definition(&own)).await.unwrap();
}
