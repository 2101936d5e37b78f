//! `DescribeContainerInstances`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_store::Txn;

use crate::errors;
use crate::refs::{ClusterRef, arn};

/// Describes container instances: each one is missing.
///
/// Source: Amazon ECS API Reference, `DescribeContainerInstances`.
pub struct DescribeContainerInstances;

fn instance_arn(info: &RequestInfo, cluster: &ClusterRef, given: &str) -> String {
    match given.starts_with("arn:") {
        true => given.to_owned(),
        false => arn(
            info,
            format_args!("container-instance/{}/{given}", cluster.name),
        ),
    }
}

impl Operation for DescribeContainerInstances {
    type Api = api::DescribeContainerInstances;

    const EXAMPLE: &'static str = r#"{
        "cluster": "example",
        "containerInstances": ["0123456789abcdef0123456789abcdef"]
    }"#;

    fn access(
        input: &api::DescribeContainerInstancesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let check = |given: &str| {
            let resource = instance_arn(req.info, &cluster, given);
            AccessCheck::new("ecs:DescribeContainerInstances", resource)
                .key("ecs:cluster", &cluster.arn)
        };
        let named = input.container_instances.as_deref().unwrap_or_default();
        let checks: Vec<AccessCheck> = match named.is_empty() {
            true => vec![check("*")],
            false => named.iter().map(|given| check(given)).collect(),
        };
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeContainerInstancesResponse, AwsError> {
        let cluster = ClusterRef::parse(req.info, req.input.cluster.as_deref())?;
        cluster.active(req.info, tx)?;
        let named = req.input.container_instances.as_deref().unwrap_or_default();
        if named.is_empty() {
            return Err(errors::invalid("Container instances cannot be empty."));
        }
        if named.len() > 100 {
            return Err(errors::invalid(
                "containerInstances can have at most 100 items.",
            ));
        }
        let missing = |given: &String| api::Failure {
            arn: Some(instance_arn(req.info, &cluster, given)),
            reason: Some("MISSING".to_owned()),
            detail: None,
        };
        Ok(api::DescribeContainerInstancesResponse {
            container_instances: Some(Vec::new()),
            failures: Some(named.iter().map(missing).collect()),
        })
    }
}
