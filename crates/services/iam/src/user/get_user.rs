//! `GetUser`.

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{Account, User};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::user::Whose;
use crate::{access, holder, shapes};

/// Shows a user; without a name the caller, which is a user or root.
///
/// Source: IAM API Reference, `GetUser`.
pub struct GetUser;

impl Operation for GetUser {
    type Api = rolecall_api::iam::GetUser;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:GetUser", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let shown = match Whose::new(req.info, req.input.user_name.as_deref())? {
            Whose::User(name) => shapes::user(&holder::load::<User>(tx, req.account(), &name)?.1),
            Whose::Root => root(tx, req.account()),
        };
        Ok(api::GetUserResponse { user: Some(shown) })
    }
}

/// The root user, which has no name and no path.
fn root(tx: &Txn, account: &AccountId) -> api::User {
    api::User {
        user_id: Some(account.to_string()),
        arn: Some(Account::root_arn(account)),
        create_date: tx
            .get::<Account>(account.as_str())
            .map(|account| account.created),
        ..api::User::default()
    }
}
