//! Virtual MFA devices.

use rolecall_base::AwsError;
use rolecall_testkit::{World, totp};

use crate::common::{allow, call, refused, world};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/x/ann";

/// The code of the device `seconds` from now.
fn code(w: &World, seed: &str, seconds: i64) -> String {
    totp(seed, w.now().epoch_seconds() + seconds)
}

/// Makes the device and gives its seed.
async fn made(w: &World) -> Result<String, AwsError> {
    let made = call!(w, w.root(), CreateVirtualMFADevice, {
        "VirtualMFADeviceName": "ann", "Path": "/x/", "Tags": [{"Key": "Team", "Value": "a"}],
    })?
    .virtual_mfa_device
    .unwrap_or_default();
    assert_eq!(made.serial_number.as_deref(), Some(SERIAL));
    let image = made.qr_code_png.unwrap_or_default().0;
    assert!(image.starts_with(b"\x89PNG\r\n\x1a\n"));
    let seed = made.base32_string_seed.unwrap_or_default().0;
    let seed = String::from_utf8_lossy(&seed).into_owned();
    assert_eq!(seed.len(), 64);
    Ok(seed)
}

#[tokio::test]
async fn a_device_is_enabled_by_two_codes_and_deleted_when_nobody_has_it() {
    let w = world();
    let root = w.root();
    let seed = made(&w).await.unwrap();
    call!(w, root, CreateUser, {"UserName": "Ann"}).unwrap();
    let enable = |first: String, second: String| {
        let w = &w;
        async move {
            call!(w, w.root(), EnableMFADevice, {
                "UserName": "ann", "SerialNumber": SERIAL,
                "AuthenticationCode1": first, "AuthenticationCode2": second,
            })
        }
    };
    refused!(
        enable(code(&w, &seed, 0), code(&w, &seed, 0)).await,
        403,
        "InvalidAuthenticationCode: Authentication code for device is not valid."
    );
    enable(code(&w, &seed, -30), code(&w, &seed, 0))
        .await
        .unwrap();
    refused!(
        enable(code(&w, &seed, 0), code(&w, &seed, 30)).await,
        409,
        format!("EntityAlreadyExists: MFA device {SERIAL} is already in use.")
    );
    let listed = call!(w, root, ListMFADevices, {"UserName": "Ann"}).unwrap();
    let listed = listed.mfa_devices.unwrap();
    assert_eq!(listed[0].serial_number.as_deref(), Some(SERIAL));
    assert_eq!(listed[0].enable_date, Some(w.now()));
    call!(w, root, UpdateUser, {"UserName": "Ann", "NewUserName": "anna"}).unwrap();
    let got = call!(w, root, GetMFADevice, {"UserName": "anna", "SerialNumber": SERIAL}).unwrap();
    assert_eq!(got.user_name.as_deref(), Some("anna"));
    for (status, count) in [("Assigned", 1), ("Unassigned", 0), ("Any", 1)] {
        let listed = call!(w, root, ListVirtualMFADevices, {"AssignmentStatus": status}).unwrap();
        let listed = listed.virtual_mfa_devices.unwrap();
        assert_eq!(listed.len(), count, "{status}");
        assert!(
            listed
                .iter()
                .all(|device| device.base32_string_seed.is_none())
        );
    }
    refused!(
        call!(w, root, DeleteVirtualMFADevice, {"SerialNumber": SERIAL}),
        409,
        "DeleteConflict: MFA VirtualDevice in use. Must deactivate first."
    );
    refused!(
        call!(w, root, DeleteUser, {"UserName": "anna"}),
        409,
        "DeleteConflict: Cannot delete entity, must delete MFA device first."
    );
    call!(w, root, DeactivateMFADevice, {"UserName": "anna", "SerialNumber": SERIAL}).unwrap();
    refused!(
        call!(w, root, DeactivateMFADevice, {"UserName": "anna", "SerialNumber": SERIAL}),
        404,
        "NoSuchEntity: MFA Device invalid for user."
    );
    call!(w, root, DeleteVirtualMFADevice, {"SerialNumber": SERIAL}).unwrap();
    refused!(
        call!(w, root, DeleteVirtualMFADevice, {"SerialNumber": SERIAL}),
        404,
        format!("NoSuchEntity: VirtualMFADevice with serial number {SERIAL} does not exist.")
    );
    call!(w, root, DeleteUser, {"UserName": "anna"}).unwrap();
}

#[tokio::test]
async fn a_device_whose_clock_is_off_is_resynchronized() {
    let w = world();
    let root = w.root();
    let seed = made(&w).await.unwrap();
    call!(w, root, CreateUser, {"UserName": "ann"}).unwrap();
    let codes = |from: i64| {
        serde_json::json!({
            "UserName": "ann", "SerialNumber": SERIAL,
            "AuthenticationCode1": code(&w, &seed, from),
            "AuthenticationCode2": code(&w, &seed, from + 30),
        })
    };
    refused!(
        call!(w, root, ResyncMFADevice, codes(0)),
        404,
        "NoSuchEntity: MFA Device invalid for user."
    );
    call!(w, root, EnableMFADevice, codes(0)).unwrap();
    refused!(
        call!(w, root, ResyncMFADevice, codes(0)),
        403,
        "InvalidAuthenticationCode: Authentication code for device is not valid."
    );
    call!(w, root, ResyncMFADevice, codes(120)).unwrap();
}

#[tokio::test]
async fn tags_of_devices_count_in_conditions_and_making_one_with_tags_needs_both() {
    let w = world();
    made(&w).await.unwrap();
    let own = "arn:aws:iam::123456789012:mfa/${aws:username}";
    let ann = w
        .user("ann", Some(&allow("iam:CreateVirtualMFADevice", own)))
        .await
        .unwrap();
    call!(w, ann, CreateVirtualMFADevice, {"VirtualMFADeviceName": "ann"}).unwrap();
    refused!(
        call!(w, ann, CreateVirtualMFADevice, {"VirtualMFADeviceName": "bob"}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
         iam:CreateVirtualMFADevice on resource: arn:aws:iam::123456789012:mfa/bob because no \
         identity-based policy allows the iam:CreateVirtualMFADevice action"
    );
    refused!(
        call!(w, w.root(), CreateVirtualMFADevice, {"VirtualMFADeviceName": "ann"}),
        409,
        "EntityAlreadyExists: MFADevice entity at the same path and name already exists."
    );
    refused!(
        call!(w, ann, ListVirtualMFADevices, {}),
        403,
        "AccessDenied: User: arn:aws:iam::123456789012:user/ann is not authorized to perform: \
         iam:ListVirtualMFADevices on resource: arn:aws:iam::123456789012:mfa/ because no \
         identity-based policy allows the iam:ListVirtualMFADevices action"
    );
    let tagged = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Action": ["iam:*MFADevice*"], "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Team": "a"}},
        },
    });
    let bob = w.user("bob", Some(&tagged.to_string())).await.unwrap();
    let tags = call!(w, bob, ListMFADeviceTags, {"SerialNumber": SERIAL}).unwrap();
    assert_eq!(tags.tags.unwrap().len(), 1);
    call!(w, bob, TagMFADevice, {
        "SerialNumber": SERIAL, "Tags": [{"Key": "Other", "Value": "b"}],
    })
    .unwrap();
    call!(w, bob, UntagMFADevice, {"SerialNumber": SERIAL, "TagKeys": ["Team"]}).unwrap();
    assert_eq!(
        call!(w, bob, ListMFADeviceTags, {"SerialNumber": SERIAL})
            .unwrap_err()
            .code,
        "AccessDenied"
    );
}
