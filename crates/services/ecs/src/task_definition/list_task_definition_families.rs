//! `ListTaskDefinitionFamilies`.

use rolecall_api::ecs as api;
use rolecall_base::AwsError;
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::{Doc, Txn};

use crate::documents::Family;
use crate::listing::PageRequest;
use crate::refs::key;

/// Lists families whose names begin with a prefix: those with an active revision, those with
/// inactive ones only, or both.
///
/// Source: Amazon ECS API Reference, `ListTaskDefinitionFamilies`.
pub struct ListTaskDefinitionFamilies;

impl Operation for ListTaskDefinitionFamilies {
    type Api = api::ListTaskDefinitionFamilies;

    const EXAMPLE: &'static str = r#"{"familyPrefix": "exa", "status": "ACTIVE"}"#;

    fn access(
        _: &api::ListTaskDefinitionFamiliesRequest,
        _: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("ecs:ListTaskDefinitionFamilies", "*").into())
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::ListTaskDefinitionFamiliesResponse, AwsError> {
        let input = req.input;
        let page = PageRequest::new(input.next_token.as_deref(), input.max_results, 100)?;
        let prefix = key(req.info, input.family_prefix.as_deref().unwrap_or_default());
        let after = page.after.as_deref().unwrap_or_default();
        let status = input.status.as_deref();
        let wanted = |family: &Doc<Family>| match status {
            Some("ACTIVE") => family.latest_active.is_some(),
            Some("INACTIVE") => family.latest_active.is_none() && family.revisions > 0,
            _ => family.revisions > 0,
        };
        let all = tx
            .range_after::<Family>(&prefix, after)
            .filter(|(_, family)| wanted(family));
        let (families, next_token) = page.take(all);
        let families = families.iter().map(|family| family.name.clone()).collect();
        Ok(api::ListTaskDefinitionFamiliesResponse {
            families: Some(families),
            next_token,
        })
    }
}
