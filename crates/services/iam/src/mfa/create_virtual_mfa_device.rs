//! `CreateVirtualMFADevice`.

use rolecall_api::iam as api;
use rolecall_base::rng::IdSource;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::mfa::{SEED_BYTES, base32};
use rolecall_identity::{Attempts, Quotas, VirtualMfaDevice};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::AccountSettings;
use crate::mfa::{TAGS_QUOTA, qr_code};
use crate::tags::Case;
use crate::text::{path_or_root, required};
use crate::{access, errors, tags};

/// Makes a virtual MFA device, which belongs to nobody yet. Its seed is shown this once: as base32
/// text, and as a QR code that authenticator apps read. With tags, `iam:TagMFADevice` is needed as
/// well.
///
/// Source: IAM API Reference, `CreateVirtualMFADevice`.
pub struct CreateVirtualMFADevice;

impl Operation for CreateVirtualMFADevice {
    type Api = rolecall_api::iam::CreateVirtualMFADevice;
    const EXAMPLE: &'static str = r#"{"VirtualMFADeviceName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let serial = VirtualMfaDevice::serial_of(
            req.account(),
            path_or_root(&input.path),
            required(&input.virtual_mfa_device_name),
        );
        let create = AccessCheck::new("iam:CreateVirtualMFADevice", serial);
        Ok(access::creation(
            create,
            "iam:TagMFADevice",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let name = required(&input.virtual_mfa_device_name);
        let mut tags = Tags::default();
        tags::add(&mut tags, &input.tags, Case::Matters, TAGS_QUOTA)?;
        let serial = VirtualMfaDevice::serial_of(account, path_or_root(&input.path), name);
        if tx.get::<VirtualMfaDevice>(&serial).is_some() {
            return Err(errors::mfa_device_exists());
        }
        // As many as there may be users (IAM quotas).
        let max = Quotas::of(tx, account).users;
        if !tx.has_fewer::<VirtualMfaDevice>(&super::prefix(account), max) {
            return Err(errors::quota("VirtualMFADevicesPerAccount", max));
        }
        let mut secret = [0u8; SEED_BYTES];
        req.ids().fill(&mut secret);
        let device = VirtualMfaDevice {
            account: account.clone(),
            serial: serial.clone(),
            seed: base32(&secret),
            created: req.now,
            tags,
            user: None,
            enabled: None,
            last_step: None,
            drift: 0,
            attempts: Attempts::default(),
        };
        let alias = AccountSettings::of(tx, account).alias;
        let of = alias.unwrap_or_else(|| account.to_string());
        let uri = format!("otpauth://totp/{name}@{of}?secret={}", device.seed);
        let shown = api::VirtualMFADevice {
            serial_number: Some(serial.clone()),
            base32_string_seed: Some(device.seed.clone().into_bytes().into()),
            qr_code_png: Some(qr_code::png(&uri)?.into()),
            tags: tags::shown(&device.tags),
            ..api::VirtualMFADevice::default()
        };
        tx.put(serial, device);
        Ok(api::CreateVirtualMFADeviceResponse {
            virtual_mfa_device: Some(shown),
        })
    }
}
