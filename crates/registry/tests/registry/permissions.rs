//! Both sides of every permission of the protocol, with AWS's messages.

use rolecall_api::ecr as api;
use rolecall_ecr::manifest::digest_of;
use rolecall_identity::Caller;
use serde_json::json;

use crate::harness::{OCI_MANIFEST, REPOSITORY, Served, manifest};

/// A session of a role that may log in and do these actions.
async fn session(served: &Served, name: &str, actions: &[&str]) -> Caller {
    let mut actions: Vec<&str> = actions.to_vec();
    actions.push("ecr:GetAuthorizationToken");
    let policy = json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
    served
        .world
        .role_session(name, "s", Some(&policy.to_string()))
        .await
        .unwrap()
}

#[tokio::test]
async fn each_request_needs_exactly_its_action() {
    let served = Served::new().await;
    let root = served.login(&served.world.root()).await;
    let digest = served.push_image(&root, "team/app", "v1").await;
    let blob = digest_of(b"layer v1");
    let begun = served
        .send(&root, "POST", "/v2/team/app/blobs/uploads/", &[], b"")
        .await;
    let upload = begun.header("location").to_owned();
    let config = digest_of(b"config v1");
    let image = manifest(&config, &config, None);
    let put = format!("{upload}?digest={}", digest_of(b"bytes"));
    let requests: Vec<(&str, String, &[u8], &[&str])> = vec![
        (
            "GET",
            "/v2/team/app/manifests/v1".into(),
            b"",
            &["ecr:BatchGetImage"],
        ),
        (
            "HEAD",
            "/v2/team/app/manifests/v1".into(),
            b"",
            &["ecr:BatchGetImage"],
        ),
        (
            "GET",
            format!("/v2/team/app/referrers/{digest}"),
            b"",
            &["ecr:BatchGetImage"],
        ),
        (
            "HEAD",
            format!("/v2/team/app/blobs/{blob}"),
            b"",
            &["ecr:BatchCheckLayerAvailability"],
        ),
        (
            "GET",
            format!("/v2/team/app/blobs/{blob}"),
            b"",
            &["ecr:GetDownloadUrlForLayer"],
        ),
        (
            "POST",
            "/v2/team/app/blobs/uploads/".into(),
            b"",
            &["ecr:InitiateLayerUpload"],
        ),
        ("GET", upload.clone(), b"", &["ecr:UploadLayerPart"]),
        ("PATCH", upload.clone(), b"by", &["ecr:UploadLayerPart"]),
        (
            "PUT",
            put,
            b"tes",
            &["ecr:CompleteLayerUpload", "ecr:UploadLayerPart"],
        ),
        (
            "PUT",
            "/v2/team/app/manifests/v2".into(),
            image.as_bytes(),
            &["ecr:PutImage"],
        ),
        (
            "GET",
            "/v2/team/app/tags/list".into(),
            b"",
            &["ecr:ListImages"],
        ),
        (
            "GET",
            "/v2/_catalog".into(),
            b"",
            &["ecr:DescribeRepositories"],
        ),
        (
            "DELETE",
            "/v2/team/app/manifests/v1".into(),
            b"",
            &["ecr:BatchDeleteImage"],
        ),
    ];
    let nobody = served.login(&session(&served, "nobody", &[]).await).await;
    for (n, (method, path, body, actions)) in requests.iter().enumerate() {
        let headers = [("content-type", OCI_MANIFEST)];
        let refused = served.send(&nobody, method, path, &headers, body).await;
        assert_eq!(refused.status, 403, "{method} {path}");
        let resource = if path.ends_with("_catalog") {
            REPOSITORY.replace("team/app", "*")
        } else {
            REPOSITORY.into()
        };
        if *method != "HEAD" {
            let action = actions[0];
            let message = format!(
                "User: arn:aws:sts::123456789012:assumed-role/nobody/s is not authorized to perform: \
                 {action} on resource: {resource} because no identity-based policy allows the \
                 {action} action"
            );
            assert_eq!(
                refused.error(),
                ("DENIED".to_owned(), message),
                "{method} {path}"
            );
        }
        let allowed = session(&served, &format!("allowed{n}"), actions).await;
        let allowed = served.login(&allowed).await;
        let answer = served.send(&allowed, method, path, &headers, body).await;
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path} {answer:?}"
        );
    }
}

#[tokio::test]
async fn who_may_not_does_not_learn_what_is_there() {
    let served = Served::new().await;
    let root = served.login(&served.world.root()).await;
    served.push_image(&root, "team/app", "v1").await;
    let nobody = served.login(&session(&served, "nobody", &[]).await).await;
    let here = served.get(&nobody, "/v2/team/app/manifests/v1").await;
    let there = served.get(&nobody, "/v2/team/none/manifests/v1").await;
    assert_eq!((here.status, there.status), (403, 403));
    assert_eq!(
        here.error().1.replace("team/app", "team/none"),
        there.error().1
    );
}

#[tokio::test]
async fn the_repository_policy_lets_a_role_pull_that_has_none_of_its_own() {
    let served = Served::new().await;
    let root = served.login(&served.world.root()).await;
    served.push_image(&root, "team/app", "v1").await;
    let role = session(&served, "exec", &[]).await;
    let login = served.login(&role).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "AllowPull",
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/exec"},
        "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage",
                   "ecr:BatchCheckLayerAvailability"]}]});
    let blob = format!("/v2/team/app/blobs/{}", digest_of(b"layer v1"));
    assert_eq!(
        served.get(&login, "/v2/team/app/manifests/v1").await.status,
        403
    );
    assert_eq!(served.get(&login, &blob).await.status, 403);
    let input = json!({"repositoryName": "team/app", "policyText": policy});
    let caller = served.world.root();
    served
        .world
        .call::<api::SetRepositoryPolicy>(&caller, input)
        .await
        .unwrap();
    assert_eq!(
        served.get(&login, "/v2/team/app/manifests/v1").await.status,
        200
    );
    assert_eq!(served.get(&login, &blob).await.body, b"layer v1");
    let push = served
        .send(&login, "POST", "/v2/team/app/blobs/uploads/", &[], b"")
        .await;
    assert_eq!(push.status, 403);
    let named = json!({"repositoryName": "team/app"});
    served
        .world
        .call::<api::DeleteRepositoryPolicy>(&caller, named)
        .await
        .unwrap();
    assert_eq!(
        served.get(&login, "/v2/team/app/manifests/v1").await.status,
        403
    );
}

#[tokio::test]
async fn a_deny_by_source_address_holds_for_docker_too() {
    let served = Served::new().await;
    let root = served.login(&served.world.root()).await;
    served.push_image(&root, "team/app", "v1").await;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": "*",
         "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}]});
    let user = served
        .world
        .user("dev", Some(&policy.to_string()))
        .await
        .unwrap();
    let login = served.login(&user).await;
    for path in [
        "manifests/v1".to_owned(),
        format!("blobs/{}", digest_of(b"layer v1")),
    ] {
        let refused = served.get(&login, &format!("/v2/team/app/{path}")).await;
        assert_eq!(refused.status, 403);
        assert!(
            refused
                .error()
                .1
                .ends_with("with an explicit deny in an identity-based policy")
        );
    }
    assert_eq!(
        served.get(&login, "/v2/team/app/tags/list").await.status,
        200
    );
}

/// The account of the world as a closed member of an organization.
async fn close(served: &Served) {
    use rolecall_identity::organization::{
        AccountStatus, ORGANIZATION_KEY, Organization, Target, TargetKind,
    };
    let world = &served.world;
    let management = rolecall_base::AccountId::new("210987654321").unwrap();
    let organization = Organization {
        id: Organization::id_of(&management),
        management,
        created: world.now(),
        all_features: true,
        root: "r-root".to_owned(),
        enabled: Vec::new(),
        service_access: std::collections::BTreeMap::new(),
        root_features: std::collections::BTreeSet::new(),
    };
    world.put(ORGANIZATION_KEY, organization).await.unwrap();
    let account = Target {
        id: "123456789012".to_owned(),
        parent: Some("r-root".to_owned()),
        name: "member".to_owned(),
        kind: TargetKind::Account {
            email: "member@example.com".to_owned(),
            created: true,
            status: AccountStatus::Suspended,
        },
        created: world.now(),
        tags: rolecall_base::Tags::default(),
        scps: Vec::new(),
        rcps: Vec::new(),
    };
    world.put("123456789012", account).await.unwrap();
}

#[tokio::test]
async fn tokens_of_a_closed_account_are_worth_nothing() {
    let served = Served::new().await;
    let user = served.world.user("ann", None).await.unwrap();
    let role = session(&served, "app", &["ecr:InitiateLayerUpload"]).await;
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    served.world.user("ann", Some(all)).await.unwrap();
    let mut logins = Vec::new();
    for caller in [served.world.root(), user, role] {
        logins.push(served.login(&caller).await);
    }
    let path = "/v2/team/app/blobs/uploads/";
    for login in &logins {
        assert_eq!(served.send(login, "POST", path, &[], b"").await.status, 202);
    }
    close(&served).await;
    for login in &logins {
        assert_eq!(served.send(login, "POST", path, &[], b"").await.status, 401);
        assert_eq!(
            served.send(login, "GET", "/v2/", &[], b"").await.status,
            401
        );
    }
}
