//! `DescribeServices`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_store::Txn;

use crate::errors;
use crate::refs::{ClusterRef, arn};

/// Describes services: each one is missing.
///
/// Source: Amazon ECS API Reference, `DescribeServices`.
pub struct DescribeServices;

fn service_arn(info: &RequestInfo, cluster: &ClusterRef, given: &str) -> String {
    match given.starts_with("arn:") {
        true => given.to_owned(),
        false => arn(info, format_args!("service/{}/{given}", cluster.name)),
    }
}

impl Operation for DescribeServices {
    type Api = api::DescribeServices;

    const EXAMPLE: &'static str = r#"{"cluster": "example", "services": ["web"]}"#;

    fn access(
        input: &api::DescribeServicesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        let check = |given: &str| {
            AccessCheck::new(
                "ecs:DescribeServices",
                service_arn(req.info, &cluster, given),
            )
            .key("ecs:cluster", &cluster.arn)
        };
        let named = input.services.as_deref().unwrap_or_default();
        let checks: Vec<AccessCheck> = match named.is_empty() {
            true => vec![check("*")],
            false => named.iter().map(|given| check(given)).collect(),
        };
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeServicesResponse, AwsError> {
        let cluster = ClusterRef::parse(req.info, req.input.cluster.as_deref())?;
        cluster.active(req.info, tx)?;
        let named = req.input.services.as_deref().unwrap_or_default();
        if named.is_empty() {
            return Err(errors::invalid("Services cannot be empty."));
        }
        if named.len() > 10 {
            return Err(errors::invalid("Services can have at most 10 items."));
        }
        let missing = |given: &String| api::Failure {
            arn: Some(service_arn(req.info, &cluster, given)),
            reason: Some("MISSING".to_owned()),
            detail: None,
        };
        Ok(api::DescribeServicesResponse {
            services: Some(Vec::new()),
            failures: Some(named.iter().map(missing).collect()),
        })
    }
}
