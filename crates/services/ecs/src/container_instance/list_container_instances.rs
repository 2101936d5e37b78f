//! `ListContainerInstances`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::access;
use crate::listing::PageRequest;
use crate::refs::ClusterRef;

/// Lists the container instances of a cluster: none.
///
/// Source: Amazon ECS API Reference, `ListContainerInstances`.
pub struct ListContainerInstances;

impl Operation for ListContainerInstances {
    type Api = api::ListContainerInstances;

    const EXAMPLE: &'static str = r#"{"cluster": "example"}"#;

    fn access(
        input: &api::ListContainerInstancesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(access::cluster(req, "ecs:ListContainerInstances", &cluster).into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListContainerInstancesResponse, AwsError> {
        let input = req.input;
        ClusterRef::parse(req.info, input.cluster.as_deref())?.active(req.info, tx)?;
        PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        Ok(api::ListContainerInstancesResponse {
            container_instance_arns: Some(Vec::new()),
            next_token: None,
        })
    }
}
