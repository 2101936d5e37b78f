//! Virtual MFA devices.

mod create_virtual_mfa_device;
mod deactivate_mfa_device;
mod delete_virtual_mfa_device;
mod enable_mfa_device;
mod get_mfa_device;
mod list_mfa_device_tags;
mod list_mfa_devices;
mod list_virtual_mfa_devices;
mod qr_code;
mod resync_mfa_device;
mod tag_mfa_device;
mod untag_mfa_device;

pub use create_virtual_mfa_device::CreateVirtualMFADevice;
pub use deactivate_mfa_device::DeactivateMFADevice;
pub use delete_virtual_mfa_device::DeleteVirtualMFADevice;
pub use enable_mfa_device::EnableMFADevice;
pub use get_mfa_device::GetMFADevice;
pub use list_mfa_device_tags::ListMFADeviceTags;
pub use list_mfa_devices::ListMFADevices;
pub use list_virtual_mfa_devices::ListVirtualMFADevices;
pub use resync_mfa_device::ResyncMFADevice;
pub use tag_mfa_device::TagMFADevice;
pub use untag_mfa_device::UntagMFADevice;

use rolecall_base::{AccountId, AwsError, Timestamp};
use rolecall_identity::VirtualMfaDevice;
use rolecall_op::Registry;
use rolecall_store::Txn;

use crate::errors;
use crate::text::required;

/// How many MFA devices a user may have (IAM quotas).
const DEVICES_PER_USER_MAX: usize = 8;
/// The quota of tags.
const TAGS_QUOTA: &str = "TagsPerVirtualMFADevice";

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateVirtualMFADevice>()
        .with::<DeactivateMFADevice>()
        .with::<DeleteVirtualMFADevice>()
        .with::<EnableMFADevice>()
        .with::<GetMFADevice>()
        .with::<ListMFADeviceTags>()
        .with::<ListMFADevices>()
        .with::<ListVirtualMFADevices>()
        .with::<ResyncMFADevice>()
        .with::<TagMFADevice>()
        .with::<UntagMFADevice>()
}

/// What the keys of the account's devices begin with.
pub(crate) fn prefix(account: &AccountId) -> String {
    VirtualMfaDevice::serial_of(account, "/", "")
}

/// The account's device with this serial number.
fn load(tx: &Txn, account: &AccountId, serial: &str) -> Result<VirtualMfaDevice, AwsError> {
    tx.get::<VirtualMfaDevice>(serial)
        .filter(|device| device.account == *account)
        .map(|device| device.cloned())
        .ok_or_else(|| errors::no_mfa_device(serial))
}

/// The device with this serial number, which must be enabled for the user under `key`.
fn load_of(
    tx: &Txn,
    account: &AccountId,
    key: &str,
    serial: &str,
) -> Result<VirtualMfaDevice, AwsError> {
    load(tx, account, serial)
        .ok()
        .filter(|device| device.user.as_deref() == Some(key))
        .ok_or_else(errors::not_users_mfa_device)
}

/// Synchronizes a device by two codes.
fn synchronize(
    device: &mut VirtualMfaDevice,
    first: &Option<String>,
    second: &Option<String>,
    now: Timestamp,
) -> Result<(), AwsError> {
    if device.synchronize(required(first), required(second), now) {
        Ok(())
    } else {
        Err(errors::invalid_mfa_codes())
    }
}
