//! `DescribeCapacityProviders`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation, RequestInfo};
use rolecall_store::Txn;

use super::check;
use crate::cluster::strategy::{FARGATE, FARGATE_SPOT, is_fargate, provider_name};
use crate::documents::CapacityProvider;
use crate::listing::PageRequest;
use crate::refs::{ClusterRef, arn, key};
use crate::{access, errors, tags};

/// Describes capacity providers: those that are named, or all of them. With a cluster, those that
/// are not associated with it are left out, or missing if they are named.
///
/// Source: Amazon ECS API Reference, `DescribeCapacityProviders`.
pub struct DescribeCapacityProviders;

impl Operation for DescribeCapacityProviders {
    type Api = api::DescribeCapacityProviders;

    const EXAMPLE: &'static str = r#"{"capacityProviders": ["FARGATE"], "include": ["TAGS"]}"#;

    fn access(
        input: &api::DescribeCapacityProvidersRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let action = "ecs:DescribeCapacityProviders";
        let checks: Vec<AccessCheck> = match input.capacity_providers.as_deref() {
            None | Some([]) => {
                vec![AccessCheck::new(
                    action,
                    arn(req.info, "capacity-provider/*"),
                )]
            }
            Some(named) => named
                .iter()
                .map(|given| check(req, action, given))
                .collect(),
        };
        Ok(checks.into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::DescribeCapacityProvidersResponse, AwsError> {
        let input = req.input;
        let with_tags = input.include.iter().flatten().any(|field| field == "TAGS");
        let named = input.capacity_providers.as_deref().unwrap_or_default();
        if named.len() > 100 {
            return Err(errors::invalid(
                "capacityProviders can have at most 100 items.",
            ));
        }
        let of_cluster = match input.cluster.as_deref() {
            Some(given) => Some(ClusterRef::parse(req.info, Some(given))?.active(req.info, tx)?),
            None => None,
        };
        let wanted = |name: &str| {
            let cluster = of_cluster.as_ref();
            cluster.is_none_or(|c| c.capacity_providers.iter().any(|one| one == name))
        };
        let mut failures = Vec::new();
        let (providers, next_token) = if named.is_empty() {
            let page = PageRequest::new(input.next_token.as_deref(), input.max_results, 10)?;
            let after = page.after.clone().unwrap_or_default();
            let aws = [FARGATE, FARGATE_SPOT].map(|name| (name, amazon(req.info, name)));
            let aws = aws
                .into_iter()
                .filter(|(name, _)| *name > after.as_str() && wanted(name));
            let prefix = key(req.info, "");
            let own = tx
                .range_after::<CapacityProvider>(&prefix, &after)
                .filter(|(_, found)| wanted(&found.name))
                .map(|(key, found)| (key, shown(&found, with_tags)));
            // AWS's own come last: their names are above every key, which begins with a digit.
            page.take(own.chain(aws))
        } else {
            let mut found = Vec::new();
            for given in named {
                let name = provider_name(req.info, given).unwrap_or_else(|_| given.clone());
                let document = tx.get::<CapacityProvider>(&key(req.info, &name));
                match document.filter(|_| wanted(&name)) {
                    _ if is_fargate(&name) && wanted(&name) => {
                        found.push(amazon(req.info, &name));
                    }
                    Some(provider) => found.push(shown(&provider, with_tags)),
                    None => failures.push(api::Failure {
                        arn: Some(access::provider_arn(req.info, given)),
                        reason: Some("MISSING".to_owned()),
                        detail: None,
                    }),
                }
            }
            (found, None)
        };
        Ok(api::DescribeCapacityProvidersResponse {
            capacity_providers: Some(providers),
            failures: Some(failures),
            next_token,
        })
    }
}

/// One of AWS's own.
fn amazon(info: &RequestInfo, name: &str) -> api::CapacityProvider {
    api::CapacityProvider {
        capacity_provider_arn: Some(arn(info, format_args!("capacity-provider/{name}"))),
        name: Some(name.to_owned()),
        status: Some("ACTIVE".to_owned()),
        tags: Some(Vec::new()),
        r#type: Some(name.to_owned()),
        ..api::CapacityProvider::default()
    }
}

fn shown(provider: &CapacityProvider, with_tags: bool) -> api::CapacityProvider {
    api::CapacityProvider {
        tags: Some(if with_tags {
            tags::shown(&provider.tags)
        } else {
            Vec::new()
        }),
        ..provider.provider.0.clone()
    }
}
