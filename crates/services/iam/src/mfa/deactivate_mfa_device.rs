//! `DeactivateMFADevice`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::user::Whose;
use crate::{access, errors, holder};

/// Takes a device away from its user; the device stays. Without a name the caller is meant.
///
/// Source: IAM API Reference, `DeactivateMFADevice`.
pub struct DeactivateMFADevice;

impl Operation for DeactivateMFADevice {
    type Api = rolecall_api::iam::DeactivateMFADevice;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","SerialNumber":"arn:aws:iam::123456789012:mfa/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(
            access::user_or_caller(req, "iam:DeactivateMFADevice", input.user_name.as_deref())
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let Whose::User(name) = Whose::new(req.info, input.user_name.as_deref())? else {
            return Err(errors::not_users_mfa_device());
        };
        let (key, mut user) = holder::load_mut::<User>(tx, account, &name)?;
        let mut device = super::load_of(tx, account, &key, required(&input.serial_number))?;
        user.mfa_devices.retain(|serial| *serial != device.serial);
        device.user = None;
        device.enabled = None;
        tx.put(device.serial.clone(), device);
        tx.put(key, user);
        Ok(Empty {})
    }
}
