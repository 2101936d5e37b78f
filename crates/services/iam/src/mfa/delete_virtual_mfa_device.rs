//! `DeleteVirtualMFADevice`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::VirtualMfaDevice;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, errors};

/// Deletes a device, which must not be enabled for a user.
///
/// Source: IAM API Reference, `DeleteVirtualMFADevice`.
pub struct DeleteVirtualMFADevice;

impl Operation for DeleteVirtualMFADevice {
    type Api = rolecall_api::iam::DeleteVirtualMFADevice;
    const EXAMPLE: &'static str = r#"{"SerialNumber":"arn:aws:iam::123456789012:mfa/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::mfa_device(
            req,
            "iam:DeleteVirtualMFADevice",
            required(&input.serial_number),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let device = super::load(tx, req.account(), required(&req.input.serial_number))?;
        if device.user.is_some() {
            return Err(errors::deactivate_first());
        }
        tx.delete::<VirtualMfaDevice>(&device.serial);
        Ok(Empty {})
    }
}
