//! `ListParents`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find, shapes};

/// The root or unit that an account or unit is in: exactly one.
///
/// Source: AWS Organizations API Reference, `ListParents`.
pub struct ListParents;

impl Operation for ListParents {
    type Api = rolecall_api::organizations::ListParents;
    const EXAMPLE: &'static str = r#"{"ChildId":"111122223333"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::on(
            req,
            "organizations:ListParents",
            input.child_id.as_deref().unwrap_or_default(),
        )
        .into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let child = find::target(tx, req.input.child_id.as_deref().unwrap_or_default());
        let child = child.map_err(|_| errors::no_child())?;
        let parent = child.parent.ok_or_else(errors::no_child)?;
        let parent = find::container(tx, &parent, errors::no_child)?;
        let (word, _) = shapes::words(&parent);
        let parent = api::Parent {
            id: Some(parent.id),
            r#type: Some(word.to_owned()),
        };
        Ok(api::ListParentsResponse {
            parents: Some(vec![parent]),
            next_token: None,
        })
    }
}
