//! `ListPoliciesGrantingServiceAccess`.

use rolecall_api::iam as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use super::entity::{Entity, Held};
use super::grants::Grants;
use crate::errors;
use crate::listing::Paging;
use crate::text::required;

/// Which policies of a user (with its groups), group or role allow something of a service. Only
/// their Allow statements are looked at, as AWS says of it.
///
/// Source: IAM API Reference, `ListPoliciesGrantingServiceAccess`.
pub struct ListPoliciesGrantingServiceAccess;

impl Operation for ListPoliciesGrantingServiceAccess {
    type Api = rolecall_api::iam::ListPoliciesGrantingServiceAccess;
    const EXAMPLE: &'static str =
        r#"{"Arn":"arn:aws:iam::123456789012:role/app","ServiceNamespaces":["ecs","logs"]}"#;

    fn access(input: &Input<Self::Api>, _: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let arn = required(&input.arn);
        Ok(AccessCheck::new("iam:ListPoliciesGrantingServiceAccess", arn).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let arn = required(&req.input.arn);
        let snap = tx.snapshot_unchecked();
        let entity = Entity::find(&snap, req.account(), arn)
            .filter(|entity| !matches!(entity, Entity::Policy(_)))
            .ok_or_else(|| errors::no_such_arn(arn))?;
        let held: Vec<(Held, Grants)> = entity
            .policies(&snap)
            .into_iter()
            .map(|held| {
                let mut grants = Grants::default();
                grants.add(&held.text);
                (held, grants)
            })
            .collect();
        let namespaces = req.input.service_namespaces.clone().unwrap_or_default();
        let paging = Paging::new(&req.input.marker, None)?;
        let page = paging.slice(namespaces, Clone::clone)?;
        let entries = page.items.into_iter().map(|namespace| {
            let granting = held
                .iter()
                .filter(|(_, grants)| grants.services().contains(&namespace))
                .map(|(held, _)| shown(held));
            api::ListPoliciesGrantingServiceAccessEntry {
                policies: Some(granting.collect()),
                service_namespace: Some(namespace),
            }
        });
        Ok(api::ListPoliciesGrantingServiceAccessResponse {
            policies_granting_service_access: Some(entries.collect()),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}

fn shown(held: &Held) -> api::PolicyGrantingServiceAccess {
    let (kind, name) = held.of.clone().unzip();
    api::PolicyGrantingServiceAccess {
        policy_name: Some(held.name.clone()),
        policy_type: Some(
            if held.arn.is_some() {
                "MANAGED"
            } else {
                "INLINE"
            }
            .to_owned(),
        ),
        policy_arn: held.arn.clone(),
        entity_type: kind.map(str::to_owned),
        entity_name: name,
    }
}
