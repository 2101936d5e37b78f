//! Sessions with multi-factor authentication.

use std::time::Duration;

use rolecall_base::AwsError;
use rolecall_identity::Caller;
use rolecall_testkit::{World, totp};
use serde_json::json;

use crate::common::{call, refused, trust, world};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/ann";

/// A user with a device that is enabled, and the device's seed. Its last code was a minute ago.
async fn with_device(w: &World) -> Result<(Caller, String), AwsError> {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
            {
                "Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*",
                "Condition": {
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                    "NumericLessThan": {"aws:MultiFactorAuthAge": "300"},
                },
            },
        ],
    });
    let ann = w.user("ann", Some(&policy.to_string())).await?;
    let made = call!(w, w.root(), iam::CreateVirtualMFADevice, {"VirtualMFADeviceName": "ann"});
    let made = made?.virtual_mfa_device.unwrap_or_default();
    let seed = made.base32_string_seed.unwrap_or_default().0;
    let seed = String::from_utf8_lossy(&seed).into_owned();
    let now = w.now().epoch_seconds();
    call!(w, w.root(), iam::EnableMFADevice, {
        "UserName": "ann", "SerialNumber": SERIAL,
        "AuthenticationCode1": totp(&seed, now - 30), "AuthenticationCode2": totp(&seed, now),
    })?;
    w.advance(Duration::from_secs(60));
    Ok((ann, seed))
}

#[tokio::test]
async fn a_code_makes_a_session_with_mfa_once() {
    let w = world().await;
    let (ann, seed) = with_device(&w).await.unwrap();
    let code = totp(&seed, w.now().epoch_seconds());
    refused!(
        call!(w, ann, sts::GetSessionToken, {"SerialNumber": SERIAL}),
        403,
        "AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and \
         one time pass code."
    );
    let other = code.replace(|_| true, "0");
    refused!(
        call!(w, ann, sts::GetSessionToken, {"SerialNumber": SERIAL, "TokenCode": other}),
        403,
        "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
    );
    let input = json!({"SerialNumber": SERIAL, "TokenCode": code});
    let made = call!(w, ann, sts::GetSessionToken, input).unwrap();
    refused!(
        call!(w, ann, sts::GetSessionToken, input),
        403,
        "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
    );
    let bob = w.user("bob", None).await.unwrap();
    w.advance(Duration::from_secs(30));
    let code = totp(&seed, w.now().epoch_seconds());
    for caller in [&bob, &w.root()] {
        refused!(
            call!(w, caller, sts::GetSessionToken, {"SerialNumber": SERIAL, "TokenCode": code}),
            403,
            "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please \
             verify your MFA serial number is valid and associated with this user."
        );
    }
    // The condition on the key's presence, and on how long ago it was.
    assert!(call!(w, ann, iam::ListRoles, {}).is_err());
    let token = made.credentials.unwrap().session_token.unwrap();
    let session = w.of_token(&token).unwrap();
    call!(w, session, iam::ListRoles, {}).unwrap();
    w.advance(Duration::from_secs(300));
    assert!(call!(w, session, iam::ListRoles, {}).is_err());
}

#[tokio::test]
async fn codes_cannot_be_guessed_one_after_the_other() {
    let w = world().await;
    let (ann, seed) = with_device(&w).await.unwrap();
    let right = || totp(&seed, w.now().epoch_seconds());
    let try_code = |code: String| {
        let (w, ann) = (&w, &ann);
        async move { call!(w, ann, sts::GetSessionToken, {"SerialNumber": SERIAL, "TokenCode": code}) }
    };
    // Somebody else's attempts at the device are none.
    let bob = w.user("bob", None).await.unwrap();
    for _ in 0..6 {
        let input = json!({"SerialNumber": SERIAL, "TokenCode": "000000"});
        assert!(call!(w, bob, sts::GetSessionToken, input).is_err());
    }
    for _ in 0..5 {
        assert!(try_code("000000".to_owned()).await.is_err());
    }
    let refused = try_code(right()).await.unwrap_err();
    assert!(refused.message.contains("invalid MFA one time pass code"));
    w.advance(Duration::from_secs(60));
    try_code(right()).await.unwrap();
    w.advance(Duration::from_secs(30));
    try_code(right()).await.unwrap();
}

#[tokio::test]
async fn a_role_that_demands_mfa_is_assumed_with_a_code_and_its_session_has_none() {
    let w = world().await;
    let (ann, seed) = with_device(&w).await.unwrap();
    let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let principal = "arn:aws:iam::123456789012:user/ann";
    let trust = trust("AWS", principal, &["sts:AssumeRole"], condition);
    call!(w, w.root(), iam::CreateRole, {"RoleName": "r", "AssumeRolePolicyDocument": trust})
        .unwrap();
    let arn = "arn:aws:iam::123456789012:role/r";
    let mut input = json!({"RoleArn": arn, "RoleSessionName": "ann"});
    refused!(
        call!(w, ann, sts::AssumeRole, input),
        403,
        format!(
            "AccessDenied: User: {principal} is not authorized to perform: sts:AssumeRole on \
             resource: {arn}"
        )
    );
    input["SerialNumber"] = SERIAL.into();
    input["TokenCode"] = totp(&seed, w.now().epoch_seconds()).into();
    let made = call!(w, ann, sts::AssumeRole, input).unwrap();
    refused!(
        call!(w, ann, sts::AssumeRole, input),
        403,
        "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
    );
    let token = made.credentials.unwrap().session_token.unwrap();
    let session = w.of_token(&token).unwrap();
    assert!(!session.session().unwrap().mfa);
}
