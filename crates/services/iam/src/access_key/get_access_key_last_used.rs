//! `GetAccessKeyLastUsed`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{AccessKey, Account, LastUse};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::{access, errors};

/// Whose key it is, and when, where and for what it was last used: `N/A` and no date if it never
/// was. Of the uses in a quarter of an hour the first one is on record. A key of another
/// account is answered like one that is not there.
///
/// Source: IAM API Reference, `GetAccessKeyLastUsed`.
pub struct GetAccessKeyLastUsed;

impl Operation for GetAccessKeyLastUsed {
    type Api = rolecall_api::iam::GetAccessKeyLastUsed;
    const EXAMPLE: &'static str = r#"{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let key = req.snap.get::<AccessKey>(required(&input.access_key_id));
        let own = key.filter(|key| key.account == *req.account());
        let action = "iam:GetAccessKeyLastUsed";
        Ok(match own.map(|key| key.user.clone()) {
            Some(Some(name)) => access::user(req, action, &name).into(),
            Some(None) => AccessCheck::new(action, Account::root_arn(req.account())).into(),
            None => AccessCheck::new(action, "*").into(),
        })
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let id = required(&req.input.access_key_id);
        let key = tx
            .get::<AccessKey>(id)
            .filter(|key| key.account == *req.account())
            .ok_or_else(|| errors::no_access_key(id))?;
        let last = tx.get_unchecked::<LastUse>(&LastUse::of_key(id));
        let word = |word: Option<String>| Some(word.unwrap_or_else(|| "N/A".to_owned()));
        Ok(api::GetAccessKeyLastUsedResponse {
            user_name: key.user.clone(),
            access_key_last_used: Some(api::AccessKeyLastUsed {
                last_used_date: last.as_ref().map(|last| last.at),
                service_name: word(last.as_ref().map(|last| last.service.clone())),
                region: word(last.as_ref().map(|last| last.region.clone())),
            }),
        })
    }
}
