//! `SetRepositoryPolicy`.

use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_identity::PolicyText;
use rolecall_op::{Access, AccessRequest, Authorized, Operation, condition_context};
use rolecall_policy::{Layers, NamedPolicy, Policy, PolicyKind, Reason, Request, evaluate};
use rolecall_store::Txn;

use super::text::normalise;
use super::unique_id;
use crate::access;
use crate::errors;
use crate::place::Place;

/// Sets the policy of a repository in place of the one it has.
///
/// Users and roles that it names must exist, and are known by their unique ids from then on. A
/// policy that denies its author to set another one needs `force`.
///
/// Source: ECR API Reference, `SetRepositoryPolicy`.
pub(crate) struct SetRepositoryPolicy;

impl Operation for SetRepositoryPolicy {
    type Api = api::SetRepositoryPolicy;

    const EXAMPLE: &'static str = r#"{"repositoryName":"team/app","policyText":
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"AllowPull\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"ecr:BatchGetImage\"]}]}"}"#;

    fn access(
        input: &api::SetRepositoryPolicyRequest,
        req: &AccessRequest<'_>,
    ) -> Result<Access, AwsError> {
        let (id, name) = (
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        );
        access::repository("ecr:SetRepositoryPolicy", req, id, name)
    }

    fn handle(
        req: Authorized<'_, Self>,
        tx: &mut Txn,
    ) -> Result<api::SetRepositoryPolicyResponse, AwsError> {
        let input = req.input;
        let place = Place::of(
            req.info,
            input.registry_id.as_deref(),
            input.repository_name.as_deref(),
        )?;
        let mut repository = place.find(tx)?.cloned();
        let given = input.policy_text.as_deref().unwrap_or_default();
        Policy::parse(given, PolicyKind::Resource)
            .map_err(|_| errors::invalid_repository_policy())?;
        let text = normalise(given).ok_or_else(errors::invalid_repository_policy)?;
        let snap = tx.snapshot_unchecked();
        let mut unknown = false;
        let policy = PolicyText::parse_tied(&text, PolicyKind::Resource, |arn| {
            let id = unique_id(&snap, arn);
            unknown |= id.is_none();
            id
        });
        let policy = match policy {
            Ok(policy) => policy,
            Err(_) if unknown => return Err(errors::principal_not_found()),
            Err(_) => return Err(errors::invalid_repository_policy()),
        };
        if input.force != Some(true) && locks_out(&req, &place, &policy) {
            return Err(errors::policy_locks_out());
        }
        repository.policy = Some(policy);
        tx.put(place.key(), repository);
        Ok(api::SetRepositoryPolicyResponse {
            registry_id: Some(place.account.to_string()),
            repository_name: Some(place.name),
            policy_text: Some(text),
        })
    }
}

/// Whether the policy denies the caller to set another one.
fn locks_out(
    req: &Authorized<'_, SetRepositoryPolicy>,
    place: &Place,
    policy: &PolicyText,
) -> bool {
    let Some(policy) = policy.compiled(PolicyKind::Resource) else {
        return true;
    };
    let context = condition_context(req.info);
    let (principal, arn) = (req.caller.principal(), place.arn());
    let request = Request {
        principal: &principal,
        action: "ecr:SetRepositoryPolicy",
        resource: &arn,
        resource_account: Some(place.account.as_str()),
        context: &context,
    };
    let resource = Some(NamedPolicy { name: &arn, policy });
    let layers = Layers {
        resource,
        ..Layers::default()
    };
    matches!(evaluate(&request, &layers).reason, Reason::ExplicitDeny(_))
}
