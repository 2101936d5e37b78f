//! The settings of a capacity provider with an Auto Scaling group.
//!
//! Source: Amazon ECS API Reference, `AutoScalingGroupProvider`, `ManagedScaling`.

use rolecall_api::ecs::{AutoScalingGroupProvider, ManagedScaling};
use rolecall_base::AwsError;

use crate::errors;

/// Checks the settings, and fills in AWS's defaults.
pub(super) fn with_defaults(
    mut provider: AutoScalingGroupProvider,
) -> Result<AutoScalingGroupProvider, AwsError> {
    let scaling = provider.managed_scaling.get_or_insert_default();
    check(scaling)?;
    let enabled = scaling.status.as_deref() == Some("ENABLED");
    scaling.status.get_or_insert_with(|| "DISABLED".to_owned());
    scaling.target_capacity.get_or_insert(100);
    scaling.minimum_scaling_step_size.get_or_insert(1);
    scaling.maximum_scaling_step_size.get_or_insert(10_000);
    scaling.instance_warmup_period.get_or_insert(300);
    let protection = provider
        .managed_termination_protection
        .get_or_insert_with(|| "DISABLED".into());
    if protection == "ENABLED" && !enabled {
        return Err(errors::invalid(
            "The managed termination protection setting for the capacity provider is invalid. To \
             enable managed termination protection for a capacity provider, managed scaling must \
             be enabled.",
        ));
    }
    provider
        .managed_draining
        .get_or_insert_with(|| "ENABLED".to_owned());
    Ok(provider)
}

fn check(scaling: &ManagedScaling) -> Result<(), AwsError> {
    let outside = |value: Option<i32>, max: i32| value.is_some_and(|v| !(1..=max).contains(&v));
    if outside(scaling.target_capacity, 100) {
        return Err(errors::invalid(
            "The target capacity value is invalid. Specify a value between 1 and 100.",
        ));
    }
    let (min, max) = (
        scaling.minimum_scaling_step_size,
        scaling.maximum_scaling_step_size,
    );
    let reversed = min.zip(max).is_some_and(|(min, max)| min > max);
    if outside(min, 10_000) || outside(max, 10_000) || reversed {
        return Err(errors::invalid(
            "The minimum or maximum scaling step size value is invalid.",
        ));
    }
    if scaling
        .instance_warmup_period
        .is_some_and(|p| !(0..=10_000).contains(&p))
    {
        return Err(errors::invalid(
            "The instance warmup period is invalid. Specify a value between 0 and 10,000.",
        ));
    }
    Ok(())
}
