//! `DescribeClusters`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::view::{Counts, Include, shown};
use crate::refs::ClusterRef;
use crate::{access, errors};

/// The most clusters of a call.
const CLUSTERS_MAX: usize = 100;

/// Describes clusters, deleted ones too; `default` if none is named.
///
/// Source: Amazon ECS API Reference, `DescribeClusters`, "API failure reasons".
pub struct DescribeClusters;

fn named(input: &api::DescribeClustersRequest) -> Vec<String> {
    match input.clusters.as_deref() {
        None | Some([]) => vec!["default".to_owned()],
        Some(clusters) => clusters.to_vec(),
    }
}

impl Operation for DescribeClusters {
    type Api = api::DescribeClusters;

    const EXAMPLE: &'static str = r#"{"clusters": ["example"], "include": ["TAGS", "SETTINGS"]}"#;

    fn access(
        input: &api::DescribeClustersRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let mut checks = Vec::new();
        for given in named(input) {
            checks.push(match ClusterRef::parse(req.info, Some(&given)) {
                Ok(cluster) => access::cluster(req, "ecs:DescribeClusters", &cluster),
                // Another account's, or no ARN at all: decided on as it is given.
                Err(_) => rolecall_op::AccessCheck::new("ecs:DescribeClusters", given),
            });
        }
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeClustersResponse, AwsError> {
        let named = named(req.input);
        if named.len() > CLUSTERS_MAX {
            return Err(errors::invalid("clusters can have at most 100 items."));
        }
        let include = Include::of(req.input.include.as_deref().unwrap_or_default());
        let (mut clusters, mut failures) = (Vec::new(), Vec::new());
        for given in named {
            let cluster = ClusterRef::parse(req.info, Some(&given)).ok();
            let found = cluster
                .as_ref()
                .and_then(|c| Some((c, c.find(req.info, tx)?)));
            match found {
                Some((cluster, found)) => {
                    let counts = Counts::of(tx, &cluster.key(req.info));
                    clusters.push(shown(&found, include, counts));
                }
                None => failures.push(api::Failure {
                    arn: Some(cluster.map_or(given, |c| c.arn)),
                    reason: Some("MISSING".to_owned()),
                    detail: None,
                }),
            }
        }
        Ok(api::DescribeClustersResponse {
            clusters: Some(clusters),
            failures: Some(failures),
        })
    }
}
