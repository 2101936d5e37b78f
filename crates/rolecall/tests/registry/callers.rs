//! Who stands behind a signature: keys and sessions that end, policies that change.

use rolecall_api::{Service, iam, sts};
use rolecall_identity::{AccessKey, Caller, KeyStatus, PolicyText, Role, User, name_key};
use rolecall_sigv4::Credentials;
use serde_json::{Value as Json, json};
use std::time::Duration;

use crate::house::{Answer, Folder, House, SECRET, WALKER, WALKER_KEY, input, service};
use crate::policies::document;

/// Temporary credentials.
struct Session {
    id: String,
    secret: String,
    token: String,
}

impl Session {
    fn of(given: Option<sts::Credentials>) -> Self {
        let given = given.unwrap();
        Self {
            id: given.access_key_id.unwrap(),
            secret: given.secret_access_key.unwrap(),
            token: given.session_token.unwrap(),
        }
    }

    fn credentials(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: &self.id,
            secret_access_key: &self.secret,
            session_token: Some(&self.token),
        }
    }
}

async fn call_with(
    house: &House,
    credentials: &Credentials<'_>,
    service: &'static Service,
    operation: &str,
) -> Answer {
    let protocol = service.protocols[0];
    let value = input(service, operation, "{}");
    let request = house.encoded(service, operation, protocol, &value);
    let request = house.signed(request, credentials, "us-east-1", service.signing_name);
    house.send(&request, service, operation, protocol).await
}

/// Asks who it is, which no policy forbids: the error's code, or nothing.
async fn refusal(house: &House, credentials: &Credentials<'_>) -> Option<String> {
    let answer = call_with(house, credentials, service("sts"), "GetCallerIdentity").await;
    answer.err().map(|error| error.code.into_owned())
}

fn walker() -> Credentials<'static> {
    Credentials {
        access_key_id: WALKER_KEY,
        secret_access_key: SECRET,
        session_token: None,
    }
}

fn may_list_clusters() -> String {
    document(&[json!({ "Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*" })])
}

/// A role that trusts the walker, with this inline policy, and a session of it.
async fn role_session(house: &House, policy: Option<&str>) -> Session {
    make_role(house, policy).await;
    let walker = house.policy(None).await;
    let call = json!({
        "RoleArn": "arn:aws:iam::123456789012:role/app", "RoleSessionName": "session",
    });
    let given = house
        .world
        .call::<sts::AssumeRole>(&walker, call)
        .await
        .unwrap();
    Session::of(given.credentials)
}

async fn make_role(house: &House, policy: Option<&str>) {
    let root = house.world.root();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::123456789012:user/walker" },
        },
    });
    let role = json!({ "RoleName": "app", "AssumeRolePolicyDocument": trust });
    house
        .world
        .call::<iam::CreateRole>(&root, role)
        .await
        .unwrap();
    if let Some(policy) = policy {
        let put = json!({ "RoleName": "app", "PolicyName": "own", "PolicyDocument": policy });
        house
            .world
            .call::<iam::PutRolePolicy>(&root, put)
            .await
            .unwrap();
    }
}

async fn as_root(house: &House, operation: &str, json: Json) {
    let (iam, root) = (service("iam"), crate::house::ROOT_KEY);
    let value = input(iam, operation, &json.to_string());
    house.call(root, iam, operation, &value).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_made_inactive_or_deleted_signs_no_more() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let key = json!({ "UserName": WALKER, "AccessKeyId": WALKER_KEY });
    let mut inactive = key.clone();
    inactive["Status"] = json!("Inactive");
    // The user's own list of keys is not written by the house.
    let mut user = house
        .world
        .pipeline
        .store()
        .snapshot()
        .get::<User>(&walker_key(&house));
    let mut user = user.take().unwrap().cloned();
    user.access_keys.push(WALKER_KEY.to_owned());
    house.world.put(&walker_key(&house), user).await.unwrap();

    assert_eq!(refusal(&house, &walker()).await, None);
    as_root(&house, "UpdateAccessKey", inactive).await;
    assert_eq!(
        refusal(&house, &walker()).await.as_deref(),
        Some("InvalidClientTokenId")
    );
    let mut active = key.clone();
    active["Status"] = json!("Active");
    as_root(&house, "UpdateAccessKey", active).await;
    assert_eq!(refusal(&house, &walker()).await, None);
    as_root(&house, "DeleteAccessKey", key).await;
    assert_eq!(
        refusal(&house, &walker()).await.as_deref(),
        Some("InvalidClientTokenId")
    );
}

fn walker_key(house: &House) -> String {
    name_key(&house.world.account, WALKER)
}

#[tokio::test]
async fn another_secret_under_the_same_key_id_counts_at_once() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    assert_eq!(refusal(&house, &walker()).await, None);
    let snap = house.world.pipeline.store().snapshot();
    let mut key = snap.get::<AccessKey>(WALKER_KEY).unwrap().cloned();
    key.secret = "another".to_owned();
    house.world.put(WALKER_KEY, key).await.unwrap();
    assert_eq!(
        refusal(&house, &walker()).await.as_deref(),
        Some("SignatureDoesNotMatch")
    );
    let fresh = Credentials {
        secret_access_key: "another",
        ..walker()
    };
    assert_eq!(refusal(&house, &fresh).await, None);
}

#[tokio::test]
async fn a_key_whose_user_is_gone_signs_no_more() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    house
        .key("AKIANOBODYEXAMPLE000", Some("nobody"), KeyStatus::Active)
        .await;
    let nobody = Credentials {
        access_key_id: "AKIANOBODYEXAMPLE000",
        ..walker()
    };
    assert_eq!(
        refusal(&house, &nobody).await.as_deref(),
        Some("InvalidClientTokenId")
    );
}

#[tokio::test]
async fn a_policy_counts_from_when_it_is_there_until_it_is_not() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let ecs = service("ecs");
    let list = input(ecs, "ListClusters", "{}");
    let may = may_list_clusters();
    for _ in 0..2 {
        house.policy(None).await;
        let error = house
            .call(WALKER_KEY, ecs, "ListClusters", &list)
            .await
            .unwrap_err();
        assert_eq!(error.code, "AccessDeniedException");
        house.policy(Some(&may)).await;
        house
            .call(WALKER_KEY, ecs, "ListClusters", &list)
            .await
            .unwrap();
    }
    let session = role_session(&house, Some(&may)).await;
    call_with(&house, &session.credentials(), ecs, "ListClusters")
        .await
        .unwrap();
    let gone = json!({ "RoleName": "app", "PolicyName": "own" });
    as_root(&house, "DeleteRolePolicy", gone).await;
    let error = call_with(&house, &session.credentials(), ecs, "ListClusters")
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "User: arn:aws:sts::123456789012:assumed-role/app/session is not authorized to perform: \
         ecs:ListClusters on resource: * because no identity-based policy allows the \
         ecs:ListClusters action"
    );
}

#[tokio::test]
async fn a_session_ends_with_its_role_even_if_one_is_made_anew_under_the_name() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let session = role_session(&house, None).await;
    assert_eq!(refusal(&house, &session.credentials()).await, None);
    as_root(&house, "DeleteRole", json!({ "RoleName": "app" })).await;
    let refused = Some("InvalidClientTokenId");
    assert_eq!(
        refusal(&house, &session.credentials()).await.as_deref(),
        refused
    );
    make_role(&house, Some(&may_list_clusters())).await;
    assert_eq!(
        refusal(&house, &session.credentials()).await.as_deref(),
        refused
    );
}

#[tokio::test]
async fn a_users_session_ends_with_the_user_and_may_not_call_iam() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let all = document(&[json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })]);
    let walker = house.policy(Some(&all)).await;
    let given = house
        .world
        .call::<sts::GetSessionToken>(&walker, json!({}))
        .await
        .unwrap();
    let session = Session::of(given.credentials);
    assert_eq!(refusal(&house, &session.credentials()).await, None);
    call_with(
        &house,
        &session.credentials(),
        service("ecs"),
        "ListClusters",
    )
    .await
    .unwrap();
    let error = call_with(&house, &session.credentials(), service("iam"), "ListRoles")
        .await
        .unwrap_err();
    assert_eq!((&*error.code, error.status), ("InvalidClientTokenId", 403));
    // The same name, somebody else.
    let snap = house.world.pipeline.store().snapshot();
    let mut user = snap.get::<User>(&walker_key(&house)).unwrap().cloned();
    user.id = "AIDASOMEBODYELSE".to_owned();
    house.world.put(&walker_key(&house), user).await.unwrap();
    assert_eq!(
        refusal(&house, &session.credentials()).await.as_deref(),
        Some("InvalidClientTokenId")
    );
}

#[tokio::test]
async fn a_session_is_its_key_its_secret_and_its_token_together_until_it_expires() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let session = role_session(&house, None).await;
    let caller = house.policy(None).await;
    let call = json!({
        "RoleArn": "arn:aws:iam::123456789012:role/app", "RoleSessionName": "other",
    });
    let other = house
        .world
        .call::<sts::AssumeRole>(&caller, call)
        .await
        .unwrap();
    let other = Session::of(other.credentials);
    let whole = session.credentials();
    let mut altered = session.token.clone();
    let last = altered.pop().unwrap();
    altered.push(if last == 'A' { 'B' } else { 'A' });
    let token = "InvalidClientTokenId";
    let cases = [
        (
            Credentials {
                session_token: None,
                ..whole
            },
            token,
        ),
        (
            Credentials {
                session_token: Some(&other.token),
                ..whole
            },
            token,
        ),
        (
            Credentials {
                session_token: Some(&altered),
                ..whole
            },
            token,
        ),
        (
            Credentials {
                session_token: Some(""),
                ..whole
            },
            token,
        ),
        (
            Credentials {
                session_token: Some("x"),
                ..whole
            },
            token,
        ),
        (
            Credentials {
                session_token: Some(&session.token),
                ..walker()
            },
            token,
        ),
        (
            Credentials {
                secret_access_key: &other.secret,
                ..whole
            },
            "SignatureDoesNotMatch",
        ),
        (
            Credentials {
                access_key_id: &other.id,
                ..whole
            },
            token,
        ),
    ];
    // Once before the session is known to the server, and once after.
    for _ in 0..2 {
        for (credentials, code) in &cases {
            let got = refusal(&house, credentials).await;
            assert_eq!(
                got.as_deref(),
                Some(*code),
                "{:?}",
                credentials.session_token
            );
        }
        assert_eq!(refusal(&house, &whole).await, None);
        assert_eq!(refusal(&house, &other.credentials()).await, None);
    }
    house.world.advance(Duration::from_secs(3599));
    assert_eq!(refusal(&house, &whole).await, None);
    house.world.advance(Duration::from_secs(1));
    assert_eq!(
        refusal(&house, &whole).await.as_deref(),
        Some("ExpiredToken")
    );
}

#[tokio::test]
async fn a_boundary_and_a_session_policy_limit_each_call() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let may = may_list_clusters();
    let session = role_session(&house, Some(&may)).await;
    let key = name_key(&house.world.account, "app");
    let snap = house.world.pipeline.store().snapshot();
    let mut role = snap.get::<Role>(&key).unwrap().cloned();
    role.boundary = Some("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess".to_owned());
    house.world.put(&key, role.clone()).await.unwrap();
    let ecs = service("ecs");
    let error = call_with(&house, &session.credentials(), ecs, "ListClusters")
        .await
        .unwrap_err();
    let why = "because no permissions boundary allows the ecs:ListClusters action";
    assert!(error.message.ends_with(why), "{}", error.message);
    // A boundary that is not there, or a policy that does not compile, allows nothing at all.
    role.boundary = Some("arn:aws:iam::123456789012:policy/gone".to_owned());
    house.world.put(&key, role.clone()).await.unwrap();
    let error = call_with(&house, &session.credentials(), ecs, "ListClusters")
        .await
        .unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
    role.boundary = None;
    role.inline
        .insert("broken".to_owned(), PolicyText::from("{".to_owned()));
    house.world.put(&key, role).await.unwrap();
    let error = call_with(&house, &session.credentials(), ecs, "ListClusters")
        .await
        .unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
}

/// Calls `operation` as a user who may do everything, but nothing to `denied`.
async fn but_not(house: &House, operation: &str, denied: &str, json: &Json) -> Answer {
    let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let none = json!({ "Effect": "Deny", "Action": "*", "Resource": denied });
    let _: Caller = house.policy(Some(&document(&[all, none]))).await;
    let id = if operation.ends_with("Role") {
        "iam"
    } else {
        "ecs"
    };
    let service = service(id);
    let value = input(service, operation, &json.to_string());
    house.call(WALKER_KEY, service, operation, &value).await
}

#[tokio::test]
async fn no_other_spelling_of_a_name_evades_a_deny() {
    let folder = Folder::new().await;
    let house = crate::walk::furnished(&folder).await;
    let arn = "arn:aws:ecs:us-east-1:123456789012";
    let definition = format!("{arn}:task-definition/example:1");
    for spelling in [
        "example:1",
        "example:01",
        "example:+1",
        &definition,
        &definition.replace("arn:aws:", "arn:aws-cn:"),
        &definition.replace("example:1", "example:01"),
    ] {
        let run = json!({ "cluster": "example", "taskDefinition": spelling });
        let error = but_not(&house, "RunTask", &definition, &run)
            .await
            .unwrap_err();
        let refused = [
            "AccessDeniedException",
            "ClientException",
            "InvalidParameterException",
        ];
        assert!(refused.contains(&&*error.code), "{spelling}: {error:?}");
        if !spelling.contains("aws-cn") {
            assert_eq!(error.code, "AccessDeniedException", "{spelling}");
        }
    }
    let cluster = format!("{arn}:cluster/example");
    for spelling in [
        "example",
        &cluster,
        &cluster.replace("arn:aws:", "arn:aws-cn:"),
    ] {
        let delete = json!({ "cluster": spelling });
        let error = but_not(&house, "DeleteCluster", &cluster, &delete)
            .await
            .unwrap_err();
        let refused = ["AccessDeniedException", "InvalidParameterException"];
        assert!(refused.contains(&&*error.code), "{spelling}: {error:?}");
        let tag = json!({ "resourceArn": spelling, "tags": [{ "key": "a", "value": "b" }] });
        let error = but_not(&house, "TagResource", &cluster, &tag)
            .await
            .unwrap_err();
        assert!(refused.contains(&&*error.code), "{spelling}: {error:?}");
    }
    let role = "arn:aws:iam::123456789012:role/app";
    for spelling in ["app", "APP", "App"] {
        let get = json!({ "RoleName": spelling });
        let error = but_not(&house, "GetRole", role, &get).await.unwrap_err();
        assert!(
            ["AccessDenied", "NoSuchEntity"].contains(&&*error.code),
            "{spelling}: {error:?}"
        );
        let delete = but_not(&house, "DeleteRole", role, &get).await.unwrap_err();
        assert!(
            ["AccessDenied", "NoSuchEntity"].contains(&&*delete.code),
            "{spelling}: {delete:?}"
        );
    }
}
