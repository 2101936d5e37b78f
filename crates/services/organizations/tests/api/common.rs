//! What the tests of organizations share.

use std::sync::Arc;

use rolecall_api::{organizations as api, sts};
use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_op::{Ports, Registry};
use rolecall_record::{History, Reader, Recorded, Recorder};
use rolecall_testkit::World;
use serde_json::json;

/// Calls an operation of a service with a JSON input as a caller.
macro_rules! call {
    ($world:expr, $caller:expr, $service:ident::$op:ident, $($input:tt)+) => {
        $world
            .call::<rolecall_api::$service::$op>(&$caller, serde_json::json!($($input)+))
            .await
    };
}

/// Asserts that a call is refused with `CODE: MESSAGE`.
macro_rules! refused {
    ($answer:expr, $text:expr) => {{
        let error = $answer.map(drop).unwrap_err();
        assert_eq!(error.to_string(), String::from($text));
    }};
}

pub(crate) use {call, refused};

/// The id of the organization of account 123456789012.
pub(crate) fn organization_id() -> String {
    let account = rolecall_base::AccountId::new("123456789012").unwrap();
    rolecall_identity::organization::Organization::id_of(&account)
}

/// The operations of organizations, iam, sts, ecs and ecr.
fn registry() -> Registry {
    let registry = rolecall_iam::register(rolecall_organizations::register(Registry::default()));
    let registry = rolecall_ecs::register(rolecall_sts::register(registry));
    rolecall_ecr::register(registry)
}

/// An account with the operations of organizations, iam, sts, ecs and ecr.
pub(crate) async fn world() -> World {
    let world = World::new(registry()).unwrap();
    world.with_account().await.unwrap()
}

/// A world with an organization, the id of its root, and both types of policy enabled.
pub(crate) async fn organized() -> (World, String) {
    organize(world().await).await
}

/// [`organized`], with a record of the calls in a folder.
pub(crate) async fn recorded() -> (World, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(folder.path(), 0).unwrap();
    let history = Recorded::new(recorder.clone(), Reader::new(folder.path()));
    let ports = Ports::default().with::<dyn History>(Arc::new(history));
    let world = World::recorded(registry(), ports, Some(recorder)).unwrap();
    let (world, root) = organize(world.with_account().await.unwrap()).await;
    (world, root, folder)
}

async fn organize(w: World) -> (World, String) {
    call!(w, w.root(), organizations::CreateOrganization, {}).unwrap();
    let roots = call!(w, w.root(), organizations::ListRoots, {}).unwrap();
    let root = roots.roots.unwrap().remove(0).id.unwrap();
    for kind in ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"] {
        let input = json!({ "RootId": root, "PolicyType": kind });
        w.call::<api::EnablePolicyType>(&w.root(), input)
            .await
            .unwrap();
    }
    (w, root)
}

/// A new unit below `parent`.
pub(crate) async fn unit(w: &World, parent: &str, name: &str) -> String {
    let input = json!({ "ParentId": parent, "Name": name });
    let made = w
        .call::<api::CreateOrganizationalUnit>(&w.root(), input)
        .await;
    made.unwrap().organizational_unit.unwrap().id.unwrap()
}

/// A new member account named `name`.
pub(crate) async fn member(w: &World, name: &str) -> String {
    let input = json!({ "AccountName": name, "Email": format!("{name}@example.com") });
    let made = w.call::<api::CreateAccount>(&w.root(), input).await;
    let status = made.unwrap().create_account_status.unwrap();
    assert_eq!(status.state.as_deref(), Some("IN_PROGRESS"));
    let input = json!({ "CreateAccountRequestId": status.id });
    let over = w
        .call::<api::DescribeCreateAccountStatus>(&w.root(), input)
        .await;
    let status = over.unwrap().create_account_status.unwrap();
    assert_eq!(status.state.as_deref(), Some("SUCCEEDED"));
    status.account_id.unwrap()
}

/// A session of the access role of a member, assumed by a user of the management account.
pub(crate) async fn administrator(w: &World, account: &str) -> Result<Caller, AwsError> {
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let ann = w.user("ann", Some(all)).await?;
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let input = json!({ "RoleArn": role, "RoleSessionName": "ann" });
    let given = w.call::<sts::AssumeRole>(&ann, input).await?;
    let token = given.credentials.and_then(|c| c.session_token);
    w.of_token(&token.unwrap_or_default())
}

/// A new policy of one statement that is attached to `target`; its id.
pub(crate) async fn attached(
    w: &World,
    kind: &str,
    target: &str,
    statement: serde_json::Value,
) -> String {
    let content = json!({ "Version": "2012-10-17", "Statement": statement });
    let name = format!("for {target} {content}");
    let input = json!({
        "Name": name.chars().take(100).collect::<String>(), "Description": "",
        "Type": kind, "Content": content.to_string(),
    });
    let made = w.call::<api::CreatePolicy>(&w.root(), input).await.unwrap();
    let id = made.policy.unwrap().policy_summary.unwrap().id.unwrap();
    let input = json!({ "PolicyId": id, "TargetId": target });
    w.call::<api::AttachPolicy>(&w.root(), input).await.unwrap();
    id
}

/// Detaches a policy.
pub(crate) async fn detach(w: &World, policy: &str, target: &str) -> Result<(), AwsError> {
    let input = json!({ "PolicyId": policy, "TargetId": target });
    w.call::<api::DetachPolicy>(&w.root(), input)
        .await
        .map(drop)
}
