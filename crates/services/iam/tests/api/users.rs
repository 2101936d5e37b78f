//! Users and access keys.

use crate::common::{allow, call, refused, world};

#[tokio::test]
async fn a_user_has_two_keys_at_most_and_goes_only_without_them() {
    let w = world();
    let root = w.root();
    let made = call!(w, root, CreateUser, {"UserName": "Ann"})
        .unwrap()
        .user
        .unwrap();
    assert!(made.user_id.unwrap().starts_with("AIDA"));
    refused!(
        call!(w, root, CreateUser, {"UserName": "ann"}),
        409,
        "EntityAlreadyExists: User with name ann already exists."
    );
    let key = call!(w, root, CreateAccessKey, {"UserName": "Ann"})
        .unwrap()
        .access_key
        .unwrap();
    let id = key.access_key_id.unwrap();
    assert!(id.starts_with("AKIA") && id.len() == 20, "{id}");
    assert_eq!(key.secret_access_key.unwrap().len(), 40);
    let second = call!(w, root, CreateAccessKey, {"UserName": "Ann"}).unwrap();
    refused!(
        call!(w, root, CreateAccessKey, {"UserName": "Ann"}),
        409,
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"
    );
    call!(w, root, UpdateAccessKey, {"UserName": "Ann", "AccessKeyId": id, "Status": "Inactive"})
        .unwrap();
    let keys = call!(w, root, ListAccessKeys, {"UserName": "Ann"}).unwrap();
    let keys = keys.access_key_metadata.unwrap();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0].status.as_deref(), Some("Inactive"));
    let last = call!(w, root, GetAccessKeyLastUsed, {"AccessKeyId": id}).unwrap();
    assert_eq!(last.user_name.as_deref(), Some("Ann"));
    refused!(
        call!(w, root, DeleteUser, {"UserName": "Ann"}),
        409,
        "DeleteConflict: Cannot delete entity, must delete access keys first."
    );
    let second = second.access_key.unwrap().access_key_id.unwrap();
    for id in [&id, &second] {
        call!(w, root, DeleteAccessKey, {"UserName": "Ann", "AccessKeyId": id}).unwrap();
    }
    refused!(
        call!(w, root, DeleteAccessKey, {"UserName": "Ann", "AccessKeyId": id}),
        404,
        format!("NoSuchEntity: The Access Key with id {id} cannot be found.")
    );
    call!(w, root, DeleteUser, {"UserName": "Ann"}).unwrap();
    refused!(
        call!(w, root, GetUser, {"UserName": "Ann"}),
        404,
        "NoSuchEntity: The user with name Ann cannot be found."
    );
}

#[tokio::test]
async fn without_a_name_the_caller_is_meant() {
    let w = world();
    let ann = w.user("ann", Some(&allow("iam:*", "*"))).await.unwrap();
    let got = call!(w, ann, GetUser, {}).unwrap().user.unwrap();
    assert_eq!(got.user_name.as_deref(), Some("ann"));
    let key = call!(w, ann, CreateAccessKey, {})
        .unwrap()
        .access_key
        .unwrap();
    assert_eq!(key.user_name.as_deref(), Some("ann"));
    let got = call!(w, w.root(), GetUser, {}).unwrap().user.unwrap();
    assert_eq!(got.arn.as_deref(), Some("arn:aws:iam::123456789012:root"));
    let session = w
        .role_session("app", "s", Some(&allow("iam:*", "*")))
        .await
        .unwrap();
    refused!(
        call!(w, session, CreateAccessKey, {}),
        400,
        "ValidationError: Must specify userName when calling with non-User credentials"
    );
    let own = call!(w, w.root(), CreateAccessKey, {})
        .unwrap()
        .access_key
        .unwrap();
    assert_eq!(own.user_name, None);
    let keys = call!(w, w.root(), ListAccessKeys, {})
        .unwrap()
        .access_key_metadata
        .unwrap();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn inline_policies_of_a_user_have_2048_characters_in_total() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    let long = allow(
        "s3:ListBucket",
        &format!("arn:aws:s3:::{}", "b".repeat(2_000)),
    );
    refused!(
        call!(w, root, PutUserPolicy, {
            "UserName": "ann", "PolicyName": "p", "PolicyDocument": long,
        }),
        409,
        "LimitExceeded: Maximum policy size of 2048 bytes exceeded for user ann"
    );
    let document = allow("s3:ListBucket", "*");
    call!(w, root, PutUserPolicy, {
        "UserName": "ann", "PolicyName": "p", "PolicyDocument": document,
    })
    .unwrap();
    let got = call!(w, root, GetUserPolicy, {"UserName": "ann", "PolicyName": "p"}).unwrap();
    assert!(got.policy_document.unwrap().contains("s3%3AListBucket"));
    refused!(
        call!(w, root, DeleteUser, {"UserName": "ann"}),
        409,
        "DeleteConflict: Cannot delete entity, must delete policies first."
    );
}

#[tokio::test]
async fn a_renamed_user_keeps_its_id_its_keys_and_its_policies() {
    let w = world();
    let root = w.root();
    let id = call!(w, root, CreateUser, {"UserName": "ann"})
        .unwrap()
        .user
        .unwrap()
        .user_id;
    let key = call!(w, root, CreateAccessKey, {"UserName": "ann"})
        .unwrap()
        .access_key
        .unwrap();
    let read = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    call!(w, root, AttachUserPolicy, {"UserName": "ann", "PolicyArn": read}).unwrap();
    call!(w, root, UpdateUser, {"UserName": "ann", "NewUserName": "anna", "NewPath": "/x/"})
        .unwrap();
    let got = call!(w, root, GetUser, {"UserName": "anna"})
        .unwrap()
        .user
        .unwrap();
    assert_eq!(
        got.arn.as_deref(),
        Some("arn:aws:iam::123456789012:user/x/anna")
    );
    assert_eq!(got.user_id, id);
    let last = call!(w, root, GetAccessKeyLastUsed, {"AccessKeyId": key.access_key_id.unwrap()});
    assert_eq!(last.unwrap().user_name.as_deref(), Some("anna"));
    let used = call!(w, root, ListEntitiesForPolicy, {"PolicyArn": read}).unwrap();
    assert_eq!(
        used.policy_users.unwrap()[0].user_name.as_deref(),
        Some("anna")
    );
    call!(w, root, DetachUserPolicy, {"UserName": "anna", "PolicyArn": read}).unwrap();
    let used = call!(w, root, ListEntitiesForPolicy, {"PolicyArn": read}).unwrap();
    assert!(used.policy_users.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_of_another_account_is_answered_like_one_that_is_not_there() {
    let w = world();
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let ann = w.user("ann", Some(all)).await.unwrap();
    let key = rolecall_identity::AccessKey {
        id: "AKIAOTHER00000000000".to_owned(),
        secret: "s".to_owned(),
        account: rolecall_base::AccountId::new("999999999999").unwrap(),
        user: Some("adm".to_owned()),
        status: rolecall_identity::KeyStatus::Active,
        created: w.now(),
    };
    w.put("AKIAOTHER00000000000", key).await.unwrap();
    for caller in [&ann, &w.root()] {
        let ask = async |id: &str| {
            let error = call!(w, caller, GetAccessKeyLastUsed, {"AccessKeyId": id}).unwrap_err();
            (error.status, error.to_string().replace(id, "ID"))
        };
        let there = ask("AKIAOTHER00000000000").await;
        assert_eq!(there, ask("AKIANOTTHERE00000000").await);
    }
}
