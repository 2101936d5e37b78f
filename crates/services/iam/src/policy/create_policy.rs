//! `CreatePolicy`.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::rng::iam_unique_id;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::{CustomerPolicy, PolicyVersion, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::tags::Case;
use crate::text::{path_or_root, required};
use crate::{access, catalog, errors, tags};

/// Creates a managed policy. With tags, `iam:TagPolicy` is needed as well.
///
/// Source: IAM API Reference, `CreatePolicy`.
pub struct CreatePolicy;

impl Operation for CreatePolicy {
    type Api = rolecall_api::iam::CreatePolicy;
    const EXAMPLE: &'static str = r#"{"PolicyName":"app","PolicyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"*\"}}"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let path = path_or_root(&input.path);
        let name = required(&input.policy_name);
        let arn = CustomerPolicy::arn_of(req.account(), path, name);
        let create = AccessCheck::new("iam:CreatePolicy", arn).called(format!("policy {name}"));
        Ok(access::creation(
            create,
            "iam:TagPolicy",
            &tags::given(&input.tags),
        ))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (path, name) = (path_or_root(&input.path), required(&input.policy_name));
        let mut tags = Tags::default();
        tags::add(&mut tags, &input.tags, Case::Matters, "TagsPerPolicy")?;
        let document = catalog::parse(required(&input.policy_document))?;
        let key = name_key(account, name);
        if tx.get::<CustomerPolicy>(&key).is_some() {
            return Err(errors::policy_exists(name));
        }
        catalog::check_quota(tx, account)?;
        let policy = CustomerPolicy {
            account: account.clone(),
            name: name.to_owned(),
            path: path.to_owned(),
            id: iam_unique_id(&mut req.ids(), "ANPA"),
            arn: CustomerPolicy::arn_of(account, path, name),
            description: input.description.clone(),
            created: req.now,
            updated: req.now,
            tags,
            default_version: 1,
            next_version: 2,
            versions: BTreeMap::from([(
                1,
                PolicyVersion {
                    document,
                    created: req.now,
                },
            )]),
        };
        let shown = api::Policy {
            description: None,
            ..catalog::customer(&policy)
        };
        tx.put(key, policy);
        Ok(api::CreatePolicyResponse {
            policy: Some(shown),
        })
    }
}
