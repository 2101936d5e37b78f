//! Central access to the root users of member accounts.

use std::time::Duration;

use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_testkit::World;
use serde_json::json;

use crate::common::{
    administrator, attached, call, detach, member, organization_id, organized, refused, world,
};

const AUDIT: &str = "IAMAuditRootUserCredentials";
const PASSWORD: &str = "IAMCreateRootUserPassword";
const DELETE: &str = "IAMDeleteRootUserCredentials";
const BUCKET: &str = "S3UnlockBucketPolicy";
const QUEUE: &str = "SQSUnlockQueuePolicy";

fn arn(task: &str) -> String {
    format!("arn:aws:iam::aws:policy/root-task/{task}")
}

/// Trusted access for IAM, and both features.
async fn centralize(w: &World) {
    let iam = "iam.amazonaws.com";
    call!(w, w.root(), organizations::EnableAWSServiceAccess, { "ServicePrincipal": iam }).unwrap();
    call!(
        w,
        w.root(),
        iam::EnableOrganizationsRootCredentialsManagement,
        {}
    )
    .unwrap();
    call!(w, w.root(), iam::EnableOrganizationsRootSessions, {}).unwrap();
}

/// A user of the management account who may assume the root of `account` for `task`.
async fn operator(w: &World, account: &str, task: &str) -> Caller {
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRoot",
        "Resource": format!("arn:aws:iam::{account}:root"),
        "Condition": { "ArnEquals": { "sts:TaskPolicyArn": arn(task) } },
    } });
    w.user("operator", Some(&policy.to_string())).await.unwrap()
}

async fn assume(w: &World, caller: &Caller, target: &str, task: &str) -> Result<Caller, AwsError> {
    let input = json!({ "TargetPrincipal": target, "TaskPolicyArn": { "arn": arn(task) } });
    let given = w
        .call::<rolecall_api::sts::AssumeRoot>(caller, input)
        .await?;
    w.of_token(&given.credentials.unwrap().session_token.unwrap())
}

/// The root of `account` in a session for `task`.
async fn session(w: &World, account: &str, task: &str) -> Caller {
    let operator = operator(w, account, task).await;
    assume(w, &operator, account, task).await.unwrap()
}

fn denied(account: &str, action: &str, resource: &str, task: &str) -> String {
    format!(
        "AccessDenied: User: arn:aws:iam::{account}:root is not authorized to perform: {action} on \
         resource: {resource} with an explicit deny in an identity-based policy: {}",
        arn(task)
    )
}

#[tokio::test]
async fn features_need_an_organization_its_management_and_trusted_access() {
    let w = world().await;
    let all = async |w: &World, caller: &Caller| -> Vec<String> {
        let e = |answer: Result<(), AwsError>| answer.unwrap_err().code.into_owned();
        vec![
            e(call!(w, *caller, iam::ListOrganizationsFeatures, {}).map(drop)),
            e(call!(w, *caller, iam::EnableOrganizationsRootSessions, {}).map(drop)),
            e(call!(
                w,
                *caller,
                iam::EnableOrganizationsRootCredentialsManagement,
                {}
            )
            .map(drop)),
            e(call!(w, *caller, iam::DisableOrganizationsRootSessions, {}).map(drop)),
            e(call!(
                w,
                *caller,
                iam::DisableOrganizationsRootCredentialsManagement,
                {}
            )
            .map(drop)),
        ]
    };
    assert_eq!(
        all(&w, &w.root()).await,
        ["OrganizationNotFoundException"; 5]
    );
    call!(w, w.root(), organizations::CreateOrganization, { "FeatureSet": "CONSOLIDATED_BILLING" })
        .unwrap();
    assert_eq!(
        all(&w, &w.root()).await,
        ["OrganizationNotInAllFeaturesModeException"; 5]
    );
    let (w, _) = organized().await;
    assert_eq!(
        all(&w, &w.root()).await,
        ["ServiceAccessNotEnabledException"; 5]
    );
    centralize(&w).await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    let stranger = "AccountNotManagementOrDelegatedAdministratorException";
    let management = "CallerIsNotManagementAccountException";
    let wanted = [stranger, management, management, stranger, stranger];
    assert_eq!(all(&w, &admin).await, wanted);
}

#[tokio::test]
async fn features_are_enabled_listed_and_disabled() {
    let (w, _) = organized().await;
    let iam = "iam.amazonaws.com";
    call!(w, w.root(), organizations::EnableAWSServiceAccess, { "ServicePrincipal": iam }).unwrap();
    let listed = async || {
        let listed = call!(w, w.root(), iam::ListOrganizationsFeatures, {}).unwrap();
        assert_eq!(listed.organization_id, Some(organization_id()));
        listed.enabled_features.unwrap()
    };
    assert!(listed().await.is_empty());
    for _ in 0..2 {
        let made = call!(w, w.root(), iam::EnableOrganizationsRootSessions, {}).unwrap();
        assert_eq!(made.enabled_features.unwrap(), ["RootSessions"]);
    }
    call!(
        w,
        w.root(),
        iam::EnableOrganizationsRootCredentialsManagement,
        {}
    )
    .unwrap();
    assert_eq!(
        listed().await,
        ["RootCredentialsManagement", "RootSessions"]
    );
    let gone = call!(w, w.root(), iam::DisableOrganizationsRootSessions, {}).unwrap();
    assert_eq!(
        gone.enabled_features.unwrap(),
        ["RootCredentialsManagement"]
    );
    call!(
        w,
        w.root(),
        iam::DisableOrganizationsRootCredentialsManagement,
        {}
    )
    .unwrap();
    assert!(listed().await.is_empty());
}

#[tokio::test]
async fn a_session_is_for_one_task_of_one_member_and_for_who_may() {
    let (w, _) = organized().await;
    let (account, other) = (member(&w, "member").await, member(&w, "other").await);
    let user = operator(&w, &account, AUDIT).await;
    let root = format!("arn:aws:iam::{account}:root");
    let subject = |account: &str| {
        format!(
            "AccessDenied: User: arn:aws:iam::123456789012:user/operator is not authorized to \
             perform: sts:AssumeRoot on resource: arn:aws:iam::{account}:root because "
        )
    };
    let closed = subject(&account)
        + "it is no member account for which this organization has enabled \
           RootCredentialsManagement";
    refused!(assume(&w, &user, &account, AUDIT).await, closed.clone());
    centralize(&w).await;
    let given = assume(&w, &user, &root, AUDIT).await.unwrap();
    assert_eq!(
        (given.arn.clone(), given.unique_id.clone()),
        (root, account.clone())
    );
    let who = call!(w, given, sts::GetCallerIdentity, {}).unwrap();
    assert_eq!(who.arn, Some(format!("arn:aws:iam::{account}:root")));
    // Another task, another member, the management account, nobody's account.
    let no = "no identity-based policy allows the sts:AssumeRoot action";
    refused!(
        assume(&w, &user, &account, DELETE).await,
        subject(&account) + no
    );
    refused!(assume(&w, &user, &other, AUDIT).await, subject(&other) + no);
    let all = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let user = w.user("operator", Some(&all.to_string())).await.unwrap();
    for target in ["123456789012", "999988887777"] {
        let text = assume(&w, &user, target, AUDIT).await.unwrap_err();
        assert!(
            text.message.contains("it is no member account"),
            "{}",
            text.message
        );
    }
    refused!(
        assume(&w, &user, "member@example.com", AUDIT).await,
        "ValidationError: member@example.com is invalid"
    );
    let task = json!({ "TargetPrincipal": account,
        "TaskPolicyArn": { "arn": "arn:aws:iam::aws:policy/AdministratorAccess" } });
    refused!(
        w.call::<rolecall_api::sts::AssumeRoot>(&user, task).await,
        "ValidationError: arn:aws:iam::aws:policy/AdministratorAccess is not a task policy of \
         AssumeRoot."
    );
    // A member's administrator is no operator, also not for its own root.
    let admin = administrator(&w, &account).await.unwrap();
    for target in [&account, &other] {
        assert_eq!(
            assume(&w, &admin, target, AUDIT).await.unwrap_err().code,
            "AccessDenied"
        );
    }
    for caller in [&w.root(), &given] {
        refused!(
            assume(&w, caller, &account, AUDIT).await,
            "AccessDenied: AssumeRoot may not be called with root user credentials."
        );
    }
}

#[tokio::test]
async fn a_session_lasts_a_quarter_of_an_hour_and_no_longer_than_what_it_comes_from() {
    let (w, _) = organized().await;
    centralize(&w).await;
    let account = member(&w, "member").await;
    let user = operator(&w, &account, BUCKET).await;
    let take = async |seconds: Option<u32>| {
        let mut input =
            json!({ "TargetPrincipal": account, "TaskPolicyArn": { "arn": arn(BUCKET) } });
        if let (Some(seconds), Some(members)) = (seconds, input.as_object_mut()) {
            members.insert("DurationSeconds".to_owned(), seconds.into());
        }
        let given = w.call::<rolecall_api::sts::AssumeRoot>(&user, input).await;
        given.unwrap().credentials.unwrap()
    };
    let (given, short) = (take(None).await, take(Some(60)).await);
    assert_eq!(
        given.expiration,
        Some(w.now().plus(Duration::from_secs(900)))
    );
    let of = |credentials: &rolecall_api::sts::Credentials| {
        w.of_token(credentials.session_token.as_deref().unwrap())
    };
    w.advance(Duration::from_secs(60));
    assert_eq!(of(&short).unwrap_err().code, "ExpiredToken");
    let root = of(&given).unwrap();
    // It makes no other sessions.
    let no = "AccessDenied: Cannot call GetSessionToken with session credentials";
    refused!(call!(w, root, sts::GetSessionToken, {}), no);
    call!(w, w.root(), iam::DisableOrganizationsRootSessions, {}).unwrap();
    assert_eq!(of(&given).unwrap_err().code, "InvalidClientTokenId");
    call!(w, w.root(), iam::EnableOrganizationsRootSessions, {}).unwrap();
    of(&given).unwrap();
    call!(w, w.root(), organizations::DisableAWSServiceAccess,
        { "ServicePrincipal": "iam.amazonaws.com" })
    .unwrap();
    assert!(of(&given).is_err());
    centralize(&w).await;
    call!(w, w.root(), organizations::RemoveAccountFromOrganization, { "AccountId": account })
        .unwrap();
    assert!(of(&given).is_err());
}

#[tokio::test]
async fn what_the_audit_task_is_for_works_on_root_alone() {
    let (w, _) = organized().await;
    centralize(&w).await;
    let account = member(&w, "member").await;
    let root = session(&w, &account, AUDIT).await;
    let arn = format!("arn:aws:iam::{account}:root");
    let summary = call!(w, root, iam::GetAccountSummary, {})
        .unwrap()
        .summary_map
        .unwrap();
    for name in [
        "AccountAccessKeysPresent",
        "AccountPasswordPresent",
        "AccountMFAEnabled",
    ] {
        assert_eq!(summary.get(name), Some(&0), "{name}");
    }
    assert_eq!(summary.get("Roles"), Some(&1));
    let user = call!(w, root, iam::GetUser, {}).unwrap().user.unwrap();
    assert_eq!(user.arn, Some(arn.clone()));
    let devices = call!(w, root, iam::ListMFADevices, {}).unwrap();
    assert_eq!(devices.mfa_devices, Some(Vec::new()));
    let keys = call!(w, root, iam::ListAccessKeys, {}).unwrap();
    assert_eq!(keys.access_key_metadata, Some(Vec::new()));
    let certificates = call!(w, root, iam::ListSigningCertificates, {}).unwrap();
    assert_eq!(certificates.certificates, Some(Vec::new()));
    refused!(
        call!(w, root, iam::GetLoginProfile, {}),
        "NoSuchEntity: Login Profile for User root cannot be found."
    );
    let of_ann = call!(w, root, iam::GetUser, { "UserName": "ann" }).unwrap_err();
    let why = format!(
        "with an explicit deny in an identity-based policy: {}",
        crate::root_access::arn(AUDIT)
    );
    assert!(of_ann.message.ends_with(&why), "{}", of_ann.message);
    refused!(
        call!(w, root, iam::CreateAccessKey, {}),
        denied(&account, "iam:CreateAccessKey", &arn, AUDIT)
    );
    refused!(
        call!(w, root, iam::DeleteLoginProfile, {}),
        denied(&account, "iam:DeleteLoginProfile", &arn, AUDIT)
    );
    let text = call!(w, root, ecs::ListClusters, {}).unwrap_err();
    assert!(
        text.message.contains("with an explicit deny"),
        "{}",
        text.message
    );
}

#[tokio::test]
async fn the_recovery_of_roots_password_is_allowed_and_taken_back() {
    let (w, _) = organized().await;
    centralize(&w).await;
    let account = member(&w, "member").await;
    let root = session(&w, &account, PASSWORD).await;
    refused!(
        call!(w, root, iam::CreateLoginProfile, { "Password": "Correct-Horse-7" }),
        "ValidationError: The password must be omitted in an AssumeRoot session."
    );
    let made = call!(w, root, iam::CreateLoginProfile, {}).unwrap();
    let made = made.login_profile.unwrap();
    assert_eq!((made.user_name, made.create_date), (None, Some(w.now())));
    refused!(
        call!(w, root, iam::CreateLoginProfile, {}),
        "EntityAlreadyExists: Login Profile for user root already exists."
    );
    call!(w, root, iam::GetLoginProfile, {}).unwrap();
    let auditor = session(&w, &account, AUDIT).await;
    let summary = call!(w, auditor, iam::GetAccountSummary, {}).unwrap();
    let present = summary.summary_map.unwrap()["AccountPasswordPresent"];
    assert_eq!(present, 1);
    // A user who is named root is somebody else.
    let admin = administrator(&w, &account).await.unwrap();
    call!(w, admin, iam::CreateUser, { "UserName": "root" }).unwrap();
    assert!(call!(w, admin, iam::GetLoginProfile, { "UserName": "root" }).is_err());
    let arn = format!("arn:aws:iam::{account}:root");
    refused!(
        call!(w, root, iam::DeleteLoginProfile, {}),
        denied(&account, "iam:DeleteLoginProfile", &arn, PASSWORD)
    );
    let deleter = session(&w, &account, DELETE).await;
    call!(w, deleter, iam::DeleteLoginProfile, {}).unwrap();
    refused!(
        call!(w, deleter, iam::DeleteLoginProfile, {}),
        "NoSuchEntity: Login Profile for User root cannot be found."
    );
    let key = call!(w, deleter, iam::DeleteAccessKey, { "AccessKeyId": "AKIAIOSFODNN7EXAMPLE" });
    assert_eq!(key.unwrap_err().code, "NoSuchEntity");
    let device = format!("arn:aws:iam::{account}:mfa/root-account-mfa-device");
    let device = call!(w, deleter, iam::DeactivateMFADevice, { "SerialNumber": device });
    assert_eq!(device.unwrap_err().code, "NoSuchEntity");
    // Root outside of such a session names whose password it means.
    refused!(
        call!(w, w.root(), iam::GetLoginProfile, {}),
        "ValidationError: Must specify userName when calling with non-User credentials"
    );
}

#[tokio::test]
async fn tasks_of_services_that_are_not_served_allow_nothing_else() {
    let (w, _) = organized().await;
    centralize(&w).await;
    let account = member(&w, "member").await;
    for task in [BUCKET, QUEUE] {
        let root = session(&w, &account, task).await;
        let text = call!(w, root, iam::GetAccountSummary, {})
            .unwrap_err()
            .to_string();
        assert_eq!(text, denied(&account, "iam:GetAccountSummary", "*", task));
    }
}

#[tokio::test]
async fn policies_of_the_organization_limit_a_session_and_know_it_as_one() {
    let (w, _) = organized().await;
    centralize(&w).await;
    let account = member(&w, "member").await;
    let root = session(&w, &account, AUDIT).await;
    let scp = "SERVICE_CONTROL_POLICY";
    let all_roots = json!({ "StringLike": { "aws:PrincipalArn": "arn:aws:iam::*:root" } });
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": all_roots });
    let policy = attached(&w, scp, &account, deny).await;
    let text = call!(w, root, iam::GetAccountSummary, {})
        .unwrap_err()
        .message;
    assert!(
        text.contains("with an explicit deny in a service control policy"),
        "{text}"
    );
    detach(&w, &policy, &account).await.unwrap();
    // What AWS's own control lets through: the key is there in these sessions alone.
    let but = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "StringLike": { "aws:PrincipalArn": "arn:aws:iam::*:root" },
        "Null": { "aws:AssumedRoot": "true" } } });
    let policy = attached(&w, scp, &account, but).await;
    call!(w, root, iam::GetAccountSummary, {}).unwrap();
    let id = rolecall_base::AccountId::new(&account).unwrap();
    let plain = Caller::root(&id, None);
    assert!(call!(w, plain, iam::GetAccountSummary, {}).is_err());
    detach(&w, &policy, &account).await.unwrap();
    // The member's own side.
    let user = operator(&w, &account, AUDIT).await;
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoot",
        "Resource": "*" });
    attached(&w, "RESOURCE_CONTROL_POLICY", &account, deny).await;
    let text = assume(&w, &user, &account, AUDIT)
        .await
        .unwrap_err()
        .message;
    assert!(
        text.contains("explicit deny in a resource control policy"),
        "{text}"
    );
}
