//! `ListServiceSpecificCredentials`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_identity::{User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::listing::Paging;
use crate::service_specific_credential::ServiceSpecificCredential;
use crate::user_credential::Owner;

/// Lists the credentials of a user, of the caller if no user is named, or of all users, for one
/// service or all.
///
/// Source: IAM API Reference, `ListServiceSpecificCredentials`.
pub struct ListServiceSpecificCredentials;

impl Operation for ListServiceSpecificCredentials {
    type Api = rolecall_api::iam::ListServiceSpecificCredentials;
    const EXAMPLE: &'static str = r#"{"UserName":"app"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let action = "iam:ListServiceSpecificCredentials";
        if input.all_users == Some(true) {
            let everyone = req.info.iam_arn("user/*");
            return Ok(rolecall_op::AccessCheck::new(action, everyone).into());
        }
        Ok(access::user_or_caller(req, action, input.user_name.as_deref()).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        let owners = if input.all_users == Some(true) {
            let users = tx.range::<User>(&name_key(req.account(), ""));
            let names: Vec<String> = users.map(|(_, user)| user.name.clone()).collect();
            let owners = names.iter().map(|name| Owner::of(tx, req.info, Some(name)));
            owners.collect::<Result<Vec<_>, _>>()?
        } else {
            vec![Owner::of(tx, req.info, input.user_name.as_deref())?]
        };
        let mut all = Vec::new();
        for owner in owners {
            let credentials = owner.all::<ServiceSpecificCredential>(tx).into_iter();
            let wanted = credentials.filter(|credential| {
                let service = input.service_name.as_deref();
                service.is_none_or(|service| credential.service == service)
            });
            all.extend(wanted.map(|credential| credential.listed(&owner.name)));
        }
        let page = paging.slice(all, |credential| {
            credential
                .service_specific_credential_id
                .clone()
                .unwrap_or_default()
        })?;
        Ok(api::ListServiceSpecificCredentialsResponse {
            service_specific_credentials: Some(page.items),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}
