//! `GetMFADevice`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::user::Whose;
use crate::{access, errors, holder};

/// Shows a device of a user, or of the caller if no user is named. AWS answers this for security
/// keys alone; there are none here, so it is answered for virtual devices.
///
/// Source: IAM API Reference, `GetMFADevice`.
pub struct GetMFADevice;

impl Operation for GetMFADevice {
    type Api = rolecall_api::iam::GetMFADevice;
    const EXAMPLE: &'static str =
        r#"{"UserName":"app","SerialNumber":"arn:aws:iam::123456789012:mfa/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:GetMFADevice", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let Whose::User(name) = Whose::new(req.info, input.user_name.as_deref())? else {
            return Err(errors::not_users_mfa_device());
        };
        let (key, user) = holder::load::<User>(tx, account, &name)?;
        let device = super::load_of(tx, account, &key, required(&input.serial_number))?;
        Ok(api::GetMFADeviceResponse {
            user_name: Some(user.name),
            serial_number: Some(device.serial),
            enable_date: device.enabled,
            ..api::GetMFADeviceResponse::default()
        })
    }
}
