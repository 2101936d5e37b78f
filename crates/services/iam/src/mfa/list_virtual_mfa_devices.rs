//! `ListVirtualMFADevices`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{User, VirtualMfaDevice};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::{access, shapes};

/// Lists the devices of the account, or those that are (or are not) enabled for a user, by serial
/// number and without tags.
///
/// Source: IAM API Reference, `ListVirtualMFADevices`.
pub struct ListVirtualMFADevices;

impl Operation for ListVirtualMFADevices {
    type Api = rolecall_api::iam::ListVirtualMFADevices;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::listing(
            req,
            "iam:ListVirtualMFADevices",
            "mfa",
            &None,
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let assigned = match input.assignment_status.as_deref() {
            Some("Assigned") => Some(true),
            Some("Unassigned") => Some(false),
            _ => None,
        };
        let devices = tx
            .range_after::<VirtualMfaDevice>(&super::prefix(req.account()), paging.after())
            .filter(|(_, device)| assigned.is_none_or(|wanted| wanted == device.user.is_some()));
        let page = paging.page(devices, |(serial, _)| (*serial).to_owned());
        let shown = page.items.iter().map(|(_, device)| {
            let user = device.user.as_ref().and_then(|key| tx.get::<User>(key));
            api::VirtualMFADevice {
                serial_number: Some(device.serial.clone()),
                user: user.map(|user| shapes::listed_user(&user)),
                enable_date: device.enabled,
                ..api::VirtualMFADevice::default()
            }
        });
        Ok(api::ListVirtualMFADevicesResponse {
            virtual_mfa_devices: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
