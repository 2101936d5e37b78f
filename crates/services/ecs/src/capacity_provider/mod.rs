//! Capacity providers.

mod auto_scaling;
mod create_capacity_provider;
mod delete_capacity_provider;
mod describe_capacity_providers;
mod update_capacity_provider;

pub use create_capacity_provider::CreateCapacityProvider;
pub use delete_capacity_provider::DeleteCapacityProvider;
pub use describe_capacity_providers::DescribeCapacityProviders;
pub use update_capacity_provider::UpdateCapacityProvider;

use rolecall_base::AwsError;
use rolecall_op::{AccessCheck, AccessRequest, Registry, RequestInfo};
use rolecall_store::Doc;

use crate::cluster::strategy::{is_fargate, provider_name};
use crate::documents::CapacityProvider;
use crate::refs::{Docs, key};
use crate::{access, errors};

/// `registry` with the operations on capacity providers.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<CreateCapacityProvider>()
        .with::<DescribeCapacityProviders>()
        .with::<UpdateCapacityProvider>()
        .with::<DeleteCapacityProvider>()
}

/// The check of `action` on a capacity provider, with its tags if it is there.
fn check(req: &AccessRequest<'_>, action: &'static str, given: &str) -> AccessCheck {
    let check = AccessCheck::new(action, access::provider_arn(req.info, given));
    let name = provider_name(req.info, given).unwrap_or_default();
    match req.snap.get::<CapacityProvider>(&key(req.info, &name)) {
        Some(found) => check.service_resource_tags("ecs", &found.tags),
        None => check,
    }
}

/// A capacity provider of the account's own, by name or ARN.
fn own(
    info: &RequestInfo,
    docs: &impl Docs,
    given: &str,
) -> Result<Doc<CapacityProvider>, AwsError> {
    let name = provider_name(info, given)?;
    if is_fargate(&name) {
        return Err(errors::invalid(
            "The specified capacity provider is reserved and cannot be changed or deleted.",
        ));
    }
    docs.doc(&key(info, &name)).ok_or_else(|| {
        errors::invalid(
            "The specified capacity provider does not exist. Specify a valid name or ARN and try \
             again.",
        )
    })
}
