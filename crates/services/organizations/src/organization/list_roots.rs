//! `ListRoots`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find, shapes};

/// The one root of the organization, with the types of policy that are enabled in it.
///
/// Source: AWS Organizations API Reference, `ListRoots`.
pub struct ListRoots;

impl Operation for ListRoots {
    type Api = rolecall_api::organizations::ListRoots;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:ListRoots").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let root = find::container(tx, &organization.root, errors::no_root)?;
        Ok(api::ListRootsResponse {
            roots: Some(vec![shapes::root(&organization, &root)]),
            next_token: None,
        })
    }
}
