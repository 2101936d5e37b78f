//! Mistakes in the policies of an organization.

use rolecall_api::{organizations, sts};
use rolecall_identity::Caller;
use serde_json::{Value, json};

use crate::lab::{Call, Lab, changed, document, only};

/// An administrator of a member account whose organization has service control policies, and the
/// member's id.
async fn member(lab: &Lab) -> (Caller, String) {
    lab.root::<organizations::CreateOrganization>(json!({}))
        .await;
    let roots = lab.root::<organizations::ListRoots>(json!({})).await;
    let root = roots.roots.unwrap().remove(0).id.unwrap();
    let input = json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"});
    lab.root::<organizations::EnablePolicyType>(input).await;
    let input = json!({"AccountName": "member", "Email": "member@example.com"});
    let made = lab.root::<organizations::CreateAccount>(input).await;
    let input = json!({"CreateAccountRequestId": made.create_account_status.unwrap().id});
    let over = lab
        .root::<organizations::DescribeCreateAccountStatus>(input)
        .await;
    let account = over.create_account_status.unwrap().account_id.unwrap();
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let ann = lab
        .world
        .user("ann", Some(&document(&everything)))
        .await
        .unwrap();
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let input = json!({"RoleArn": role, "RoleSessionName": "ann"});
    let given = lab
        .world
        .call::<sts::AssumeRole>(&ann, input)
        .await
        .unwrap();
    let token = given.credentials.unwrap().session_token.unwrap();
    (lab.world.of_token(&token).unwrap(), account)
}

/// A service control policy on the account; its id.
async fn attached(lab: &Lab, account: &str, statements: &Value) -> String {
    let input = json!({"Name": "limit", "Description": "", "Type": "SERVICE_CONTROL_POLICY",
        "Content": document(statements)});
    let made = lab.root::<organizations::CreatePolicy>(input).await;
    let id = made.policy.unwrap().policy_summary.unwrap().id.unwrap();
    let input = json!({"PolicyId": id, "TargetId": account});
    lab.root::<organizations::AttachPolicy>(input).await;
    id
}

async fn updated(lab: &Lab, policy: &str, statements: &Value) {
    let input = json!({"PolicyId": policy, "Content": document(statements)});
    lab.root::<organizations::UpdatePolicy>(input).await;
}

#[tokio::test]
async fn a_service_control_policy_that_denies() {
    let lab = Lab::new().await;
    let (caller, account) = member(&lab).await;
    let statements =
        json!([{"Sid": "NoEcs", "Effect": "Deny", "Action": "ecs:*", "Resource": "*"}]);
    let policy = attached(&lab, &account, &statements).await;
    let outcome = lab.call(&caller, Call::ListClusters).await;
    let causes = [
        "statement 0 (NoEcs) of the service control policy",
        "denies it",
    ];
    let denied = lab.denied(outcome, &causes).await;
    let fix = only(&denied);
    assert_eq!(fix.layer, "service control policy");
    updated(&lab, &policy, &changed(&statements, fix)).await;
    lab.call(&caller, Call::ListClusters).await.unwrap();
}

#[tokio::test]
async fn a_service_control_policy_that_does_not_allow() {
    let lab = Lab::new().await;
    let (caller, account) = member(&lab).await;
    let statements = json!([{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]);
    let policy = attached(&lab, &account, &statements).await;
    let input = json!({"PolicyId": "p-FullAWSAccess", "TargetId": account});
    lab.root::<organizations::DetachPolicy>(input).await;
    let outcome = lab.call(&caller, Call::ListClusters).await;
    let causes = [
        "no service control policy allows it",
        "add to a service control policy at",
    ];
    let denied = lab.denied(outcome, &causes).await;
    updated(&lab, &policy, &changed(&statements, only(&denied))).await;
    lab.call(&caller, Call::ListClusters).await.unwrap();
}

/// Not a policy to mend: the session is for something else.
#[tokio::test]
async fn a_privileged_session_of_root_for_another_task() {
    let lab = Lab::new().await;
    let (_, account) = member(&lab).await;
    let iam = json!({"ServicePrincipal": "iam.amazonaws.com"});
    lab.root::<organizations::EnableAWSServiceAccess>(iam).await;
    lab.root::<rolecall_api::iam::EnableOrganizationsRootCredentialsManagement>(json!({}))
        .await;
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let ann = lab
        .world
        .user("ann", Some(&document(&everything)))
        .await
        .unwrap();
    let task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    let input = json!({"TargetPrincipal": account, "TaskPolicyArn": {"arn": task}});
    let given = lab.world.call::<sts::AssumeRoot>(&ann, input).await;
    let token = given.unwrap().credentials.unwrap().session_token.unwrap();
    let root = lab.world.of_token(&token).unwrap();
    let outcome = lab.call(&root, Call::ListClusters).await;
    let causes = [task, "another task takes another session of AssumeRoot"];
    let (denied, _) = lab.told(outcome, &causes).await;
    assert!(denied.fixes.is_empty());
}
