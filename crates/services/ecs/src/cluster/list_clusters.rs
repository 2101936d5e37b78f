//! `ListClusters`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::documents::Cluster;
use crate::listing::PageRequest;
use crate::refs::key;

/// Lists the ARNs of the active clusters, by name.
///
/// Source: Amazon ECS API Reference, `ListClusters`.
pub struct ListClusters;

impl Operation for ListClusters {
    type Api = api::ListClusters;

    const EXAMPLE: &'static str = r#"{"maxResults": 10}"#;

    fn access(_: &api::ListClustersRequest, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:ListClusters", "*").into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListClustersResponse, AwsError> {
        let input = req.input;
        let page = PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        let prefix = key(req.info, "");
        let after = page.after.as_deref().unwrap_or_default();
        let all = tx
            .range_after::<Cluster>(&prefix, after)
            .filter(|(_, c)| c.is_active());
        let (clusters, next_token) = page.take(all);
        let arns = clusters.iter().map(|c| c.arn.clone()).collect();
        Ok(api::ListClustersResponse {
            cluster_arns: Some(arns),
            next_token,
        })
    }
}
