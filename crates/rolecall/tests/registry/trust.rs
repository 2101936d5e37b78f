//! Roles, those whom they trust, and the principals that exist only inside Rolecall.

use rolecall_api::{Value, ecs, sts};
use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_op::{Access, Transport};
use serde_json::{Value as Json, json};

use crate::house::{Folder, House, WALKER_KEY, input, service};
use crate::policies::document;
use crate::walk::steps;

const ROLE: &str = "arn:aws:iam::123456789012:role/app";
const DENIED: &str = "User: arn:aws:iam::123456789012:user/walker is not authorized to perform: \
                      sts:AssumeRole on resource: arn:aws:iam::123456789012:role/app";

/// A house with the role `app` and this trust policy.
async fn with_role(folder: &Folder, statements: &[Json]) -> House {
    let house = House::new(folder).await;
    let trust = json!({ "Version": "2012-10-17", "Statement": statements });
    let role = json!({ "RoleName": "app", "AssumeRolePolicyDocument": trust });
    let root = house.world.root();
    house
        .world
        .call::<rolecall_api::iam::CreateRole>(&root, role)
        .await
        .unwrap();
    house
}

fn trusting(principal: &Json) -> Json {
    json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" })
}

async fn assume(house: &House) -> Result<Value, AwsError> {
    let sts = service("sts");
    let json = json!({ "RoleArn": ROLE, "RoleSessionName": "session" }).to_string();
    house
        .call(
            WALKER_KEY,
            sts,
            "AssumeRole",
            &input(sts, "AssumeRole", &json),
        )
        .await
}

#[tokio::test]
async fn the_trust_policy_decides_and_a_refusal_does_not_say_whether_there_is_a_role() {
    let folder = Folder::new().await;
    let walker = json!({ "AWS": "arn:aws:iam::123456789012:user/walker" });
    let account = json!({ "AWS": "123456789012" });
    let tasks = json!({ "Service": "ecs-tasks.amazonaws.com" });
    let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let everything = document(&[everything]);
    // Whom the role trusts, what the user's own policy is, whether it is given.
    let cases: &[(Option<&Json>, Option<&str>, bool)] = &[
        (Some(&walker), None, true),
        (Some(&account), None, false),
        (Some(&account), Some(&everything), true),
        (Some(&tasks), Some(&everything), false),
        (None, Some(&everything), false),
        (None, None, false),
    ];
    for (principal, own, given) in cases {
        let house = match principal {
            Some(principal) => with_role(&folder, &[trusting(principal)]).await,
            None => House::new(&folder).await,
        };
        house.policy(*own).await;
        match assume(&house).await {
            Ok(_) => assert!(given, "{principal:?} {own:?}"),
            Err(error) => {
                assert!(!given, "{principal:?} {own:?}: {error}");
                let got = (&*error.code, error.status, &*error.message);
                assert_eq!(got, ("AccessDenied", 403, DENIED), "{principal:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_deny_on_either_side_is_stronger() {
    let folder = Folder::new().await;
    let walker = json!({ "AWS": "arn:aws:iam::123456789012:user/walker" });
    let mut deny = trusting(&walker);
    deny["Effect"] = json!("Deny");
    let house = with_role(&folder, &[trusting(&walker), deny]).await;
    let error = assume(&house).await.unwrap_err();
    assert_eq!((&*error.code, error.status), ("AccessDenied", 403));
    assert!(error.message.starts_with(DENIED), "{}", error.message);

    let house = with_role(&folder, &[trusting(&walker)]).await;
    assume(&house).await.unwrap();
    let own = json!({ "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": ROLE });
    house.policy(Some(&document(&[own]))).await;
    let error = assume(&house).await.unwrap_err();
    assert_eq!((&*error.code, error.status), ("AccessDenied", 403));
    assert!(error.message.starts_with(DENIED), "{}", error.message);
}

/// The actions of all examples that `caller` may do.
async fn allowed(house: &House, caller: &Caller) -> Vec<&'static str> {
    let pipeline = &house.world.pipeline;
    let region = pipeline.settings().region.clone();
    let transport = Transport {
        source_ip: None,
        secure: true,
        user_agent: None,
    };
    let info = pipeline.request(caller.clone(), region, transport);
    let mut actions = Vec::new();
    for step in steps() {
        match house.declared(&step.built, caller, &step.input) {
            Ok(Access::Checks(checks)) => {
                let names: Vec<_> = checks.iter().map(|check| check.action).collect();
                if pipeline.permit(&info, checks).is_ok() {
                    actions.extend(names);
                }
            }
            Ok(Access::AnySignedCaller) => {}
            Err(error) => panic!("{}: {error}", step.what),
        }
    }
    actions.sort_unstable();
    actions.dedup();
    actions
}

#[tokio::test]
async fn a_service_may_assume_the_roles_that_trust_it_and_nothing_else() {
    let folder = Folder::new().await;
    let tasks = json!({ "Service": "ecs-tasks.amazonaws.com" });
    let house = with_role(&folder, &[trusting(&tasks)]).await;
    let of_tasks = house.world.service("ecs-tasks.amazonaws.com", None);
    let of_events = house.world.service("events.amazonaws.com", None);
    assert_eq!(allowed(&house, &of_tasks).await, ["sts:AssumeRole"]);
    assert!(allowed(&house, &of_events).await.is_empty());
    let call = json!({ "RoleArn": ROLE, "RoleSessionName": "task" });
    let given = house
        .world
        .call::<sts::AssumeRole>(&of_tasks, call.clone())
        .await
        .unwrap();
    assert!(given.credentials.is_some());
    let error = house
        .world
        .call::<sts::AssumeRole>(&of_events, call)
        .await
        .unwrap_err();
    assert_eq!((&*error.code, error.status), ("AccessDenied", 403));
    let error = house
        .world
        .call::<ecs::ListClusters>(&of_tasks, json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
}

#[tokio::test]
async fn the_agent_of_fargate_may_do_what_an_instances_agent_may() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let agent = Caller::fargate_agent(house.world.account.clone(), "host");
    for action in allowed(&house, &agent).await {
        let (service, name) = action.split_once(':').unwrap();
        let of_agents = match service {
            "ecs" => name.starts_with("Submit") || name == "CreateCluster" || name == "TagResource",
            "ecr" => name.starts_with("Batch") || name.starts_with("Get"),
            "logs" => matches!(name, "CreateLogStream" | "PutLogEvents"),
            _ => false,
        };
        assert!(of_agents, "{action}");
    }
}

#[tokio::test]
async fn nobody_else_than_aws_says_so_is_let_through_without_a_signature() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let mut anonymous = house.world.root();
    anonymous.kind = rolecall_identity::CallerKind::Anonymous;
    assert!(allowed(&house, &anonymous).await.is_empty());
    let answer = house
        .world
        .call::<sts::GetCallerIdentity>(&anonymous, json!({}))
        .await;
    assert_eq!(answer.unwrap_err().code, "AccessDenied");
    let of = |s: &'static rolecall_api::Service| {
        s.operations.iter().filter(|o| o.unsigned).map(|o| o.name)
    };
    let unsigned: Vec<_> = rolecall_api::SERVICES
        .iter()
        .copied()
        .flat_map(of)
        .collect();
    for name in unsigned {
        assert!(
            ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"].contains(&name),
            "{name} is not built to be called by anybody"
        );
    }
}
