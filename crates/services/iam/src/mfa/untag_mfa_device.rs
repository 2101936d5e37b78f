//! `UntagMFADevice`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tags::Case;
use crate::text::required;
use crate::{access, tags};

/// Removes tags from a virtual device.
///
/// Source: IAM API Reference, `UntagMFADevice`.
pub struct UntagMFADevice;

impl Operation for UntagMFADevice {
    type Api = rolecall_api::iam::UntagMFADevice;
    const EXAMPLE: &'static str =
        r#"{"SerialNumber":"arn:aws:iam::123456789012:mfa/app","TagKeys":["Name"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::mfa_device(req, "iam:UntagMFADevice", required(&input.serial_number));
        Ok(check
            .tag_keys(input.tag_keys.clone().unwrap_or_default())
            .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let mut device = super::load(tx, req.account(), required(&req.input.serial_number))?;
        tags::remove(&mut device.tags, &req.input.tag_keys, Case::Matters)?;
        tx.put(device.serial.clone(), device);
        Ok(Empty {})
    }
}
