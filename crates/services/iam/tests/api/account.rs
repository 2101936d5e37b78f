//! The account: alias, summary, credential report, authorization details.

use std::time::Duration;

use crate::common::{TASKS, allow, call, refused, world};

#[tokio::test]
async fn an_account_has_one_alias_at_most() {
    let w = world();
    let root = w.root();
    let aliases = || async {
        let listed = call!(w, root, ListAccountAliases, {}).unwrap();
        listed.account_aliases.unwrap()
    };
    assert!(aliases().await.is_empty());
    call!(w, root, CreateAccountAlias, {"AccountAlias": "one"}).unwrap();
    call!(w, root, CreateAccountAlias, {"AccountAlias": "two"}).unwrap();
    assert_eq!(aliases().await, ["two"]);
    refused!(
        call!(w, root, DeleteAccountAlias, {"AccountAlias": "one"}),
        404,
        "NoSuchEntity: The account alias one cannot be found."
    );
    call!(w, root, DeleteAccountAlias, {"AccountAlias": "two"}).unwrap();
    assert!(aliases().await.is_empty());
}

#[tokio::test]
async fn the_summary_counts_and_names_quotas() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateGroup, {"GroupName": "devs"}).unwrap();
    call!(w, root, CreateVirtualMFADevice, {"VirtualMFADeviceName": "d"}).unwrap();
    call!(w, root, SetSecurityTokenServicePreferences, {
        "GlobalEndpointTokenVersion": "v2Token",
    })
    .unwrap();
    let summary = call!(w, root, GetAccountSummary, {})
        .unwrap()
        .summary_map
        .unwrap();
    for (name, count) in [
        ("Groups", 1),
        ("GroupsQuota", 300),
        ("GroupsPerUserQuota", 10),
        ("GroupPolicySizeQuota", 5_120),
        ("MFADevices", 1),
        ("MFADevicesInUse", 0),
        ("GlobalEndpointTokenVersion", 2),
        ("AttachedPoliciesPerGroupQuota", 10),
    ] {
        assert_eq!(summary.get(name), Some(&count), "{name}");
    }
    assert_eq!(summary.len(), 34);
}

#[tokio::test]
async fn the_credential_report_is_made_and_then_had_for_four_hours() {
    let w = world().with_account().await.unwrap();
    let root = w.root();
    refused!(
        call!(w, root, GetCredentialReport, {}),
        410,
        "ReportNotPresent: No report exists. Generate a new report first."
    );
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    call!(w, root, CreateAccessKey, {"UserName": "ann"}).unwrap();
    call!(w, root, UpdateAccountPasswordPolicy, {"MaxPasswordAge": 1}).unwrap();
    call!(w, root, CreateLoginProfile, {"UserName": "ann", "Password": "Correct-Horse-7"}).unwrap();
    let state = || async {
        let made = call!(w, root, GenerateCredentialReport, {}).unwrap();
        made.state.unwrap()
    };
    assert_eq!(state().await, "STARTED");
    assert_eq!(state().await, "COMPLETE");
    let got = call!(w, root, GetCredentialReport, {}).unwrap();
    assert_eq!(got.report_format.as_deref(), Some("text/csv"));
    let text = String::from_utf8(got.content.unwrap().0).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
         access_key_1_last_used_date,access_key_1_last_used_region,\
         access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
         access_key_2_last_used_date,access_key_2_last_used_region,\
         access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
         cert_2_last_rotated"
    );
    assert_eq!(
        lines[1],
        "<root_account>,arn:aws:iam::123456789012:root,2026-11-22T00:00:00+00:00,not_supported,\
         no_information,not_supported,not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,\
         N/A,N/A,false,N/A,false,N/A"
    );
    assert_eq!(
        lines[2],
        "ann,arn:aws:iam::123456789012:user/ann,2026-11-22T00:00:00+00:00,true,no_information,\
         2026-11-22T00:00:00+00:00,2026-11-23T00:00:00+00:00,false,true,\
         2026-11-22T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    );
    assert_eq!(lines.len(), 3);
    w.advance(Duration::from_secs(4 * 3600 + 1));
    refused!(
        call!(w, root, GetCredentialReport, {}),
        410,
        "ReportExpired: The report has expired. Generate a new report first."
    );
    assert_eq!(state().await, "STARTED");
}

#[tokio::test]
async fn the_authorization_details_show_everything_in_pages() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    call!(w, root, CreateUser, {"UserName": "bob"}).unwrap();
    call!(w, root, CreateGroup, {"GroupName": "devs"}).unwrap();
    call!(w, root, AddUserToGroup, {"GroupName": "devs", "UserName": "ann"}).unwrap();
    call!(w, root, CreateRole, {"RoleName": "app", "AssumeRolePolicyDocument": TASKS}).unwrap();
    let document = allow("s3:ListBucket", "*");
    call!(w, root, PutGroupPolicy, {
        "GroupName": "devs", "PolicyName": "p", "PolicyDocument": document,
    })
    .unwrap();
    call!(w, root, CreatePolicy, {"PolicyName": "own", "PolicyDocument": document}).unwrap();
    call!(w, root, AttachRolePolicy, {
        "RoleName": "app", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    })
    .unwrap();
    let (mut seen, mut marker) = (Vec::new(), None::<String>);
    loop {
        let mut input = serde_json::json!({"MaxItems": 1});
        if let Some(marker) = marker {
            input["Marker"] = marker.into();
        }
        let page = call!(w, root, GetAccountAuthorizationDetails, input).unwrap();
        let users = page.user_detail_list.unwrap();
        seen.extend(users.into_iter().map(|user| user.user_name.unwrap()));
        let groups = page.group_detail_list.unwrap();
        seen.extend(groups.into_iter().map(|group| group.group_name.unwrap()));
        let roles = page.role_detail_list.unwrap();
        seen.extend(roles.into_iter().map(|role| role.role_name.unwrap()));
        let policies = page.policies.unwrap();
        seen.extend(
            policies
                .into_iter()
                .map(|policy| policy.policy_name.unwrap()),
        );
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["ann", "bob", "devs", "app", "own", "AmazonS3ReadOnlyAccess"]
    );
    let some = call!(w, root, GetAccountAuthorizationDetails, {"Filter": ["User", "Group"]});
    let some = some.unwrap();
    assert_eq!(
        some.user_detail_list.unwrap()[0].group_list,
        Some(vec!["devs".to_owned()])
    );
    let group = &some.group_detail_list.unwrap()[0];
    let inline = group.group_policy_list.as_ref().unwrap();
    assert!(
        inline[0]
            .policy_document
            .as_ref()
            .unwrap()
            .starts_with("%7B")
    );
    assert!(some.role_detail_list.unwrap().is_empty());
    assert!(some.policies.unwrap().is_empty());
}
