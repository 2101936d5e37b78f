//! Repositories, their policies and tags, and who may do what with them.

use crate::common::{create, push, world};
use rolecall_api::ecr as api;
use rolecall_identity::{Caller, CallerKind, SessionClaims, SessionKind};
use rolecall_testkit::World;
use serde_json::json;

const ARN: &str = "arn:aws:ecr:us-east-1:123456789012:repository/team/app";

fn text<T>(result: Result<T, rolecall_base::AwsError>) -> String {
    result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_repository_is_made_shown_and_deleted_as_aws_prints_it() {
    let world = world().await;
    let root = world.root();
    let input = json!({"repositoryName": "team/app", "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": true},
        "tags": [{"Key": "Name", "Value": "app"}]});
    let made = world
        .call::<api::CreateRepository>(&root, input.clone())
        .await
        .unwrap();
    let made = made.repository.unwrap();
    assert_eq!(made.repository_arn.as_deref(), Some(ARN));
    assert_eq!(
        made.repository_uri.as_deref(),
        Some("123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app")
    );
    assert_eq!(
        made.encryption_configuration
            .as_ref()
            .unwrap()
            .encryption_type
            .as_deref(),
        Some("AES256")
    );
    assert_eq!(
        text(world.call::<api::CreateRepository>(&root, input).await),
        "RepositoryAlreadyExistsException: The repository with name 'team/app' already exists in \
         the registry with id '123456789012'"
    );
    let named = json!({"repositoryNames": ["team/app"]});
    let shown = world
        .call::<api::DescribeRepositories>(&root, named.clone())
        .await
        .unwrap();
    assert_eq!(shown.repositories, Some(vec![made]));
    let tags = world
        .call::<api::ListTagsForResource>(&root, json!({"resourceArn": ARN}))
        .await
        .unwrap()
        .tags
        .unwrap();
    assert_eq!(
        tags.first().and_then(|tag| tag.value.as_deref()),
        Some("app")
    );

    push(&world, "team/app", "one", Some("latest")).await;
    assert_eq!(
        text(
            world
                .call::<api::DeleteRepository>(&root, json!({"repositoryName": "team/app"}))
                .await
        ),
        "RepositoryNotEmptyException: The repository with name 'team/app' in registry with id \
         '123456789012' cannot be deleted because it still contains images"
    );
    let forced = json!({"repositoryName": "team/app", "force": true, "registryId": "123456789012"});
    world
        .call::<api::DeleteRepository>(&root, forced)
        .await
        .unwrap();
    assert_eq!(
        text(world.call::<api::DescribeRepositories>(&root, named).await),
        "RepositoryNotFoundException: The repository with name 'team/app' does not exist in the \
         registry with id '123456789012'"
    );
    // Nothing of the old one is in the new one.
    create(&world, "team/app").await;
    let images = world
        .call::<api::ListImages>(&root, json!({"repositoryName": "team/app"}))
        .await
        .unwrap();
    assert_eq!(images.image_ids, Some(Vec::new()));
}

#[tokio::test]
async fn repositories_are_listed_in_pages_and_a_foreign_token_is_refused() {
    let world = world().await;
    for name in ["aa", "aa/bb", "bb", "cc", "dd"] {
        create(&world, name).await;
    }
    let (mut seen, mut token) = (Vec::new(), None::<String>);
    loop {
        let mut input = json!({"maxResults": 2});
        if let Some(token) = &token {
            input["nextToken"] = json!(token);
        }
        let page = world
            .call::<api::DescribeRepositories>(&world.root(), input)
            .await
            .unwrap();
        let names = page
            .repositories
            .unwrap()
            .into_iter()
            .map(|r| r.repository_name.unwrap());
        seen.extend(names);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["aa", "aa/bb", "bb", "cc", "dd"]);
    let input = json!({"nextToken": "made up"});
    let refused = text(
        world
            .call::<api::DescribeRepositories>(&world.root(), input)
            .await,
    );
    assert!(
        refused.starts_with("InvalidParameterException"),
        "{refused}"
    );
}

#[tokio::test]
async fn settings_are_checked_and_kept() {
    let world = world().await;
    let root = world.root();
    for (settings, code) in [
        (
            json!({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}),
            "InvalidParameterException",
        ),
        (
            json!({"imageTagMutability": "IMMUTABLE",
                "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*"}]}),
            "InvalidParameterException",
        ),
        (
            json!({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "*a*b*"}]}),
            "InvalidParameterException",
        ),
        (
            json!({"encryptionConfiguration": {"encryptionType": "KMS"}}),
            "KmsException",
        ),
        (
            json!({"tags": [{"Key": "aws:x", "Value": ""}]}),
            "InvalidTagParameterException",
        ),
    ] {
        let mut input = settings.clone();
        input["repositoryName"] = json!("team/app");
        let refused = text(world.call::<api::CreateRepository>(&root, input).await);
        assert!(refused.starts_with(code), "{settings}: {refused}");
    }
    create(&world, "team/app").await;
    let input = json!({"repositoryName": "team/app", "imageTagMutability": "IMMUTABLE"});
    world
        .call::<api::PutImageTagMutability>(&root, input)
        .await
        .unwrap();
    let input = json!({"repositoryName": "team/app",
        "imageScanningConfiguration": {"scanOnPush": true}});
    world
        .call::<api::PutImageScanningConfiguration>(&root, input)
        .await
        .unwrap();
    let input = json!({"resourceArn": ARN, "tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]});
    world.call::<api::TagResource>(&root, input).await.unwrap();
    let input = json!({"resourceArn": ARN, "tagKeys": ["a", "none"]});
    world
        .call::<api::UntagResource>(&root, input)
        .await
        .unwrap();
    let tags = world
        .call::<api::ListTagsForResource>(&root, json!({"resourceArn": ARN}))
        .await;
    assert_eq!(tags.unwrap().tags.unwrap().len(), 1);
    let shown = world
        .call::<api::DescribeRepositories>(&root, json!({}))
        .await
        .unwrap();
    let shown = shown.repositories.unwrap().pop().unwrap();
    assert_eq!(shown.image_tag_mutability.as_deref(), Some("IMMUTABLE"));
    assert_eq!(
        shown.image_scanning_configuration.unwrap().scan_on_push,
        Some(true)
    );
}

#[tokio::test]
async fn a_lifecycle_policy_is_kept_compact_and_found_missing() {
    let world = world().await;
    let root = world.root();
    create(&world, "team/app").await;
    let named = json!({"repositoryName": "team/app"});
    assert_eq!(
        text(
            world
                .call::<api::GetLifecyclePolicy>(&root, named.clone())
                .await
        ),
        "LifecyclePolicyNotFoundException: Lifecycle policy does not exist for the repository with \
         name 'team/app' in the registry with id '123456789012'"
    );
    let policy = r#"{ "rules": [ {"rulePriority": 1, "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}, "action": {"type": "expire"}} ] }"#;
    let input = json!({"repositoryName": "team/app", "lifecyclePolicyText": policy});
    let put = world
        .call::<api::PutLifecyclePolicy>(&root, input)
        .await
        .unwrap();
    let kept = policy.replace(' ', "");
    assert_eq!(put.lifecycle_policy_text.as_deref(), Some(kept.as_str()));
    let got = world
        .call::<api::GetLifecyclePolicy>(&root, named.clone())
        .await
        .unwrap();
    assert_eq!(got.lifecycle_policy_text.as_deref(), Some(kept.as_str()));
    let gone = world
        .call::<api::DeleteLifecyclePolicy>(&root, named.clone())
        .await
        .unwrap();
    assert_eq!(gone.lifecycle_policy_text.as_deref(), Some(kept.as_str()));
    assert!(
        world
            .call::<api::DeleteLifecyclePolicy>(&root, named)
            .await
            .is_err()
    );
}

/// The policy of the Terraform seed: a role that has no policy of its own may pull.
fn pull_policy(principal: &str) -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": "AllowPull", "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
                   "ecr:BatchCheckLayerAvailability"]}]})
}

async fn set(world: &World, policy: serde_json::Value) -> Result<String, rolecall_base::AwsError> {
    let input = json!({"repositoryName": "team/app", "policyText": policy});
    let output = world
        .call::<api::SetRepositoryPolicy>(&world.root(), input)
        .await?;
    Ok(output.policy_text.unwrap())
}

#[tokio::test]
async fn a_repository_policy_lets_a_role_pull_that_has_no_policy() {
    let world = world().await;
    create(&world, "team/app").await;
    push(&world, "team/app", "one", Some("latest")).await;
    let role = world.role_session("exec", "task", None).await.unwrap();
    let pull = json!({"repositoryName": "team/app", "imageIds": [{"imageTag": "latest"}]});
    assert_eq!(
        text(world.call::<api::BatchGetImage>(&role, pull.clone()).await),
        format!(
            "AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/exec/task is not \
             authorized to perform: ecr:BatchGetImage on resource: {ARN} because no identity-based \
             policy allows the ecr:BatchGetImage action"
        )
    );
    let shown = set(&world, pull_policy("arn:aws:iam::123456789012:role/exec"))
        .await
        .unwrap();
    assert!(
        shown.starts_with("{\n  \"Version\" : \"2012-10-17\",\n  \"Statement\" : [ {\n"),
        "{shown}"
    );
    let pulled = world
        .call::<api::BatchGetImage>(&role, pull.clone())
        .await
        .unwrap();
    assert_eq!(pulled.images.unwrap().len(), 1);
    let refused = json!({"repositoryName": "team/app"});
    assert!(text(world.call::<api::ListImages>(&role, refused).await).contains("ecr:ListImages"));

    // A role made anew under the same name is somebody else, and the policy shows who was meant.
    let anew = rolecall_identity::Role {
        id: "AROAANOTHER".to_owned(),
        ..rolecall_identity::Role::clone(
            &world
                .pipeline
                .store()
                .snapshot()
                .get::<rolecall_identity::Role>("123456789012/exec")
                .unwrap(),
        )
    };
    world.put("123456789012/exec", anew).await.unwrap();
    let named = json!({"repositoryName": "team/app"});
    let got = world
        .call::<api::GetRepositoryPolicy>(&world.root(), named.clone())
        .await
        .unwrap();
    assert!(got.policy_text.unwrap().contains("\"AWS\" : \"AROAEXEC\""));
    let anew = session_of(role, "AROAANOTHER");
    assert!(text(world.call::<api::BatchGetImage>(&anew, pull).await).starts_with("AccessDenied"));

    world
        .call::<api::DeleteRepositoryPolicy>(&world.root(), named.clone())
        .await
        .unwrap();
    assert_eq!(
        text(
            world
                .call::<api::GetRepositoryPolicy>(&world.root(), named)
                .await
        ),
        "RepositoryPolicyNotFoundException: Repository policy does not exist for the repository \
         with name 'team/app' in the registry with id '123456789012'"
    );
}

/// The same session, of a role with another unique id.
fn session_of(mut caller: Caller, role: &str) -> Caller {
    if let CallerKind::Role { session, .. } = &mut caller.kind {
        let mut claims = SessionClaims::clone(session);
        if let SessionKind::Role { role_id, .. } = &mut claims.kind {
            *role_id = role.to_owned();
        }
        *session = std::sync::Arc::new(claims);
    }
    caller
}

#[tokio::test]
async fn a_deny_in_the_repository_policy_outweighs_the_callers_own() {
    let world = world().await;
    create(&world, "team/app").await;
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*"}}"#;
    let user = world.user("dev", Some(everything)).await.unwrap();
    let named = json!({"repositoryName": "team/app"});
    world
        .call::<api::ListImages>(&user, named.clone())
        .await
        .unwrap();
    let deny =
        json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "ecr:ListImages"}});
    set(&world, deny).await.unwrap();
    assert_eq!(
        text(world.call::<api::ListImages>(&user, named).await),
        format!(
            "AccessDeniedException: User: arn:aws:iam::123456789012:user/dev is not authorized to \
             perform: ecr:ListImages on resource: {ARN} with an explicit deny in a resource-based \
             policy"
        )
    );
}

#[tokio::test]
async fn policies_that_ecr_does_not_take_are_refused_in_its_words() {
    let world = world().await;
    create(&world, "team/app").await;
    let invalid = "InvalidParameterException: Invalid parameter at 'PolicyText' failed to satisfy \
                   constraint: 'Invalid repository policy provided'";
    let mut with_resource = pull_policy("arn:aws:iam::123456789012:root");
    with_resource["Statement"][0]["Resource"] = json!("*");
    for policy in [
        with_resource,
        json!({}),
        json!({"Statement": [{"Effect": "Allow", "Action": "ecr:*"}]}),
        json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}),
        json!({"Statement": [{"Effect": "Maybe", "Principal": "*", "Action": "ecr:*"}]}),
    ] {
        assert_eq!(text(set(&world, policy.clone()).await), invalid, "{policy}");
    }
    assert_eq!(
        text(set(&world, pull_policy("arn:aws:iam::123456789012:role/nobody")).await),
        "InvalidParameterException: Invalid parameter at 'PolicyText' failed to satisfy constraint: \
         'Principal not found'"
    );
    let locks = json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "ecr:SetRepositoryPolicy"}});
    assert!(text(set(&world, locks.clone()).await).contains("prevent you from setting another"));
    let forced = json!({"repositoryName": "team/app", "policyText": locks, "force": true});
    world
        .call::<api::SetRepositoryPolicy>(&world.root(), forced)
        .await
        .unwrap();
}

#[tokio::test]
async fn tags_given_at_creation_need_tag_resource_and_decide_later() {
    let world = world().await;
    let create_only = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Action":"ecr:CreateRepository","Resource":"*",
        "Condition":{"StringEquals":{"aws:RequestTag/env":"dev"}}}}"#;
    let user = world.user("dev", Some(create_only)).await.unwrap();
    let input =
        |env: &str| json!({"repositoryName": "team/app", "tags": [{"Key": "env", "Value": env}]});
    let refused = text(
        world
            .call::<api::CreateRepository>(&user, input("prod"))
            .await,
    );
    assert!(
        refused.contains("perform: ecr:CreateRepository"),
        "{refused}"
    );
    let refused = text(
        world
            .call::<api::CreateRepository>(&user, input("dev"))
            .await,
    );
    assert!(refused.contains("perform: ecr:TagResource"), "{refused}");
    let both = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Action":["ecr:CreateRepository","ecr:TagResource"],"Resource":"*"},
        {"Effect":"Allow","Action":"ecr:DeleteRepository","Resource":"*",
        "Condition":{"StringEquals":{"ecr:ResourceTag/env":"dev","aws:ResourceTag/env":"dev"}}}]}"#;
    let user = world.user("dev", Some(both)).await.unwrap();
    let named = |name: &str| json!({"repositoryName": name});
    world
        .call::<api::CreateRepository>(&user, input("dev"))
        .await
        .unwrap();
    world
        .call::<api::CreateRepository>(&user, named("bare"))
        .await
        .unwrap();
    let refused = text(
        world
            .call::<api::DeleteRepository>(&user, named("bare"))
            .await,
    );
    assert!(refused.contains("ecr:DeleteRepository"), "{refused}");
    // Nobody learns whether a repository exists by being refused.
    let missing = text(
        world
            .call::<api::DeleteRepository>(&user, named("missing"))
            .await,
    );
    assert_eq!(missing, refused.replace("/bare", "/missing"));
    world
        .call::<api::DeleteRepository>(&user, named("team/app"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_authorization_token_needs_its_action_and_names_the_registry() {
    use base64::Engine;
    let world = world().await;
    let nobody = world.user("nobody", None).await.unwrap();
    let refused = text(
        world
            .call::<api::GetAuthorizationToken>(&nobody, json!({}))
            .await,
    );
    assert!(
        refused.contains("perform: ecr:GetAuthorizationToken on resource: *"),
        "{refused}"
    );
    let answer = world
        .call::<api::GetAuthorizationToken>(&world.root(), json!({}))
        .await
        .unwrap();
    let data = answer.authorization_data.unwrap().pop().unwrap();
    assert_eq!(
        data.proxy_endpoint.as_deref(),
        Some("https://123456789012.dkr.ecr.us-east-1.amazonaws.com")
    );
    let expires = world.now().plus(std::time::Duration::from_secs(12 * 3600));
    assert_eq!(data.expires_at, Some(expires));
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(data.authorization_token.unwrap())
        .unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    let password = decoded.strip_prefix("AWS:").unwrap();
    let snap = world.pipeline.store().snapshot();
    let token = rolecall_ecr::RegistryToken::open(&snap, &world.account, password).unwrap();
    assert_eq!(token.region.as_str(), "us-east-1");
    assert!(
        token
            .origin
            .caller(&snap, &world.account)
            .unwrap()
            .is_root()
    );
    assert!(rolecall_ecr::LayerToken::open(&snap, &world.account, password).is_err());
}

#[tokio::test]
async fn another_accounts_registry_is_out_of_reach() {
    let world = world().await;
    let input = json!({"repositoryName": "team/app", "registryId": "999999999999"});
    let refused = text(world.call::<api::ListImages>(&world.root(), input).await);
    assert!(
        refused.contains("999999999999:repository/team/app"),
        "{refused}"
    );
    assert!(refused.starts_with("AccessDeniedException"), "{refused}");
}
