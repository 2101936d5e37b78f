//! What an operation must be allowed to do: the checks that it declares beside its handler.

use std::sync::Arc;

use rolecall_base::{AccountId, Region, Tags};
use rolecall_identity::Caller;
use rolecall_policy::Policy;
use rolecall_store::Snapshot;

use crate::RequestInfo;

/// What an operation sees when it declares its checks.
pub struct AccessRequest<'a> {
    /// The request.
    pub info: &'a RequestInfo,
    /// The documents as the call finds them.
    pub snap: &'a Snapshot,
}

impl AccessRequest<'_> {
    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.info.caller
    }

    /// The account that the call is made in.
    pub fn account(&self) -> &AccountId {
        self.info.account()
    }

    /// The region that the call is made in.
    pub fn region(&self) -> &Region {
        &self.info.region
    }
}

/// What an operation declares.
pub enum Access {
    /// Every check must be allowed; an empty list denies.
    Checks(Vec<AccessCheck>),
    /// No policy has an effect on it (`sts:GetCallerIdentity`); the signature is still needed.
    ///
    /// Source: AWS STS API Reference, `GetCallerIdentity`: "No permissions are required to perform
    /// this operation."
    AnySignedCaller,
}

impl From<AccessCheck> for Access {
    fn from(check: AccessCheck) -> Self {
        Self::Checks(vec![check])
    }
}

impl From<Vec<AccessCheck>> for Access {
    fn from(checks: Vec<AccessCheck>) -> Self {
        Self::Checks(checks)
    }
}

/// A condition key and its values.
#[derive(Clone, Debug)]
pub struct Key {
    /// The name, such as `iam:PassedToService`.
    pub name: String,
    /// Its values; several only for keys that are lists.
    pub values: Vec<String>,
    /// Whether the key is a list (`aws:TagKeys`), which `ForAllValues` and `ForAnyValue` look at.
    pub many: bool,
}

/// One thing that the caller must be allowed to do.
#[derive(Clone, Debug)]
pub struct AccessCheck {
    /// The action, such as `ecs:RunTask`.
    pub action: &'static str,
    /// The ARN of the resource, or `*` for an action without resource types.
    pub resource: String,
    /// The account that owns the resource; `None` is the caller's.
    pub resource_account: Option<AccountId>,
    /// Condition keys of this check.
    pub keys: Vec<Key>,
    /// The resource's own policy.
    pub resource_policy: Option<Arc<Policy>>,
    /// Whether the resource's policy must itself allow, as trust policies must.
    pub policy_must_allow: bool,
    /// What refusals call the resource where they don't name it; empty where they say nothing of
    /// it.
    pub called: Option<String>,
}

impl AccessCheck {
    /// The check of `action` on `resource`, an ARN or `*`.
    pub fn new(action: &'static str, resource: impl Into<String>) -> Self {
        Self {
            action,
            resource: resource.into(),
            resource_account: None,
            keys: Vec::new(),
            resource_policy: None,
            policy_must_allow: false,
            called: None,
        }
    }

    /// With refusals that call the resource otherwise, or with an empty `name` say nothing of it.
    #[must_use]
    pub fn called(mut self, name: impl Into<String>) -> Self {
        self.called = Some(name.into());
        self
    }

    /// The beginning of a refusal, before the reason: who may not do what, to what.
    pub fn refusal(&self, user_arn: &str) -> String {
        let subject = format!(
            "User: {user_arn} is not authorized to perform: {}",
            self.action
        );
        match self.called.as_deref().unwrap_or(&self.resource) {
            "" => subject,
            resource => format!("{subject} on resource: {resource}"),
        }
    }

    /// With a condition key of one value.
    #[must_use]
    pub fn key(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.keys.push(Key {
            name: name.into(),
            values: vec![value.into()],
            many: false,
        });
        self
    }

    /// With a condition key, if there is a value.
    #[must_use]
    pub fn key_opt(self, name: impl Into<String>, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.key(name, value),
            None => self,
        }
    }

    /// With a condition key that is a list; an empty list leaves the key absent.
    #[must_use]
    pub fn key_list(mut self, name: impl Into<String>, values: Vec<String>) -> Self {
        if !values.is_empty() {
            self.keys.push(Key {
                name: name.into(),
                values,
                many: true,
            });
        }
        self
    }

    /// With the tags in the request: `aws:RequestTag/KEY` and `aws:TagKeys`.
    #[must_use]
    pub fn request_tags(mut self, tags: &Tags) -> Self {
        for (key, value) in tags.iter() {
            self = self.key(format!("aws:RequestTag/{key}"), value);
        }
        self.tag_keys(tags.iter().map(|(key, _)| key.to_owned()).collect())
    }

    /// With the keys of the tags in the request: `aws:TagKeys`.
    #[must_use]
    pub fn tag_keys(self, keys: Vec<String>) -> Self {
        self.key_list("aws:TagKeys", keys)
    }

    /// With the tags on the resource: `aws:ResourceTag/KEY`.
    #[must_use]
    pub fn resource_tags(mut self, tags: &Tags) -> Self {
        for (key, value) in tags.iter() {
            self = self.key(format!("aws:ResourceTag/{key}"), value);
        }
        self
    }

    /// With the tags on the resource also under the service's own key, `SERVICE:ResourceTag/KEY`.
    #[must_use]
    pub fn service_resource_tags(mut self, service: &str, tags: &Tags) -> Self {
        for (key, value) in tags.iter() {
            self = self.key(format!("{service}:ResourceTag/{key}"), value);
        }
        self.resource_tags(tags)
    }

    /// With the policy on the resource, which may allow beside the caller's own.
    #[must_use]
    pub fn resource_policy(mut self, policy: Option<Arc<Policy>>) -> Self {
        self.resource_policy = policy;
        self
    }

    /// With the account that owns the resource.
    #[must_use]
    pub fn owned_by(mut self, account: AccountId) -> Self {
        self.resource_account = Some(account);
        self
    }

    /// With the trust policy of a role, which must itself allow; `None` allows nobody.
    #[must_use]
    pub fn trust(mut self, policy: Option<Arc<Policy>>) -> Self {
        self.resource_policy = policy;
        self.policy_must_allow = true;
        self
    }

    /// The check that `role_arn` may be passed to `service` (IAM User Guide, "Grant a user
    /// permissions to pass a role to an AWS service").
    pub fn pass_role(role_arn: impl Into<String>, service: &str) -> Self {
        Self::new("iam:PassRole", role_arn).key("iam:PassedToService", service)
    }
}
