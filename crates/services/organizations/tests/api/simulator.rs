//! What iam's simulator says of the organization's policies.

use rolecall_api::iam::EvaluationResult;
use rolecall_identity::Caller;
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{administrator, attached, call, detach, member, organized, world};

const SCP: &str = "SERVICE_CONTROL_POLICY";

/// `ecs:RunTask` by the user `ann`, who may do everything, of the caller's account.
async fn simulate(w: &World, caller: &Caller, more: Value) -> EvaluationResult {
    let mut input = json!({
        "PolicySourceArn": format!("arn:aws:iam::{}:user/ann", caller.account),
        "ActionNames": ["ecs:RunTask"],
    });
    let members = input.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    let out = w.call::<rolecall_api::iam::SimulatePrincipalPolicy>(caller, input);
    out.await.unwrap().evaluation_results.unwrap().remove(0)
}

/// The decision, and what is said of the organization.
fn told(result: &EvaluationResult) -> (&str, Option<bool>) {
    let detail = result.organizations_decision_detail.as_ref();
    let allowed = detail.and_then(|detail| detail.allowed_by_organizations);
    (result.eval_decision.as_deref().unwrap(), allowed)
}

async fn ann(w: &World, caller: &Caller) {
    call!(w, *caller, iam::CreateUser, { "UserName": "ann" }).unwrap();
    call!(w, *caller, iam::AttachUserPolicy, {
        "UserName": "ann", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    })
    .unwrap();
}

#[tokio::test]
async fn policies_of_the_account_and_above_it_are_simulated() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    ann(&w, &admin).await;
    let plain = async || simulate(&w, &admin, json!({})).await;
    assert_eq!(told(&plain().await), ("allowed", Some(true)));
    let deny = json!({ "Effect": "Deny", "Action": "ecs:Run*", "Resource": "*" });
    let policy = attached(&w, SCP, &root, deny).await;
    let result = plain().await;
    assert_eq!(told(&result), ("explicitDeny", Some(false)));
    // Statements of the organization's policies are not shown.
    assert_eq!(result.matched_statements, Some(Vec::new()));
    let without = json!({ "PolicyExclusionList": [{ "PolicyType": "scp" }] });
    assert_eq!(
        told(&simulate(&w, &admin, without).await),
        ("allowed", None)
    );
    detach(&w, &policy, &root).await.unwrap();
    let some = json!({ "Effect": "Allow", "Action": "iam:*", "Resource": "*" });
    attached(&w, SCP, &account, some).await;
    detach(&w, "p-FullAWSAccess", &account).await.unwrap();
    assert_eq!(told(&plain().await), ("implicitDeny", Some(false)));
    // The management account is in the organization and limited by none of it.
    assert_eq!(
        told(&simulate(&w, &w.root(), json!({})).await),
        ("allowed", Some(true))
    );
}

#[tokio::test]
async fn conditions_and_resources_of_these_policies_count() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    ann(&w, &admin).await;
    let deny = json!({ "Effect": "Deny", "Action": "ecs:RunTask",
        "Resource": "arn:aws:ecs:*:*:task-definition/web:*",
        "Condition": { "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } } });
    attached(&w, SCP, &account, deny).await;
    let arn = |name: &str| format!("arn:aws:ecs:eu-west-1:{account}:task-definition/{name}:1");
    let resources = json!([arn("web"), arn("db")]);
    let result = simulate(&w, &admin, json!({ "ResourceArns": resources })).await;
    assert_eq!(told(&result), ("explicitDeny", Some(false)));
    // Keys of these policies are not reported as missing.
    assert_eq!(result.missing_context_values, Some(Vec::new()));
    let each: Vec<String> = result
        .resource_specific_results
        .into_iter()
        .flatten()
        .filter_map(|one| one.eval_resource_decision)
        .collect();
    assert_eq!(each, ["explicitDeny", "allowed"]);
    let here = json!([{ "ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string",
        "ContextKeyValues": ["eu-west-1"] }]);
    let more = json!({ "ResourceArns": resources, "ContextEntries": here });
    assert_eq!(
        told(&simulate(&w, &admin, more).await),
        ("allowed", Some(true))
    );
}

#[tokio::test]
async fn resource_control_policies_are_not_simulated() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    ann(&w, &admin).await;
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*" });
    attached(&w, "RESOURCE_CONTROL_POLICY", &account, deny).await;
    let pull = json!({ "ActionNames": ["ecr:BatchGetImage"],
        "ResourceArns": [format!("arn:aws:ecr:us-east-1:{account}:repository/app")] });
    assert_eq!(
        told(&simulate(&w, &admin, pull).await),
        ("allowed", Some(true))
    );
    let without = json!({ "PolicyExclusionList": [{ "PolicyType": "rcp" }] });
    assert_eq!(
        told(&simulate(&w, &admin, without).await),
        ("allowed", Some(true))
    );
}

#[tokio::test]
async fn without_an_organization_nothing_is_said_of_one() {
    let w = world().await;
    ann(&w, &w.root()).await;
    assert_eq!(
        told(&simulate(&w, &w.root(), json!({})).await),
        ("allowed", None)
    );
}
