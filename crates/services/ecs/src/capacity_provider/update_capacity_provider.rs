//! `UpdateCapacityProvider`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::{auto_scaling, check, own};
use crate::refs::key;
use crate::{errors, tags};

/// Changes the scaling of a capacity provider; what is left out stays.
///
/// Source: Amazon ECS API Reference, `UpdateCapacityProvider`.
pub struct UpdateCapacityProvider;

impl Operation for UpdateCapacityProvider {
    type Api = api::UpdateCapacityProvider;

    const EXAMPLE: &'static str = r#"{
        "name": "example",
        "autoScalingGroupProvider": {"managedScaling": {"status": "ENABLED"}}
    }"#;

    fn access(
        input: &api::UpdateCapacityProviderRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let name = input.name.as_deref().unwrap_or_default();
        let mut checks = vec![check(req, "ecs:UpdateCapacityProvider", name)];
        if let Some(managed) = &input.managed_instances_provider
            && let Some(role) = &managed.infrastructure_role_arn
        {
            checks.push(rolecall_op::AccessCheck::pass_role(
                role,
                "ecs.amazonaws.com",
            ));
        }
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::UpdateCapacityProviderResponse, AwsError> {
        let input = req.input;
        let name = input.name.as_deref().unwrap_or_default();
        let mut found = own(req.info, tx, name)?.cloned();
        let Some(update) = &input.auto_scaling_group_provider else {
            return Err(errors::invalid(
                "The Auto Scaling group settings must be specified.",
            ));
        };
        let mut group = found
            .provider
            .auto_scaling_group_provider
            .clone()
            .unwrap_or_default();
        if let Some(new) = &update.managed_scaling {
            let scaling = group.managed_scaling.get_or_insert_default();
            let fields = [
                (&mut scaling.target_capacity, new.target_capacity),
                (
                    &mut scaling.minimum_scaling_step_size,
                    new.minimum_scaling_step_size,
                ),
                (
                    &mut scaling.maximum_scaling_step_size,
                    new.maximum_scaling_step_size,
                ),
                (
                    &mut scaling.instance_warmup_period,
                    new.instance_warmup_period,
                ),
            ];
            for (field, new) in fields {
                *field = new.or(*field);
            }
            scaling.status = new.status.clone().or(scaling.status.take());
        }
        let protection = update.managed_termination_protection.clone();
        group.managed_termination_protection =
            protection.or(group.managed_termination_protection.take());
        group.managed_draining = update
            .managed_draining
            .clone()
            .or(group.managed_draining.take());
        found.provider.auto_scaling_group_provider = Some(auto_scaling::with_defaults(group)?);
        found.provider.update_status = Some("UPDATE_COMPLETE".to_owned());
        let mut answer = found.provider.0.clone();
        answer.tags = Some(tags::shown(&found.tags));
        tx.put(key(req.info, &found.name), found);
        Ok(api::UpdateCapacityProviderResponse {
            capacity_provider: Some(answer),
        })
    }
}
