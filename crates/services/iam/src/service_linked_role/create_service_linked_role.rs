//! `CreateServiceLinkedRole`.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::rng::iam_unique_id;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{Role, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::service_linked_role::linked;
use crate::text::required;
use crate::usage::{self, How};
use crate::{errors, shapes, trust};

/// Creates the role that a service acts under in the account.
///
/// Source: IAM API Reference, `CreateServiceLinkedRole`.
pub struct CreateServiceLinkedRole;

impl Operation for CreateServiceLinkedRole {
    type Api = rolecall_api::iam::CreateServiceLinkedRole;
    const EXAMPLE: &'static str = r#"{"AWSServiceName":"ecs.amazonaws.com"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let service = required(&input.aws_service_name);
        let suffix = input.custom_suffix.as_deref();
        let name =
            linked::find(service).map_or_else(|| "*".to_owned(), |linked| linked.role_name(suffix));
        let arn = req
            .info
            .iam_arn(format!("role/aws-service-role/{service}/{name}"));
        let check = AccessCheck::new("iam:CreateServiceLinkedRole", arn);
        Ok(check.key("iam:AWSServiceName", service).into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let service = required(&input.aws_service_name);
        let suffix = input
            .custom_suffix
            .as_deref()
            .filter(|suffix| !suffix.is_empty());
        let linked = linked::find(service).ok_or_else(|| {
            errors::invalid_input(format!("The service {service} has no service-linked role."))
        })?;
        if suffix.is_some() && !linked.takes_suffix {
            return Err(errors::invalid_input(format!(
                "Custom suffix is not allowed for {service}"
            )));
        }
        let name = linked.role_name(suffix);
        let key = name_key(account, &name);
        if tx.get::<Role>(&key).is_some() {
            return Err(errors::invalid_input(format!(
                "Service role name {name} has been taken in this account, please try a different \
                 suffix."
            )));
        }
        let path = format!("/aws-service-role/{service}/");
        let description = input.description.clone().filter(|text| !text.is_empty());
        let role = Role {
            account: account.clone(),
            path: path.clone(),
            id: iam_unique_id(&mut req.ids(), "AROA"),
            arn: Role::arn_of(account, &path, &name),
            name,
            created: req.now,
            trust: trust::parse(tx, account, &linked.trust())?,
            description: description.or_else(|| linked.description.map(str::to_owned)),
            max_session_duration_s: 3600,
            boundary: None,
            tags: Tags::default(),
            inline: BTreeMap::new(),
            attached: vec![linked.policy_arn()],
            linked_service: Some(service.to_owned()),
        };
        usage::add(tx, account, &linked.policy_arn(), How::RolePolicy, &key);
        let shown = shapes::listed_role(tx, account, &role);
        tx.put(key, role);
        Ok(api::CreateServiceLinkedRoleResponse { role: Some(shown) })
    }
}
