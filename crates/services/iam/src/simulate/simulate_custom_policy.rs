//! `SimulateCustomPolicy`.

use std::sync::Arc;

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_policy::{Policy, PolicyKind};
use rolecall_store::Txn;

use crate::errors;
use crate::listing::Paging;
use crate::simulate::engine::{Levels, Simulation};
use crate::simulate::{
    Simulated, answer, check_scenario, given, given_boundary, given_owner, given_resource,
    no_simulated_caller,
};

/// What policies that are given as texts would decide.
///
/// Without a `CallerArn` the caller is an unnamed user of the account, described by the context
/// entries alone.
///
/// Source: IAM API Reference, `SimulateCustomPolicy`.
pub struct SimulateCustomPolicy;

impl Operation for SimulateCustomPolicy {
    type Api = rolecall_api::iam::SimulateCustomPolicy;
    const EXAMPLE: &'static str = r#"{"PolicyInputList":["{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"ecs:*\",\"Resource\":\"*\"}}"],"ActionNames":["ecs:RunTask"]}"#;

    fn access(_: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:SimulateCustomPolicy", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let input = req.input;
        let paging = Paging::new(&input.marker, input.max_items)?;
        check_scenario(&input.resource_handling_option, &input.resource_arns)?;
        let entries = input.context_entries.clone().unwrap_or_default();
        let caller = match input.caller_arn.as_deref() {
            Some(arn) => Simulated::of_arn(tx, req.account(), arn)?,
            None if input.resource_policy.is_some() => return Err(no_simulated_caller()),
            None => Simulated::of_entries(req.account(), &entries),
        };
        let simulation = Simulation {
            identity: given(&input.policy_input_list, "PolicyInputList")?,
            boundary: given_boundary(&input.permissions_boundary_policy_input_list)?,
            scps: levels(&input.ordered_organization_policy_input_list)?,
            resource: given_resource(&input.resource_policy)?,
            owner: given_owner(&input.resource_owner)?,
            entries,
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

/// The service control policies that are given, by level; without any there is no organization.
fn levels(
    given: &Option<Vec<api::OrderedOrganizationPolicyType>>,
) -> Result<Option<Levels>, AwsError> {
    let Some(given) = given.as_deref().filter(|given| !given.is_empty()) else {
        return Ok(None);
    };
    let compile = |text: &String| {
        Policy::parse(text, PolicyKind::Scp)
            .map(|policy| ("ServiceControlPolicyInputList".to_owned(), Arc::new(policy)))
            .map_err(|error| errors::invalid_input(error.message()))
    };
    let level = |level: &api::OrderedOrganizationPolicyType| {
        let texts = level.service_control_policy_input_list.iter().flatten();
        texts.map(compile).collect()
    };
    given.iter().map(level).collect::<Result<_, _>>().map(Some)
}
