//! `ListMFADevices`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{User, VirtualMfaDevice};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::user::Whose;
use crate::{access, holder};

/// Lists the devices of a user, or of the caller if no user is named. Root has none: only the
/// console could enable one for it.
///
/// Source: IAM API Reference, `ListMFADevices`.
pub struct ListMFADevices;

impl Operation for ListMFADevices {
    type Api = rolecall_api::iam::ListMFADevices;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:ListMFADevices", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let (name, serials) = match Whose::new(req.info, input.user_name.as_deref())? {
            Whose::User(name) => {
                let (_, user) = holder::load::<User>(tx, req.account(), &name)?;
                (Some(user.name), user.mfa_devices)
            }
            Whose::Root => (None, Vec::new()),
        };
        let page = paging.slice(serials, Clone::clone)?;
        let devices = page
            .items
            .iter()
            .filter_map(|serial| tx.get::<VirtualMfaDevice>(serial));
        let shown = devices.map(|device| api::MFADevice {
            user_name: name.clone(),
            serial_number: Some(device.serial.clone()),
            enable_date: device.enabled,
        });
        Ok(api::ListMFADevicesResponse {
            mfa_devices: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
