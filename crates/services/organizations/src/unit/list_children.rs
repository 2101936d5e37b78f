//! `ListChildren`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::paged;
use crate::{access, errors, find, shapes};

/// The accounts, or the units, directly below a root or unit.
///
/// Source: AWS Organizations API Reference, `ListChildren`.
pub struct ListChildren;

impl Operation for ListChildren {
    type Api = rolecall_api::organizations::ListChildren;
    const EXAMPLE: &'static str = r#"{"ParentId":"r-0123","ChildType":"ACCOUNT"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:ListChildren",
            input.parent_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let parent = find::container(
            tx,
            req.input.parent_id.as_deref().unwrap_or_default(),
            errors::no_parent,
        )?;
        let wanted = req.input.child_type.as_deref().unwrap_or_default();
        let mut children = find::children(tx, &parent.id);
        children.retain(|child| shapes::words(child).0 == wanted);
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let page = paged(children, |child| child.id.clone(), token, max)?;
        let children = page.items.into_iter().map(|child| api::Child {
            id: Some(child.id),
            r#type: Some(wanted.to_owned()),
        });
        Ok(api::ListChildrenResponse {
            children: Some(children.collect()),
            next_token: page.next,
        })
    }
}
