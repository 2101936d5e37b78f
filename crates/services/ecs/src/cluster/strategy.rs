//! Capacity provider strategies.
//!
//! Source: Amazon ECS API Reference, `CapacityProviderStrategyItem`; Developer Guide, "Amazon ECS
//! capacity providers".

use rolecall_api::ecs::CapacityProviderStrategyItem;
use rolecall_base::AwsError;
use rolecall_op::RequestInfo;

use crate::documents::{CapacityProvider, StrategyItem};
use crate::errors;
use crate::refs::{Docs, key, own_resource};

/// The most items of a strategy, and the most capacity providers of a cluster.
const ITEMS_MAX: usize = 20;
/// The greatest weight.
const WEIGHT_MAX: i32 = 1_000;
/// The greatest base.
const BASE_MAX: i32 = 100_000;

/// The providers of Fargate, which every account has.
pub(crate) const FARGATE: &str = "FARGATE";
/// Interruptible Fargate.
pub(crate) const FARGATE_SPOT: &str = "FARGATE_SPOT";

/// Whether this is one of AWS's own providers.
pub(crate) fn is_fargate(provider: &str) -> bool {
    matches!(provider, FARGATE | FARGATE_SPOT)
}

/// The capacity providers of a request, by name, in the order given.
pub(crate) fn providers(
    info: &RequestInfo,
    docs: &impl Docs,
    given: &[String],
) -> Result<Vec<String>, AwsError> {
    let mut names: Vec<String> = Vec::with_capacity(given.len());
    for provider in given {
        let name = provider_name(info, provider)?;
        if !is_fargate(&name) && docs.doc::<CapacityProvider>(&key(info, &name)).is_none() {
            return Err(errors::invalid(format!(
                "The specified capacity provider '{name}' was not found. Specify a valid capacity \
                 provider and try again."
            )));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > ITEMS_MAX {
        return Err(errors::invalid(format!(
            "The specified capacity providers exceed the limit of {ITEMS_MAX}."
        )));
    }
    Ok(names)
}

/// A provider by name, given by name or by ARN.
pub(crate) fn provider_name(info: &RequestInfo, given: &str) -> Result<String, AwsError> {
    match given.starts_with("arn:") {
        true => own_resource(info, given, "capacity-provider"),
        false => Ok(given.to_owned()),
    }
}

/// A strategy of a request whose providers must be among `associated`.
pub(crate) fn strategy(
    info: &RequestInfo,
    given: &[CapacityProviderStrategyItem],
    associated: &[String],
) -> Result<Vec<StrategyItem>, AwsError> {
    let mut items: Vec<StrategyItem> = Vec::with_capacity(given.len());
    for item in given {
        let provider = provider_name(info, item.capacity_provider.as_deref().unwrap_or_default())?;
        if !associated.contains(&provider) {
            return Err(errors::invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that \
                 is not associated with the cluster. Associate the capacity provider with the \
                 cluster and try again.",
            ));
        }
        if items.iter().any(|i| i.provider == provider) {
            return Err(errors::invalid(
                "The specified capacity provider strategy contains duplicate capacity providers.",
            ));
        }
        items.push(StrategyItem {
            provider,
            weight: bounded(item.weight, WEIGHT_MAX, "weight")?,
            base: bounded(item.base, BASE_MAX, "base")?,
        });
    }
    check(&items)?;
    Ok(items)
}

fn bounded(value: Option<i32>, max: i32, what: &str) -> Result<u32, AwsError> {
    let value = value.unwrap_or(0);
    u32::try_from(value).ok().filter(|_| value <= max).ok_or_else(|| {
        errors::invalid(format!(
            "The specified capacity provider strategy {what} is invalid. Specify a value between \
             0 and {max} and try again."
        ))
    })
}

fn check(items: &[StrategyItem]) -> Result<(), AwsError> {
    if items.len() > ITEMS_MAX {
        return Err(errors::invalid(format!(
            "The specified capacity provider strategy exceeds the limit of {ITEMS_MAX} capacity \
             providers."
        )));
    }
    if items.iter().filter(|i| i.base > 0).count() > 1 {
        return Err(errors::invalid(
            "The specified capacity provider strategy contains multiple capacity providers with a \
             base value defined. Specify a base value for only one capacity provider and try \
             again.",
        ));
    }
    if !items.is_empty() && items.iter().all(|i| i.weight == 0) {
        return Err(errors::invalid(
            "The specified capacity provider strategy does not contain a capacity provider with a \
             weight value greater than 0. Specify a weight value greater than 0 for at least one \
             capacity provider and try again.",
        ));
    }
    let fargate = items.iter().filter(|i| is_fargate(&i.provider)).count();
    if fargate != 0 && fargate != items.len() {
        return Err(errors::invalid(
            "The specified capacity provider strategy cannot contain a mix of capacity providers \
             using Auto Scaling groups and Fargate. Specify a strategy with only one of them and \
             try again.",
        ));
    }
    Ok(())
}

/// A strategy as the API writes it.
pub(crate) fn shown(items: &[StrategyItem]) -> Vec<CapacityProviderStrategyItem> {
    let number = |n: u32| i32::try_from(n).ok();
    let item = |i: &StrategyItem| CapacityProviderStrategyItem {
        capacity_provider: Some(i.provider.clone()),
        weight: number(i.weight),
        base: number(i.base),
    };
    items.iter().map(item).collect()
}

/// Which provider each of `count` tasks goes to: first every base, then by weight, so that after
/// each task the shares are as close to the weights as they can be.
pub(crate) fn split(items: &[StrategyItem], count: u32) -> Vec<&str> {
    let mut placed = Vec::new();
    let wanted = usize::try_from(count).unwrap_or(0);
    for item in items {
        for _ in 0..item.base {
            if placed.len() < wanted {
                placed.push(item.provider.as_str());
            }
        }
    }
    let mut beyond: Vec<u64> = vec![0; items.len()];
    while placed.len() < wanted {
        // The one that would be least above its share; the first of several.
        let next = items
            .iter()
            .zip(&mut beyond)
            .filter(|(i, _)| i.weight > 0)
            .min_by(|(a, had), (b, other)| {
                let left = (**had + 1) * u64::from(b.weight);
                left.cmp(&((**other + 1) * u64::from(a.weight)))
            });
        match next {
            Some((item, had)) => {
                *had += 1;
                placed.push(item.provider.as_str());
            }
            None => break,
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(provider: &str, weight: u32, base: u32) -> StrategyItem {
        StrategyItem {
            provider: provider.to_owned(),
            weight,
            base,
        }
    }

    #[test]
    fn bases_come_first_and_the_rest_is_split_by_weight() {
        let items = [item(FARGATE, 1, 2), item(FARGATE_SPOT, 3, 0)];
        let of = |count| {
            let placed = split(&items, count);
            let fargate = placed.iter().filter(|p| **p == FARGATE).count();
            (fargate, placed.len() - fargate)
        };
        assert_eq!(of(1), (1, 0));
        assert_eq!(of(2), (2, 0));
        assert_eq!(of(6), (3, 3));
        assert_eq!(of(10), (4, 6));
        assert_eq!(split(&[item(FARGATE, 0, 1)], 3).len(), 1);
    }

    #[test]
    fn a_strategy_has_one_base_some_weight_and_no_mix() {
        let message = |items: &[StrategyItem]| check(items).unwrap_err().message;
        assert!(check(&[item(FARGATE, 1, 1), item(FARGATE_SPOT, 4, 0)]).is_ok());
        assert!(check(&[]).is_ok());
        assert!(message(&[item(FARGATE, 1, 1), item(FARGATE_SPOT, 1, 1)]).contains("multiple"));
        assert!(message(&[item(FARGATE, 0, 1)]).contains("greater than 0"));
        assert!(message(&[item(FARGATE, 1, 0), item("asg", 1, 0)]).contains("mix"));
        assert!(bounded(Some(1001), WEIGHT_MAX, "weight").is_err());
        assert!(bounded(Some(-1), WEIGHT_MAX, "weight").is_err());
    }
}
