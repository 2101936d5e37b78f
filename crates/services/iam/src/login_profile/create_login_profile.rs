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

/// Gives a user a password, or the caller if no user is named. In a privileged session of a
/// member's root user no password is given: the recovery of root's password is allowed.
///
/// Source: IAM API Reference, `CreateLoginProfile`: "This parameter must be omitted when you make
/// the request with an AssumeRoot session. It is required in all other cases."
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
        let owner = super::owner(req.info, tx, input.user_name.as_deref())?;
        if tx.get::<LoginProfile>(&owner.key).is_some() {
            return Err(errors::login_profile_exists(owner.name()));
        }
        let (hash, salt) = match (input.password.as_deref(), &owner.name) {
            (Some(_), None) => {
                return Err(errors::validation(
                    "The password must be omitted in an AssumeRoot session.",
                ));
            }
            // A hash that no password has.
            (None, None) => (Vec::new(), Vec::new()),
            (None, Some(_)) => return Err(errors::validation("Must specify a password.")),
            (Some(password), Some(_)) => {
                password::check(tx, account, password)?;
                let mut salt = [0u8; password::SALT_BYTES];
                req.ids().fill(&mut salt);
                (password::hash(password, &salt)?, salt.to_vec())
            }
        };
        let profile = LoginProfile {
            user: owner.name.unwrap_or_default(),
            created: req.now,
            changed: req.now,
            reset_required: input.password_reset_required.unwrap_or(false),
            hash,
            salt,
            earlier: Vec::new(),
            attempts: Attempts::default(),
        };
        let shown = profile.shown();
        tx.put(owner.key, profile);
        Ok(api::CreateLoginProfileResponse {
            login_profile: Some(shown),
        })
    }
}
