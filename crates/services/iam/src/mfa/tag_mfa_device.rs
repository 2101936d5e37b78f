//! `TagMFADevice`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::mfa::TAGS_QUOTA;
use crate::tags::Case;
use crate::text::required;
use crate::{access, tags};

/// Adds tags to a virtual device, or replaces their values.
///
/// Source: IAM API Reference, `TagMFADevice`.
pub struct TagMFADevice;

impl Operation for TagMFADevice {
    type Api = rolecall_api::iam::TagMFADevice;
    const EXAMPLE: &'static str = r#"{"SerialNumber":"arn:aws:iam::123456789012:mfa/app","Tags":[{"Key":"Name","Value":"app"}]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let check = access::mfa_device(req, "iam:TagMFADevice", required(&input.serial_number));
        Ok(check.request_tags(&tags::given(&input.tags)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let mut device = super::load(tx, req.account(), required(&req.input.serial_number))?;
        tags::add(&mut device.tags, &req.input.tags, Case::Matters, TAGS_QUOTA)?;
        tx.put(device.serial.clone(), device);
        Ok(Empty {})
    }
}
