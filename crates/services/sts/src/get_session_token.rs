//! `GetSessionToken`.

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_identity::{CallerKind, SessionKind, VirtualMfaDevice};
use rolecall_op::operation::{Attempt, Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_store::Txn;

use crate::issue::{self, Marks};
use crate::{errors, mfa, not_federated};

/// Twelve hours, which is what a user gets who does not ask for another time.
const USER_DEFAULT_S: u32 = 43_200;
/// An hour, which is all that root gets.
const ROOT_MAX_S: u32 = 3_600;

/// Temporary credentials of the user or root who calls with long-term ones. No policy allows or
/// denies it. With a code of an MFA device the session is one with multi-factor authentication,
/// which may also call IAM.
///
/// Source: STS API Reference, `GetSessionToken`.
pub struct GetSessionToken;

impl Operation for GetSessionToken {
    type Api = api::GetSessionToken;
    const EXAMPLE: &'static str = "{}";

    fn access(_: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        not_federated(req.caller(), "GetSessionToken")?;
        Ok(Access::AnySignedCaller)
    }

    fn attempt(input: &Input<Self::Api>, info: &RequestInfo) -> Option<Attempt> {
        mfa::attempt(info, &input.serial_number, &input.token_code)
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let temporary = req.caller.session().is_some()
            || req
                .caller
                .access_key_id
                .as_deref()
                .is_some_and(|id| id.starts_with("ASIA"));
        let asked = input.duration_seconds.and_then(|s| u32::try_from(s).ok());
        let (kind, duration_s) = match &req.caller.kind {
            _ if temporary => return Err(errors::session_asks_for_session()),
            CallerKind::Root { .. } => (
                SessionKind::Root,
                asked.unwrap_or(ROOT_MAX_S).min(ROOT_MAX_S),
            ),
            CallerKind::User { key, .. } => {
                let kind = SessionKind::User {
                    user_id: req.caller.unique_id.clone(),
                    user_key: key.clone(),
                };
                (kind, asked.unwrap_or(USER_DEFAULT_S))
            }
            _ => return Err(errors::session_asks_for_session()),
        };
        let device = mfa::verified(
            |serial| Some(tx.get::<VirtualMfaDevice>(serial)?.cloned()),
            &req.caller,
            &input.serial_number,
            &input.token_code,
            req.now,
        )?;
        let marks = Marks {
            mfa: device.is_some(),
            ..Marks::default()
        };
        if let Some(device) = device {
            tx.put(device.serial.clone(), device);
        }
        let credentials = issue::credentials(req.info, tx, req.account(), kind, duration_s, marks)?;
        Ok(api::GetSessionTokenResponse {
            credentials: Some(credentials),
            ..api::GetSessionTokenResponse::default()
        })
    }
}
