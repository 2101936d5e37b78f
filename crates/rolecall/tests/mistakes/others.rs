//! Mistakes in what limits or trusts the caller: trust policies, repository policies, boundaries
//! and session policies.

use rolecall_api::{ecr, iam, sts};
use serde_json::{Value, json};

use crate::lab::{Call, Lab, ROLE, changed, document, only};

fn trusts(principal: Value) -> Value {
    json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])
}

/// The trust policy is changed as proposed.
async fn trust_again(lab: &Lab, statements: &Value, fix: &rolecall::explain::Fix) {
    assert_eq!(fix.layer, "role trust policy");
    assert_eq!(fix.place, "the trust policy of the role web");
    let document = document(&changed(statements, fix));
    let input = json!({"RoleName": "web", "PolicyDocument": document});
    lab.root::<iam::UpdateAssumeRolePolicy>(input).await;
}

#[tokio::test]
async fn a_role_that_trusts_ecs_instead_of_ecs_tasks() {
    let lab = Lab::new().await;
    let statements = trusts(json!({"Service": "ecs.amazonaws.com"}));
    lab.role(&statements).await;
    let tasks = lab.world.service("ecs-tasks.amazonaws.com", None);
    let outcome = lab.call(&tasks, Call::AssumeRole).await;
    let causes = [
        "it names ecs.amazonaws.com, the caller is ecs-tasks.amazonaws.com",
        "Tasks' roles are assumed by ecs-tasks.amazonaws.com",
    ];
    let denied = lab.denied(outcome, &causes).await;
    trust_again(&lab, &statements, only(&denied)).await;
    lab.call(&tasks, Call::AssumeRole).await.unwrap();
}

#[tokio::test]
async fn a_role_that_trusts_somebody_else() {
    let lab = Lab::new().await;
    lab.world.user("ann", None).await.unwrap();
    let caller = lab.world.user("ci", None).await.unwrap();
    let statements = trusts(json!({"AWS": "arn:aws:iam::123456789012:user/ann"}));
    lab.role(&statements).await;
    let outcome = lab.call(&caller, Call::AssumeRole).await;
    let causes = ["names arn:aws:iam::123456789012:user/ann, the caller is \
                   arn:aws:iam::123456789012:user/ci"];
    let denied = lab.denied(outcome, &causes).await;
    trust_again(&lab, &statements, only(&denied)).await;
    lab.call(&caller, Call::AssumeRole).await.unwrap();
}

#[tokio::test]
async fn a_role_that_trusts_the_account_and_a_user_without_sts_assume_role() {
    let lab = Lab::new().await;
    let caller = lab.world.user("ci", None).await.unwrap();
    lab.role(&trusts(json!({"AWS": "arn:aws:iam::123456789012:root"})))
        .await;
    let outcome = lab.call(&caller, Call::AssumeRole).await;
    let denied = lab
        .denied(outcome, &["no identity-based policy allows it"])
        .await;
    let fix = only(&denied);
    assert_eq!(fix.place, "a policy of the user ci");
    let document = document(&json!([fix.statement]));
    let input = json!({"UserName": "ci", "PolicyName": "fix", "PolicyDocument": document});
    lab.root::<iam::PutUserPolicy>(input).await;
    lab.call(&caller, Call::AssumeRole).await.unwrap();
}

#[tokio::test]
async fn a_repository_whose_policy_denies() {
    let lab = Lab::new().await;
    let pull = json!([{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]);
    let caller = lab
        .world
        .role_session("task", "session", Some(&document(&pull)))
        .await
        .unwrap();
    let statements = json!([{"Sid": "NoPull", "Effect": "Deny", "Principal": "*",
        "Action": "ecr:BatchGetImage"}]);
    let set = async |statements: &Value| {
        let input = json!({"repositoryName": "web", "policyText": document(statements)});
        lab.root::<ecr::SetRepositoryPolicy>(input).await;
    };
    set(&statements).await;
    let outcome = lab.call(&caller, Call::BatchGetImage).await;
    let causes = [
        "statement 0 (NoPull) of the resource-based policy",
        "denies it",
    ];
    let denied = lab.denied(outcome, &causes).await;
    set(&changed(&statements, only(&denied))).await;
    lab.call(&caller, Call::BatchGetImage).await.unwrap();
}

#[tokio::test]
async fn a_boundary_that_does_not_go_so_far() {
    let lab = Lab::new().await;
    let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let caller = lab
        .world
        .user("ci", Some(&document(&everything)))
        .await
        .unwrap();
    let statements = json!([{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]);
    let input = json!({"PolicyName": "limit", "PolicyDocument": document(&statements)});
    lab.root::<iam::CreatePolicy>(input).await;
    let arn = "arn:aws:iam::123456789012:policy/limit";
    let input = json!({"UserName": "ci", "PermissionsBoundary": arn});
    lab.root::<iam::PutUserPermissionsBoundary>(input).await;
    let outcome = lab.call(&caller, Call::ListClusters).await;
    let causes = [
        "no permissions boundary allows it",
        "looked at permissions boundary: arn:aws:iam::123456789012:policy/limit",
    ];
    let denied = lab.denied(outcome, &causes).await;
    let fix = only(&denied);
    assert_eq!(
        fix.place,
        format!("{arn}, the permissions boundary of the user ci")
    );
    let document = document(&changed(&statements, fix));
    let input = json!({"PolicyArn": arn, "PolicyDocument": document, "SetAsDefault": true});
    lab.root::<iam::CreatePolicyVersion>(input).await;
    lab.call(&caller, Call::ListClusters).await.unwrap();
}

#[tokio::test]
async fn a_session_policy_that_was_too_narrow() {
    let lab = Lab::new().await;
    let ci = lab.world.user("ci", None).await.unwrap();
    lab.role(&trusts(json!({"AWS": ci.arn}))).await;
    let everything = json!([{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]);
    let input =
        json!({"RoleName": "web", "PolicyName": "p", "PolicyDocument": document(&everything)});
    lab.root::<iam::PutRolePolicy>(input).await;
    let assume = async |statements: &Value| {
        let input =
            json!({"RoleArn": ROLE, "RoleSessionName": "ann", "Policy": document(statements)});
        let answer = lab.world.call::<sts::AssumeRole>(&ci, input).await.unwrap();
        let token = answer.credentials.unwrap().session_token.unwrap();
        lab.world.of_token(&token).unwrap()
    };
    let statements = json!([{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}]);
    let narrow = assume(&statements).await;
    let outcome = lab.call(&narrow, Call::ListClusters).await;
    let denied = lab.denied(outcome, &["no session policy allows it"]).await;
    let fix = only(&denied);
    assert_eq!(
        fix.place,
        "the session policy that was passed to AssumeRole"
    );
    let wider = assume(&changed(&statements, fix)).await;
    lab.call(&wider, Call::ListClusters).await.unwrap();
}
