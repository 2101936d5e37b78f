//! Member accounts.

use std::sync::Arc;

use rolecall_identity::Caller;
use serde_json::json;

use crate::common::{administrator, call, member, organization_id, organized, refused, unit};

#[tokio::test]
async fn a_created_account_is_listed_described_and_moved() {
    let (w, root) = organized().await;
    let account = member(&w, "member").await;
    let one = call!(w, w.root(), organizations::DescribeAccount, { "AccountId": account });
    let one = one.unwrap().account.unwrap();
    let id = organization_id();
    let arn = format!("arn:aws:organizations::123456789012:account/{id}/{account}");
    assert_eq!(one.arn, Some(arn));
    assert_eq!(one.email.as_deref(), Some("member@example.com"));
    assert_eq!(one.status.as_deref(), Some("ACTIVE"));
    assert_eq!(one.joined_method.as_deref(), Some("CREATED"));
    assert_eq!(one.paths, Some(vec![format!("{id}/{root}/{account}/")]));
    let all = call!(w, w.root(), organizations::ListAccounts, {}).unwrap();
    assert_eq!(all.accounts.unwrap().len(), 2);
    let unit = unit(&w, &root, "unit").await;
    let moved = |from: &str, to: &str| {
        serde_json::json!({
            "AccountId": account, "SourceParentId": from, "DestinationParentId": to,
        })
    };
    type Move = rolecall_api::organizations::MoveAccount;
    w.call::<Move>(&w.root(), moved(&root, &unit))
        .await
        .unwrap();
    let there = call!(w, w.root(), organizations::ListAccountsForParent, { "ParentId": unit });
    assert_eq!(there.unwrap().accounts.unwrap().len(), 1);
    refused!(
        w.call::<Move>(&w.root(), moved(&root, &unit)).await,
        "DuplicateAccountException: That account is already present in the specified destination."
    );
    refused!(
        w.call::<Move>(&w.root(), moved("r-none", &root)).await,
        "SourceParentNotFoundException: You specified a source parent that doesn't exist."
    );
    refused!(
        w.call::<Move>(&w.root(), moved(&unit, "r-none")).await,
        "DestinationParentNotFoundException: You specified a destination parent that doesn't exist."
    );
}

#[tokio::test]
async fn an_address_is_used_once_and_there_are_ten_accounts() {
    let (w, _) = organized().await;
    for n in 1..10 {
        member(&w, &format!("member-{n}")).await;
    }
    for (email, reason) in [
        ("member-1@example.com", "EMAIL_ALREADY_EXISTS"),
        ("another@example.com", "ACCOUNT_LIMIT_EXCEEDED"),
    ] {
        let made = call!(w, w.root(), organizations::CreateAccount, {
            "AccountName": "one more", "Email": email,
        });
        let id = made.unwrap().create_account_status.unwrap().id;
        let over = call!(w, w.root(), organizations::DescribeCreateAccountStatus, {
            "CreateAccountRequestId": id,
        });
        let over = over.unwrap().create_account_status.unwrap();
        assert_eq!(over.state.as_deref(), Some("FAILED"));
        assert_eq!(over.failure_reason.as_deref(), Some(reason));
    }
    let failed = call!(w, w.root(), organizations::ListCreateAccountStatus, {
        "States": ["FAILED"],
    });
    assert_eq!(failed.unwrap().create_account_statuses.unwrap().len(), 2);
}

#[tokio::test]
async fn a_member_may_ask_where_it_is_and_leave_and_no_more() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    let seen = call!(w, admin, organizations::DescribeOrganization, {}).unwrap();
    assert_eq!(seen.organization.unwrap().id, Some(organization_id()));
    refused!(
        call!(w, admin, organizations::ListAccounts, {}),
        "AccessDeniedException: You don't have permissions to access this resource."
    );
    refused!(
        call!(w, w.root(), organizations::LeaveOrganization, {}),
        "MasterCannotLeaveOrganizationException: You can't remove a management account from an \
         organization."
    );
    let error = call!(w, w.root(), organizations::DeleteOrganization, {});
    assert_eq!(
        error.map(drop).unwrap_err().code,
        "OrganizationNotEmptyException"
    );
    call!(w, admin, organizations::LeaveOrganization, {}).unwrap();
    let error = call!(w, admin, organizations::DescribeOrganization, {});
    assert_eq!(
        error.map(drop).unwrap_err().code,
        "AWSOrganizationsNotInUseException"
    );
    call!(w, w.root(), organizations::DeleteOrganization, {}).unwrap();
}

#[tokio::test]
async fn a_closed_account_says_so() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    call!(w, w.root(), organizations::CloseAccount, { "AccountId": account }).unwrap();
    let one = call!(w, w.root(), organizations::DescribeAccount, { "AccountId": account });
    let one = one.unwrap().account.unwrap();
    assert_eq!(one.status.as_deref(), Some("SUSPENDED"));
    assert_eq!(one.state.as_deref(), Some("CLOSED"));
    let again = call!(w, w.root(), organizations::CloseAccount, { "AccountId": account });
    assert_eq!(
        again.map(drop).unwrap_err().code,
        "AccountAlreadyClosedException"
    );
    let own = call!(w, w.root(), organizations::CloseAccount, { "AccountId": "123456789012" });
    let error = own.map(drop).unwrap_err();
    assert_eq!(
        error.fields,
        [("Reason", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT".to_owned())]
    );
}

#[tokio::test]
async fn a_closed_account_cannot_be_taken_out_and_used_again() {
    let (w, _) = organized().await;
    let account = member(&w, "member").await;
    let admin = administrator(&w, &account).await.unwrap();
    let claims = Arc::new(admin.session().unwrap().clone());
    let again = || Caller::of_session(&w.pipeline.store().snapshot(), &claims);
    assert!(again().is_some());
    call!(w, w.root(), organizations::CloseAccount, { "AccountId": account }).unwrap();
    assert!(again().is_none());
    let input = json!({ "AccountId": account });
    refused!(
        w.call::<rolecall_api::organizations::RemoveAccountFromOrganization>(&w.root(), input)
            .await,
        "ConstraintViolationException: You cannot remove a closed account from an organization."
    );
    assert!(again().is_none());
}
