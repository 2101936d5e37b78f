//! `CreateCapacityProvider`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, Stored};
use rolecall_store::Txn;

use super::auto_scaling;
use crate::documents::CapacityProvider;
use crate::refs::{arn, is_name, key};
use crate::{access, errors, tags};

/// Makes a capacity provider for an Auto Scaling group. The instances themselves come from the
/// group; ECS Managed Instances are not built.
///
/// Source: Amazon ECS API Reference, `CreateCapacityProvider`.
pub struct CreateCapacityProvider;

impl Operation for CreateCapacityProvider {
    type Api = api::CreateCapacityProvider;

    const EXAMPLE: &'static str = r#"{
        "name": "example",
        "autoScalingGroupProvider": {
            "autoScalingGroupArn": "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:11111111-aaaa-4bbb-8ccc-000000000001:autoScalingGroupName/example"
        }
    }"#;

    fn access(
        input: &api::CreateCapacityProviderRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let name = input.name.as_deref().unwrap_or_default();
        let resource = arn(req.info, format_args!("capacity-provider/{name}"));
        let given = tags::requested(input.tags.as_deref());
        let mut checks =
            vec![AccessCheck::new("ecs:CreateCapacityProvider", &resource).request_tags(&given)];
        checks.extend(access::tags_on_create(
            "CreateCapacityProvider",
            resource,
            &given,
        ));
        if let Some(managed) = &input.managed_instances_provider
            && let Some(role) = &managed.infrastructure_role_arn
        {
            checks.push(AccessCheck::pass_role(role, "ecs.amazonaws.com"));
        }
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::CreateCapacityProviderResponse, AwsError> {
        let input = req.input;
        let name = input.name.as_deref().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let reserved = ["aws", "ecs", "fargate"]
            .iter()
            .any(|prefix| lower.starts_with(prefix));
        if !is_name(name) || reserved {
            return Err(errors::invalid(
                "The specified capacity provider name is invalid. Up to 255 characters are \
                 allowed, including letters (upper and lowercase), numbers, underscores, and \
                 hyphens. The name cannot be prefixed with \"aws\", \"ecs\", or \"fargate\". \
                 Specify a valid name and try again.",
            ));
        }
        if input.managed_instances_provider.is_some() {
            return Err(AwsError::new(
                "UnsupportedFeatureException",
                "Managed instances are not built in Rolecall.",
            ));
        }
        let Some(group) = input.auto_scaling_group_provider.clone() else {
            return Err(errors::invalid(
                "The specified capacity provider must have an Auto Scaling group.",
            ));
        };
        let key = key(req.info, name);
        if tx.get::<CapacityProvider>(&key).is_some() {
            return Err(errors::invalid(
                "The specified capacity provider already exists. To change the configuration of an \
                 existing capacity provider, update the capacity provider.",
            ));
        }
        let tags = tags::validated(input.tags.as_deref())?;
        let arn = arn(req.info, format_args!("capacity-provider/{name}"));
        let mut provider = api::CapacityProvider {
            capacity_provider_arn: Some(arn.clone()),
            name: Some(name.to_owned()),
            status: Some("ACTIVE".to_owned()),
            auto_scaling_group_provider: Some(auto_scaling::with_defaults(group)?),
            r#type: Some("EC2_AUTOSCALING".to_owned()),
            ..api::CapacityProvider::default()
        };
        let stored = Stored(provider.clone());
        provider.tags = Some(tags::shown(&tags));
        tx.put(
            key,
            CapacityProvider {
                name: name.to_owned(),
                arn,
                provider: stored,
                tags,
            },
        );
        Ok(api::CreateCapacityProviderResponse {
            capacity_provider: Some(provider),
        })
    }
}
