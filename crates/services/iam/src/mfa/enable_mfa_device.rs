//! `EnableMFADevice`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::mfa::DEVICES_PER_USER_MAX;
use crate::text::required;
use crate::{access, errors, holder};

/// Enables a device for a user, who shows two codes of it that follow each other.
///
/// Source: IAM API Reference, `EnableMFADevice`.
pub struct EnableMFADevice;

impl Operation for EnableMFADevice {
    type Api = rolecall_api::iam::EnableMFADevice;
    const EXAMPLE: &'static str = r#"{"UserName":"app","SerialNumber":"arn:aws:iam::123456789012:mfa/app","AuthenticationCode1":"123456","AuthenticationCode2":"654321"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:EnableMFADevice", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, mut user) = holder::load_mut::<User>(tx, account, required(&input.user_name))?;
        let mut device = super::load(tx, account, required(&input.serial_number))?;
        if device.user.is_some() {
            return Err(errors::mfa_device_in_use(&device.serial));
        }
        if user.mfa_devices.len() >= DEVICES_PER_USER_MAX {
            return Err(errors::quota("MFADevicesPerUser", DEVICES_PER_USER_MAX));
        }
        super::synchronize(
            &mut device,
            &input.authentication_code1,
            &input.authentication_code2,
            req.now,
        )?;
        device.user = Some(key.clone());
        device.enabled = Some(req.now);
        user.mfa_devices.push(device.serial.clone());
        tx.put(device.serial.clone(), device);
        tx.put(key, user);
        Ok(Empty {})
    }
}
