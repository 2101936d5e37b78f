//! `CreateCluster`.

use rolecall_api::ecs as api;
use rolecall_base::{AwsError, Tags};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, RequestInfo, Stored};
use rolecall_store::Txn;

use super::view::{Counts, Include, shown};
use super::{settings, strategy};
use crate::account_setting;
use crate::documents::{Cluster, ClusterStatus, StrategyItem};
use crate::refs::{ClusterRef, arn, is_name};
use crate::{access, errors, tags};

/// Makes a cluster. A second call with the same arguments answers with the same cluster; one that
/// was deleted is made anew.
///
/// Source: Amazon ECS API Reference, `CreateCluster`.
pub struct CreateCluster;

impl Operation for CreateCluster {
    type Api = api::CreateCluster;

    const EXAMPLE: &'static str = r#"{
        "clusterName": "example",
        "settings": [{"name": "containerInsights", "value": "enabled"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "tags": [{"key": "team", "value": "a"}]
    }"#;

    fn access(
        input: &api::CreateClusterRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let name = input.cluster_name.as_deref().unwrap_or("default");
        let resource = arn(req.info, format_args!("cluster/{name}"));
        let given = tags::requested(input.tags.as_deref());
        let key = input
            .configuration
            .as_ref()
            .and_then(|c| c.managed_storage_configuration.as_ref())
            .and_then(|m| m.fargate_ephemeral_storage_kms_key_id.clone());
        let create = AccessCheck::new("ecs:CreateCluster", &resource)
            .key_list("ecs:capacity-provider", provider_arns(req.info, input))
            .key_opt("ecs:fargate-ephemeral-storage-kms-key", key)
            .request_tags(&given);
        let mut checks = vec![create];
        checks.extend(access::tags_on_create("CreateCluster", resource, &given));
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::CreateClusterResponse, AwsError> {
        let name = req.input.cluster_name.as_deref().unwrap_or("default");
        if !is_name(name) {
            return Err(errors::invalid(
                "Identifier contains invalid characters. Valid characters are letters, numbers, \
                 hyphens and underscores.",
            ));
        }
        let cluster = ClusterRef::parse(req.info, Some(name))?;
        let wanted = Wanted::read(&req, tx)?;
        let key = cluster.key(req.info);
        if let Some(found) = cluster.find(req.info, tx).filter(|c| c.is_active()) {
            if !wanted.describes(&found) {
                return Err(errors::inconsistent_arguments());
            }
            let counts = Counts::of(tx, &key);
            return Ok(answer(&found, counts));
        }
        let insights = match wanted.insights {
            Some(insights) => insights,
            None => account_setting::effective(&req, tx, "containerInsights"),
        };
        let made = Cluster {
            name: cluster.name,
            arn: cluster.arn,
            status: ClusterStatus::Active,
            container_insights: insights,
            configuration: wanted.configuration.map(Stored),
            capacity_providers: wanted.providers,
            default_strategy: wanted.strategy,
            service_connect_namespace: wanted.namespace,
            tags: wanted.tags,
            created: req.now,
        };
        tx.put(key, made.clone());
        Ok(answer(&made, Counts::default()))
    }
}

fn answer(cluster: &Cluster, counts: Counts) -> api::CreateClusterResponse {
    api::CreateClusterResponse {
        cluster: Some(shown(cluster, Include::ALL, counts)),
    }
}

/// ARNs of the capacity providers that a request names.
fn provider_arns(info: &RequestInfo, input: &api::CreateClusterRequest) -> Vec<String> {
    let providers = input
        .capacity_providers
        .as_deref()
        .unwrap_or_default()
        .iter();
    let of_strategy = input
        .default_capacity_provider_strategy
        .as_deref()
        .unwrap_or_default();
    let of_strategy = of_strategy
        .iter()
        .filter_map(|i| i.capacity_provider.as_ref());
    let mut arns: Vec<String> = providers
        .chain(of_strategy)
        .map(|given| access::provider_arn(info, given))
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

/// The cluster that a request describes.
struct Wanted {
    insights: Option<String>,
    configuration: Option<api::ClusterConfiguration>,
    providers: Vec<String>,
    strategy: Vec<StrategyItem>,
    namespace: Option<String>,
    tags: Tags,
}

impl Wanted {
    fn read(req: &Authorized<'_, CreateCluster>, tx: &Txn) -> Result<Self, AwsError> {
        let input = req.input;
        settings::check_configuration(input.configuration.as_ref())?;
        let given = input.capacity_providers.as_deref().unwrap_or_default();
        let providers = strategy::providers(req.info, tx, given)?;
        let given = input
            .default_capacity_provider_strategy
            .as_deref()
            .unwrap_or_default();
        Ok(Self {
            insights: settings::container_insights(input.settings.as_deref())?,
            configuration: input.configuration.clone(),
            strategy: strategy::strategy(req.info, given, &providers)?,
            providers,
            namespace: settings::namespace(input.service_connect_defaults.as_ref()).flatten(),
            tags: tags::validated(input.tags.as_deref())?,
        })
    }

    /// Whether `cluster` is what these arguments would make. What they leave out fits anything.
    fn describes(&self, cluster: &Cluster) -> bool {
        let configuration = cluster.configuration.as_ref().map(|c| &c.0);
        let fits = |left_out: bool, same: bool| left_out || same;
        fits(
            self.insights.is_none(),
            self.insights.as_ref() == Some(&cluster.container_insights),
        ) && fits(
            self.configuration.is_none(),
            self.configuration.as_ref() == configuration,
        ) && fits(
            self.providers.is_empty(),
            self.providers == cluster.capacity_providers,
        ) && fits(
            self.strategy.is_empty(),
            self.strategy == cluster.default_strategy,
        ) && fits(
            self.namespace.is_none(),
            self.namespace == cluster.service_connect_namespace,
        ) && fits(self.tags.is_empty(), self.tags == cluster.tags)
    }
}
