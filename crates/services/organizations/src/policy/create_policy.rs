//! `CreatePolicy`.

use rolecall_api::organizations as api;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::ControlPolicy;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::policy::{POLICIES_MAX, check_name, parse};
use crate::{access, errors, find, shapes, tags};

/// Makes a service or resource control policy, attached to nothing. With tags,
/// `organizations:TagResource` is needed as well.
///
/// Source: AWS Organizations API Reference, `CreatePolicy`.
pub struct CreatePolicy;

impl Operation for CreatePolicy {
    type Api = rolecall_api::organizations::CreatePolicy;
    const EXAMPLE: &'static str = r#"{"Name":"example","Description":"","Type":"SERVICE_CONTROL_POLICY","Content":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"ecs:CreateCluster\",\"Resource\":\"*\"}}"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let word = input.r#type.as_deref().unwrap_or_default();
        Ok(access::policy_creation(
            req,
            word,
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let kind = find::control_type(&req.input.r#type)?;
        if !organization.all_features {
            return Err(errors::type_not_available());
        }
        let mut tags = Tags::default();
        tags::add(&mut tags, &req.input.tags)?;
        let name = req.input.name.as_deref().unwrap_or_default();
        check_name(tx, kind, name)?;
        let made = tx
            .range::<ControlPolicy>("")
            .filter(|(_, policy)| policy.kind == kind);
        if made.count() >= POLICIES_MAX {
            return Err(errors::too_many_policies());
        }
        let id = format!("p-{}", find::letters(&mut req.ids(), 8));
        let policy = ControlPolicy {
            arn: format!(
                "arn:aws:organizations::{}:policy/{}/{}/{id}",
                organization.management,
                organization.id,
                kind.arn_word()
            ),
            id: id.clone(),
            name: name.to_owned(),
            description: req.input.description.clone().unwrap_or_default(),
            kind,
            text: parse(kind, req.input.content.as_deref().unwrap_or_default())?,
            tags,
        };
        tx.put(id, policy.clone());
        Ok(api::CreatePolicyResponse {
            policy: Some(shapes::policy(&policy)),
        })
    }
}
