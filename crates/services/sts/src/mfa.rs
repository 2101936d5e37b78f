//! Codes of MFA devices in calls of STS.
//!
//! `GetSessionToken` with a code gives a session in which `aws:MultiFactorAuthPresent` is true.
//! `AssumeRole` with a code has the key in its own decision only: "The temporary credentials
//! returned by AssumeRole do not include MFA information in the context" (IAM User Guide,
//! "Configuring MFA-protected API access").

use rolecall_base::{AwsError, Timestamp};
use rolecall_identity::{Caller, CallerKind, VirtualMfaDevice};
use rolecall_op::RequestInfo;
use rolecall_op::operation::Attempt;
use rolecall_store::Txn;

use crate::errors;

/// The caller's device after it has accepted the code of a call; `None` if the call has neither
/// serial number nor code. Whoever stores the device uses the code up.
///
/// # Errors
/// `AccessDenied`: half of it is given, the device is not enabled for the calling user, or the
/// code is wrong, or was used before.
pub(crate) fn verified(
    stored: impl FnOnce(&str) -> Option<VirtualMfaDevice>,
    caller: &Caller,
    serial: &Option<String>,
    code: &Option<String>,
    now: Timestamp,
) -> Result<Option<VirtualMfaDevice>, AwsError> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => return Err(errors::mfa_incomplete()),
    };
    let CallerKind::User { key, .. } = &caller.kind else {
        return Err(errors::mfa());
    };
    let mut device = stored(serial)
        .filter(|device| device.user.as_ref() == Some(key))
        .ok_or_else(errors::mfa)?;
    if device.accept(code, now) {
        Ok(Some(device))
    } else {
        Err(errors::mfa_code())
    }
}

/// The attempt at a code that a call is: counted with the caller's device, and refused as a wrong
/// code when there were too many.
pub(crate) fn attempt(
    info: &RequestInfo,
    serial: &Option<String>,
    code: &Option<String>,
) -> Option<Attempt> {
    let (Some(serial), Some(_), CallerKind::User { key, .. }) = (serial, code, &info.caller.kind)
    else {
        return None;
    };
    let (serial, key, now) = (serial.clone(), key.clone(), info.now);
    Some(Box::new(move |tx: &mut Txn| {
        let device = tx.get::<VirtualMfaDevice>(&serial);
        let Some(device) = device.filter(|device| device.user.as_ref() == Some(&key)) else {
            return Ok(());
        };
        let mut device = device.cloned();
        if !device.attempts.admit(now) {
            return Err(errors::mfa_code());
        }
        tx.put(serial.as_str(), device);
        Ok(())
    }))
}
