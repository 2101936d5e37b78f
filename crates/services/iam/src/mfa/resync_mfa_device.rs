//! `ResyncMFADevice`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::User;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, holder};

/// Learns from two codes that follow each other how far a device's clock is off.
///
/// Source: IAM API Reference, `ResyncMFADevice`.
pub struct ResyncMFADevice;

impl Operation for ResyncMFADevice {
    type Api = rolecall_api::iam::ResyncMFADevice;
    const EXAMPLE: &'static str = r#"{"UserName":"app","SerialNumber":"arn:aws:iam::123456789012:mfa/app","AuthenticationCode1":"123456","AuthenticationCode2":"654321"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user(req, "iam:ResyncMFADevice", required(&input.user_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, _) = holder::load::<User>(tx, account, required(&input.user_name))?;
        let mut device = super::load_of(tx, account, &key, required(&input.serial_number))?;
        super::synchronize(
            &mut device,
            &input.authentication_code1,
            &input.authentication_code2,
            req.now,
        )?;
        tx.put(device.serial.clone(), device);
        Ok(Empty {})
    }
}
