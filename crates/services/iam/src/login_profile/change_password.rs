//! `ChangePassword`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::CallerKind;
use rolecall_op::operation::{Attempt, Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_store::Txn;

use crate::login_profile::LoginProfile;
use crate::text::required;
use crate::{access, errors};

/// Replaces the caller's own password; only users have one. After five wrong old passwords one is
/// looked at each minute.
///
/// Source: IAM API Reference, `ChangePassword`.
pub struct ChangePassword;

impl Operation for ChangePassword {
    type Api = rolecall_api::iam::ChangePassword;
    const EXAMPLE: &'static str =
        r#"{"OldPassword":"Correct-Horse-7","NewPassword":"Battery-Staple-8"}"#;

    fn access(_input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:ChangePassword", None).into())
    }

    fn attempt(_: &Input<Self::Api>, info: &RequestInfo) -> Option<Attempt> {
        let CallerKind::User { key, .. } = &info.caller.kind else {
            return None;
        };
        let (key, now) = (key.clone(), info.now);
        Some(Box::new(move |tx: &mut Txn| {
            let mut admitted = true;
            tx.update::<LoginProfile>(&key, |profile| admitted = profile.attempts.admit(now));
            if admitted {
                Ok(())
            } else {
                Err(errors::wrong_password())
            }
        }))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        if !matches!(req.caller.kind, CallerKind::User { .. }) {
            return Err(errors::not_a_user());
        }
        let (key, mut profile) = super::load(req.info, tx, None)?;
        if !profile.is(required(&input.old_password))? {
            return Err(errors::wrong_password());
        }
        profile.set(tx, account, required(&input.new_password), req.now)?;
        profile.reset_required = false;
        profile.attempts.succeeded();
        tx.put(key, profile);
        Ok(Empty {})
    }
}
