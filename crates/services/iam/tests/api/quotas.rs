//! Quotas of accounts: each account has its own.

use rolecall_base::AccountId;
use rolecall_identity::{Caller, Quotas};
use rolecall_testkit::World;
use serde_json::{Value, json};

use crate::common::{TASKS, allow, call, refused, world};

/// What an account may have of each in these tests.
const MAX: usize = 2;

/// A world with small quotas for two accounts, and the root users of both.
async fn small() -> (World, Caller, Caller) {
    let w = world();
    let other = AccountId::new("210987654321").unwrap();
    for account in [&w.account, &other] {
        let quotas = Quotas {
            roles: MAX,
            users: MAX,
            groups: MAX,
            policies: MAX,
            instance_profiles: MAX,
            ..Quotas::default()
        };
        w.put(account.as_str(), quotas).await.unwrap();
    }
    let (own, other) = (w.root(), Caller::root(&other, None));
    (w, own, other)
}

async fn summary(w: &World, caller: &Caller, name: &str) -> i32 {
    let out = call!(w, *caller, GetAccountSummary, {}).unwrap();
    out.summary_map.unwrap()[name]
}

/// Fills, asks for one more, looks at the other account, makes room.
macro_rules! limited {
    ($create:ident, $delete:ident, $quota:literal, $count:literal, $input:expr, $gone:expr) => {{
        let (w, own, other) = small().await;
        let input: fn(&str) -> Value = $input;
        let create = async |caller: &Caller, name: &str| {
            let made = w.call::<rolecall_api::iam::$create>(caller, input(name));
            made.await.map(drop)
        };
        create(&own, "one").await.unwrap();
        create(&own, "two").await.unwrap();
        refused!(
            create(&own, "three").await,
            409,
            format!("LimitExceeded: Cannot exceed quota for {}: 2", $quota)
        );
        create(&other, "one").await.unwrap();
        create(&other, "two").await.unwrap();
        assert!(create(&other, "three").await.is_err());
        assert_eq!(summary(&w, &own, $count).await, 2);
        let gone: fn(&str) -> Value = $gone;
        let deleted = w
            .call::<rolecall_api::iam::$delete>(&own, gone("one"))
            .await;
        deleted.map(drop).unwrap();
        assert_eq!(summary(&w, &own, $count).await, 1);
        assert_eq!(summary(&w, &other, $count).await, 2);
        create(&own, "three").await.unwrap();
        assert!(create(&own, "four").await.is_err());
        assert!(create(&other, "three").await.is_err());
    }};
}

#[tokio::test]
async fn roles_are_counted_by_account() {
    limited!(
        CreateRole,
        DeleteRole,
        "RolesPerAccount",
        "Roles",
        |name| json!({ "RoleName": name, "AssumeRolePolicyDocument": TASKS }),
        |name| json!({ "RoleName": name })
    );
}

#[tokio::test]
async fn users_are_counted_by_account() {
    limited!(
        CreateUser,
        DeleteUser,
        "UsersPerAccount",
        "Users",
        |name| json!({ "UserName": name }),
        |name| json!({ "UserName": name })
    );
}

#[tokio::test]
async fn groups_are_counted_by_account() {
    limited!(
        CreateGroup,
        DeleteGroup,
        "GroupsPerAccount",
        "Groups",
        |name| json!({ "GroupName": name }),
        |name| json!({ "GroupName": name })
    );
}

#[tokio::test]
async fn policies_are_counted_by_account() {
    limited!(
        CreatePolicy,
        DeletePolicy,
        "PoliciesPerAccount",
        "Policies",
        |name| json!({ "PolicyName": name, "PolicyDocument": allow("ecs:*", "*") }),
        |name| json!({ "PolicyArn": format!("arn:aws:iam::123456789012:policy/{name}") })
    );
}

#[tokio::test]
async fn instance_profiles_are_counted_by_account() {
    limited!(
        CreateInstanceProfile,
        DeleteInstanceProfile,
        "InstanceProfilesPerAccount",
        "InstanceProfiles",
        |name| json!({ "InstanceProfileName": name }),
        |name| json!({ "InstanceProfileName": name })
    );
}

#[tokio::test]
async fn devices_are_counted_by_account() {
    limited!(
        CreateVirtualMFADevice,
        DeleteVirtualMFADevice,
        "VirtualMFADevicesPerAccount",
        "MFADevices",
        |name| json!({ "VirtualMFADeviceName": name }),
        |name| json!({ "SerialNumber": format!("arn:aws:iam::123456789012:mfa/{name}") })
    );
}

#[tokio::test]
async fn a_renamed_user_is_still_one() {
    let (w, own, _) = small().await;
    call!(w, own, CreateUser, { "UserName": "one" }).unwrap();
    call!(w, own, UpdateUser, { "UserName": "one", "NewUserName": "uno" }).unwrap();
    assert_eq!(summary(&w, &own, "Users").await, 1);
    call!(w, own, CreateUser, { "UserName": "two" }).unwrap();
    assert!(call!(w, own, CreateUser, { "UserName": "three" }).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_creations_at_once_only_those_that_fit_succeed() {
    let (w, own, _) = small().await;
    let w = std::sync::Arc::new(w);
    let one = |n: usize| {
        let (w, own) = (std::sync::Arc::clone(&w), own.clone());
        async move {
            let input = json!({ "UserName": format!("user-{n}") });
            let made = w.call::<rolecall_api::iam::CreateUser>(&own, input).await;
            usize::from(made.is_ok())
        }
    };
    let mut all: tokio::task::JoinSet<usize> = (0..20).map(one).collect();
    let mut made = 0;
    while let Some(one) = all.join_next().await {
        made += one.unwrap();
    }
    assert_eq!(made, MAX);
    assert_eq!(summary(&w, &own, "Users").await, 2);
}
