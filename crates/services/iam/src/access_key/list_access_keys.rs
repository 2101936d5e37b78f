//! `ListAccessKeys`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::access_key::keys_of;
use crate::listing::Paging;
use crate::user::Whose;

/// Lists the access keys of a user, or of the caller if no user is named.
///
/// Source: IAM API Reference, `ListAccessKeys`.
pub struct ListAccessKeys;

impl Operation for ListAccessKeys {
    type Api = rolecall_api::iam::ListAccessKeys;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::user_or_caller(req, "iam:ListAccessKeys", input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let whose = Whose::new(req.info, input.user_name.as_deref())?;
        let keys = keys_of(tx, req.account(), &whose)?;
        let page = paging.slice(keys, |key| key.id.clone())?;
        let shown = page.items.into_iter().map(|key| api::AccessKeyMetadata {
            user_name: key.user,
            access_key_id: Some(key.id),
            status: Some(key.status.as_str().to_owned()),
            create_date: Some(key.created),
        });
        Ok(api::ListAccessKeysResponse {
            access_key_metadata: Some(shown.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
