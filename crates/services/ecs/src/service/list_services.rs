//! `ListServices`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::listing::PageRequest;
use crate::refs::ClusterRef;

/// Lists the services of a cluster: none.
///
/// Source: Amazon ECS API Reference, `ListServices`.
pub struct ListServices;

impl Operation for ListServices {
    type Api = api::ListServices;

    const EXAMPLE: &'static str = r#"{"cluster": "example"}"#;

    fn access(
        input: &api::ListServicesRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let cluster = ClusterRef::parse(req.info, input.cluster.as_deref())?;
        Ok(AccessCheck::new("ecs:ListServices", "*")
            .key("ecs:cluster", &cluster.arn)
            .into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListServicesResponse, AwsError> {
        let input = req.input;
        ClusterRef::parse(req.info, input.cluster.as_deref())?.active(req.info, tx)?;
        PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        Ok(api::ListServicesResponse {
            service_arns: Some(Vec::new()),
            next_token: None,
        })
    }
}
