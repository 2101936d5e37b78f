//! `ListMFADeviceTags`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::text::required;
use crate::{access, tags};

/// Lists the tags of a virtual device.
///
/// Source: IAM API Reference, `ListMFADeviceTags`.
pub struct ListMFADeviceTags;

impl Operation for ListMFADeviceTags {
    type Api = rolecall_api::iam::ListMFADeviceTags;
    const EXAMPLE: &'static str = r#"{"SerialNumber":"arn:aws:iam::123456789012:mfa/app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::mfa_device(req, "iam:ListMFADeviceTags", required(&input.serial_number)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let device = super::load(tx, req.account(), required(&input.serial_number))?;
        let page = paging.slice(tags::all(&device.tags), |tag| {
            tag.key.clone().unwrap_or_default()
        })?;
        Ok(api::ListMFADeviceTagsResponse {
            tags: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
