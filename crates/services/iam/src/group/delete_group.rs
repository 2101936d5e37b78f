//! `DeleteGroup`.

use rolecall_api::Empty;
use rolecall_base::AwsError;
use rolecall_identity::Group;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::text::required;
use crate::usage::How;
use crate::{access, errors, holder, usage};

/// Deletes a group, which must have no users and no policies.
///
/// Source: IAM API Reference, `DeleteGroup`.
pub struct DeleteGroup;

impl Operation for DeleteGroup {
    type Api = rolecall_api::iam::DeleteGroup;
    const EXAMPLE: &'static str = r#"{"GroupName":"devs"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::group(req, "iam:DeleteGroup", required(&input.group_name)).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let account = req.account();
        let (key, group) = holder::load_mut::<Group>(tx, account, required(&req.input.group_name))?;
        if usage::any(tx, account, &group.id, &[How::Member]) {
            return Err(errors::leave_groups_first());
        }
        holder::check_deletable(&group)?;
        tx.delete::<Group>(&key);
        Ok(Empty {})
    }
}
