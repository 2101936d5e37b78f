//! `SimulatePrincipalPolicy`.

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_identity::organization::{ControlType, Membership};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::Paging;
use crate::simulate::engine::{Levels, Simulation};
use crate::simulate::get_context_keys_for_principal_policy::check_of;
use crate::simulate::source::{Source, check_excluded};
use crate::simulate::{
    Simulated, answer, check_scenario, given, given_boundary, given_owner, given_resource,
    no_simulated_caller,
};
use crate::text::required;

/// What the policies of a user, group or role would decide, with others given beside them.
///
/// Source: IAM API Reference, `SimulatePrincipalPolicy`.
pub struct SimulatePrincipalPolicy;

impl Operation for SimulatePrincipalPolicy {
    type Api = rolecall_api::iam::SimulatePrincipalPolicy;
    const EXAMPLE: &'static str =
        r#"{"PolicySourceArn":"arn:aws:iam::123456789012:user/app","ActionNames":["ecs:RunTask"]}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.policy_source_arn);
        Ok(check_of(req, "iam:SimulatePrincipalPolicy", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        check_scenario(&input.resource_handling_option, &input.resource_arns)?;
        check_excluded(&input.policy_exclusion_list)?;
        let arn = required(&input.policy_source_arn);
        let source = Source::of(tx, req.account(), arn, &input.policy_exclusion_list)?;
        let caller = match input.caller_arn.as_deref() {
            Some(arn) => Simulated::of_arn(tx, req.account(), arn)?,
            None if input.resource_policy.is_some() && !source.is_user => {
                return Err(no_simulated_caller());
            }
            None => source.caller,
        };
        let mut identity = source.identity;
        identity.extend(given(&input.policy_input_list, "PolicyInputList")?);
        let boundary = given_boundary(&input.permissions_boundary_policy_input_list)?;
        let simulation = Simulation {
            identity,
            boundary: boundary.or(source.boundary),
            scps: levels(tx, req.account(), &input.policy_exclusion_list)?,
            resource: given_resource(&input.resource_policy)?,
            owner: given_owner(&input.resource_owner)?,
            entries: input.context_entries.clone().unwrap_or_default(),
        };
        answer(
            &simulation,
            &caller,
            &input.action_names,
            &input.resource_arns,
            paging,
        )
    }
}

/// The service control policies of the account, by level; none for the management account, which
/// they do not limit. Resource control policies are not simulated, as with AWS.
fn levels(
    tx: &Txn,
    account: &AccountId,
    excluded: &Option<Vec<api::PolicyIdentifier>>,
) -> Result<Option<Levels>, AwsError> {
    let is_scp =
        |identifier: &api::PolicyIdentifier| identifier.policy_type.as_deref() == Some("scp");
    if excluded.iter().flatten().any(is_scp) {
        return Ok(None);
    }
    let snap = tx.snapshot_unchecked();
    let unresolved = |_| AwsError::internal();
    let membership = Membership::of(&snap, account).map_err(unresolved)?;
    let Some(membership) = membership else {
        return Ok(None);
    };
    let levels = membership
        .policies(&snap, ControlType::Service)
        .map_err(unresolved)?;
    let named = |level: Vec<rolecall_identity::Named>| {
        level
            .into_iter()
            .map(|one| (one.name, one.policy))
            .collect()
    };
    Ok(Some(levels.into_iter().map(named).collect()))
}
