//! Login profiles and the account's password policy.

use crate::common::{allow, call, refused, world};

const GOOD: &str = "Correct-Horse-7";

#[tokio::test]
async fn a_user_changes_its_own_password_by_the_rules() {
    let w = world();
    let root = w.root();
    let own = "arn:aws:iam::123456789012:user/${aws:username}";
    let ann = w
        .user("ann", Some(&allow("iam:ChangePassword", own)))
        .await
        .unwrap();
    refused!(
        call!(w, ann, ChangePassword, {"OldPassword": "x", "NewPassword": GOOD}),
        404,
        "NoSuchEntity: Login Profile for User ann cannot be found."
    );
    refused!(
        call!(w, root, CreateLoginProfile, {"UserName": "ann", "Password": "short"}),
        400,
        "PasswordPolicyViolation: Password should have a minimum length of 8"
    );
    let made = call!(w, root, CreateLoginProfile, {
        "UserName": "ann", "Password": GOOD, "PasswordResetRequired": true,
    })
    .unwrap()
    .login_profile
    .unwrap();
    assert_eq!(made.password_reset_required, Some(true));
    refused!(
        call!(w, root, CreateLoginProfile, {"UserName": "Ann", "Password": GOOD}),
        409,
        "EntityAlreadyExists: Login Profile for user ann already exists."
    );
    refused!(
        call!(w, ann, ChangePassword, {"OldPassword": "wrong", "NewPassword": "Other-Horse-8"}),
        403,
        "AccessDenied: The old password was incorrect."
    );
    call!(w, root, UpdateAccountPasswordPolicy, {
        "MinimumPasswordLength": 10, "PasswordReusePrevention": 2, "RequireSymbols": true,
    })
    .unwrap();
    let change = |old: &'static str, new: &'static str| {
        let (w, ann) = (&w, &ann);
        async move { call!(w, ann, ChangePassword, {"OldPassword": old, "NewPassword": new}) }
    };
    refused!(
        change(GOOD, "OtherHorse8").await,
        400,
        "PasswordPolicyViolation: Password should have at least one symbol"
    );
    refused!(
        change(GOOD, GOOD).await,
        400,
        "PasswordPolicyViolation: Password cannot be one of the last 2 passwords used"
    );
    change(GOOD, "Other-Horse-8").await.unwrap();
    let got = call!(w, root, GetLoginProfile, {"UserName": "ann"}).unwrap();
    assert_eq!(
        got.login_profile.unwrap().password_reset_required,
        Some(false)
    );
    assert!(change("Other-Horse-8", GOOD).await.is_err());
    change("Other-Horse-8", "Third-Horse-9").await.unwrap();
    change("Third-Horse-9", GOOD).await.unwrap();
    refused!(
        call!(w, root, ChangePassword, {"OldPassword": GOOD, "NewPassword": "Other-Horse-8"}),
        400,
        "InvalidUserType: Only IAM Users can change their own password"
    );
    let bob = w.user("bob", None).await.unwrap();
    refused!(
        call!(w, bob, ChangePassword, {"OldPassword": GOOD, "NewPassword": "Other-Horse-8"}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: \
         iam:ChangePassword on resource: user bob because no \
         identity-based policy allows the iam:ChangePassword action"
    );
}

#[tokio::test]
async fn a_password_follows_its_user_and_is_taken_away_before_it() {
    let w = world();
    let root = w.root();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    call!(w, root, CreateLoginProfile, {"UserName": "ann", "Password": GOOD}).unwrap();
    call!(w, root, UpdateUser, {"UserName": "ann", "NewUserName": "anna"}).unwrap();
    let got = call!(w, root, GetLoginProfile, {"UserName": "anna"}).unwrap();
    assert_eq!(
        got.login_profile.unwrap().user_name.as_deref(),
        Some("anna")
    );
    call!(w, root, UpdateLoginProfile, {"UserName": "anna", "Password": "Other-Horse-8"}).unwrap();
    refused!(
        call!(w, root, DeleteUser, {"UserName": "anna"}),
        409,
        "DeleteConflict: Cannot delete entity, must delete login profile first."
    );
    call!(w, root, DeleteLoginProfile, {"UserName": "anna"}).unwrap();
    refused!(
        call!(w, root, GetLoginProfile, {"UserName": "anna"}),
        404,
        "NoSuchEntity: Login Profile for User anna cannot be found."
    );
    call!(w, root, DeleteUser, {"UserName": "anna"}).unwrap();
}

#[tokio::test]
async fn the_password_policy_is_set_as_a_whole() {
    let w = world();
    let root = w.root();
    let none = "NoSuchEntity: The Password Policy with domain name 123456789012 cannot be found.";
    refused!(call!(w, root, GetAccountPasswordPolicy, {}), 404, none);
    refused!(call!(w, root, DeleteAccountPasswordPolicy, {}), 404, none);
    call!(w, root, UpdateAccountPasswordPolicy, {"MaxPasswordAge": 90, "HardExpiry": true})
        .unwrap();
    call!(w, root, UpdateAccountPasswordPolicy, {"RequireNumbers": true}).unwrap();
    let policy = call!(w, root, GetAccountPasswordPolicy, {})
        .unwrap()
        .password_policy
        .unwrap();
    assert_eq!(policy.minimum_password_length, Some(6));
    assert_eq!(policy.require_numbers, Some(true));
    assert_eq!(policy.expire_passwords, Some(false));
    assert_eq!(policy.max_password_age, None);
    call!(w, root, DeleteAccountPasswordPolicy, {}).unwrap();
    refused!(call!(w, root, GetAccountPasswordPolicy, {}), 404, none);
}
