//! `CreateLoginProfile`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_base::rng::IdSource;
use rolecall_identity::Attempts;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::login_profile::{LoginProfile, password};
use crate::{access, errors};

/// Gives a user a password, or the caller if no user is named.
///
/// Source: IAM API Reference, `CreateLoginProfile`.
pub struct CreateLoginProfile;

impl Operation for CreateLoginProfile {
    type Api = rolecall_api::iam::CreateLoginProfile;
    const EXAMPLE: &'static str = r#"{"UserName":"app","Password":"Correct-Horse-7"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(
            access::user_or_caller(req, "iam:CreateLoginProfile", input.user_name.as_deref())
                .into(),
        )
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (key, user) = super::owner(req.info, tx, input.user_name.as_deref())?;
        if tx.get::<LoginProfile>(&key).is_some() {
            return Err(errors::login_profile_exists(&user.name));
        }
        let password = input
            .password
            .as_deref()
            .ok_or_else(|| errors::validation("Must specify a password."))?;
        password::check(tx, account, password)?;
        let mut salt = [0u8; password::SALT_BYTES];
        req.ids().fill(&mut salt);
        let profile = LoginProfile {
            user: user.name,
            created: req.now,
            changed: req.now,
            reset_required: input.password_reset_required.unwrap_or(false),
            hash: password::hash(password, &salt)?,
            salt: salt.to_vec(),
            earlier: Vec::new(),
            attempts: Attempts::default(),
        };
        let shown = profile.shown();
        tx.put(key, profile);
        Ok(api::CreateLoginProfileResponse {
            login_profile: Some(shown),
        })
    }
}
