//! Managed policies as the API sees them: the account's own and AWS's.

use rolecall_api::iam as api;
use rolecall_base::page::Page;
use rolecall_base::{AccountId, AwsError, Timestamp};
use rolecall_identity::{CustomerPolicy, PolicyText, Quotas};
use rolecall_policy::{PolicyKind, non_whitespace_len};
use rolecall_store::{Doc, Txn};

use crate::aws_managed::{self, AwsPolicy};
use crate::listing::Paging;
use crate::text::url_encoded;
use crate::usage::{self, ATTACHED, BOUNDARY};
use crate::{errors, quota, tags};

/// The longest a managed policy may be, in characters that are not white space (IAM quotas).
const POLICY_CHARS_MAX: usize = 6_144;

/// A managed policy.
pub(crate) enum Managed {
    /// Of the account.
    Customer(Doc<CustomerPolicy>),
    /// Of AWS.
    Aws(AwsPolicy),
}

/// One version of a managed policy.
pub(crate) struct Version {
    /// Its number: `v2` is 2.
    pub(crate) number: u32,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// Whether it is the one in force.
    pub(crate) default: bool,
}

impl Version {
    /// As the API lists it, without its document.
    pub(crate) fn listed(&self) -> api::PolicyVersion {
        api::PolicyVersion {
            document: None,
            version_id: Some(format!("v{}", self.number)),
            is_default_version: Some(self.default),
            create_date: Some(self.created),
        }
    }
}

/// Whether `arn` is of the form of a managed policy's ARN.
///
/// # Errors
/// `ValidationError` otherwise.
pub(crate) fn check_arn(arn: &str) -> Result<(), AwsError> {
    path_and_name(arn)
        .map(drop)
        .ok_or_else(errors::unparsable_arn)
}

/// The path and the name in a managed policy's ARN, `arn:aws:iam::ACCOUNT:policy/PATH/NAME`.
pub(crate) fn path_and_name(arn: &str) -> Option<(&str, &str)> {
    let rest = arn.strip_prefix("arn:aws:iam::")?;
    let (account, resource) = rest.split_once(':')?;
    if account != "aws" && AccountId::new(account).is_err() {
        return None;
    }
    let path = resource.strip_prefix("policy")?;
    let slash = path.rfind('/')?;
    let (path, name) = path.split_at_checked(slash + 1)?;
    (path.starts_with('/') && !name.is_empty()).then_some((path, name))
}

/// Whether the policy is AWS's.
pub(crate) fn is_aws(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:")
}

/// Whether the policy is made for service-linked roles only.
pub(crate) fn is_service_role_policy(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:policy/aws-service-role/")
}

/// The managed policy with this ARN, if it is AWS's or the account's.
pub(crate) fn find(tx: &Txn, account: &AccountId, arn: &str) -> Option<Managed> {
    if is_aws(arn) {
        return aws_managed::get(arn).map(Managed::Aws);
    }
    let key = CustomerPolicy::key_of_arn(arn)?;
    let policy = tx.get::<CustomerPolicy>(&key)?;
    (policy.arn == arn && policy.account == *account).then_some(Managed::Customer(policy))
}

/// The policy with this ARN, for reading.
pub(crate) fn load(tx: &Txn, account: &AccountId, arn: &str) -> Result<Managed, AwsError> {
    check_arn(arn)?;
    find(tx, account, arn).ok_or_else(|| errors::no_policy(arn))
}

/// The account's own policy with this ARN, for changing; AWS's are refused as not authorized.
pub(crate) fn load_customer(
    tx: &Txn,
    info: &rolecall_op::RequestInfo,
    action: &str,
    arn: &str,
) -> Result<(String, CustomerPolicy), AwsError> {
    check_arn(arn)?;
    if is_aws(arn) {
        return Err(errors::aws_managed(&info.caller.arn, action, arn));
    }
    match (
        CustomerPolicy::key_of_arn(arn),
        find(tx, info.account(), arn),
    ) {
        (Some(key), Some(Managed::Customer(policy))) => Ok((key, policy.cloned())),
        _ => Err(errors::no_policy(arn)),
    }
}

/// Parses a document as a version of a managed policy.
pub(crate) fn parse(document: &str) -> Result<PolicyText, AwsError> {
    let text = PolicyText::parse(document, PolicyKind::Managed)
        .map_err(|error| errors::malformed(&error))?;
    if non_whitespace_len(document) > POLICY_CHARS_MAX {
        return Err(errors::quota("PolicySize", POLICY_CHARS_MAX));
    }
    Ok(text)
}

/// Whether the account may have one more policy.
pub(crate) fn check_quota(tx: &Txn, account: &AccountId) -> Result<(), AwsError> {
    let max = Quotas::of(tx, account).policies;
    quota::check::<CustomerPolicy>(tx, account, "PoliciesPerAccount", max)
}

/// The number in a version id such as `v2`; AWS's longer forms name no version here.
pub(crate) fn version_number(id: &str) -> Option<u32> {
    id.strip_prefix('v')?.parse().ok()
}

impl Managed {
    /// Its ARN.
    pub(crate) fn arn(&self) -> &str {
        match self {
            Self::Customer(policy) => &policy.arn,
            Self::Aws(policy) => policy.arn(),
        }
    }

    /// Its tags; AWS's have none.
    pub(crate) fn tags(&self) -> Vec<api::Tag> {
        match self {
            Self::Customer(policy) => tags::all(&policy.tags),
            Self::Aws(_) => Vec::new(),
        }
    }

    /// Its versions, newest first.
    pub(crate) fn versions(&self) -> Vec<Version> {
        match self {
            Self::Customer(policy) => policy
                .versions
                .iter()
                .rev()
                .map(|(number, version)| Version {
                    number: *number,
                    created: version.created,
                    default: *number == policy.default_version,
                })
                .collect(),
            Self::Aws(policy) => policy.versions(),
        }
    }

    /// One version by its id, with its document URL-encoded.
    pub(crate) fn version(&self, id: &str) -> Option<api::PolicyVersion> {
        let number = version_number(id)?;
        let version = self
            .versions()
            .into_iter()
            .find(|version| version.number == number)?;
        let document = match self {
            Self::Customer(policy) => url_encoded(policy.versions.get(&number)?.document.text()),
            Self::Aws(policy) => url_encoded(&policy.document(number)?),
        };
        Some(api::PolicyVersion {
            document: Some(document),
            ..version.listed()
        })
    }

    /// As `ListPolicies` shows it: without description and tags.
    pub(crate) fn listed(&self, tx: &Txn, account: &AccountId) -> api::Policy {
        let arn = self.arn();
        let count = |hows| i32::try_from(usage::count(tx, account, arn, hows)).unwrap_or(i32::MAX);
        let mut shown = match self {
            Self::Customer(policy) => customer(policy),
            Self::Aws(policy) => policy.shown(),
        };
        shown.attachment_count = Some(count(&ATTACHED));
        shown.permissions_boundary_usage_count = Some(count(&BOUNDARY));
        shown.description = None;
        shown.tags = None;
        shown
    }

    /// As `GetPolicy` shows it.
    pub(crate) fn full(&self, tx: &Txn, account: &AccountId) -> api::Policy {
        let listed = self.listed(tx, account);
        match self {
            Self::Customer(policy) => api::Policy {
                description: policy.description.clone(),
                tags: Some(tags::all(&policy.tags)),
                ..listed
            },
            Self::Aws(_) => api::Policy {
                tags: Some(Vec::new()),
                ..listed
            },
        }
    }
}

/// A policy of the account as the API shows it, without its counts.
pub(crate) fn customer(policy: &CustomerPolicy) -> api::Policy {
    api::Policy {
        policy_name: Some(policy.name.clone()),
        policy_id: Some(policy.id.clone()),
        arn: Some(policy.arn.clone()),
        path: Some(policy.path.clone()),
        default_version_id: Some(format!("v{}", policy.default_version)),
        attachment_count: Some(0),
        permissions_boundary_usage_count: Some(0),
        is_attachable: Some(true),
        description: policy.description.clone(),
        create_date: Some(policy.created),
        update_date: Some(policy.updated),
        tags: tags::shown(&policy.tags),
    }
}

/// What `ListPolicies` is asked for.
pub(crate) struct Filter<'a> {
    /// `All`, `AWS` or `Local`.
    pub(crate) scope: &'a str,
    /// Only policies that are attached to something.
    pub(crate) only_attached: bool,
    /// Only policies below this path.
    pub(crate) path_prefix: &'a str,
    /// `PermissionsPolicy`, `PermissionsBoundary`, or both.
    pub(crate) usage: Option<&'a str>,
}

/// A page of the policies that pass `filter`: the account's own first, then AWS's, each by name.
pub(crate) fn list(
    tx: &Txn,
    account: &AccountId,
    filter: &Filter<'_>,
    paging: &Paging,
) -> Page<api::Policy> {
    let prefix = format!("{account}/");
    // The keys of the account's own policies begin with its digits, those of AWS's with `aws/`.
    let local = (filter.scope != "AWS")
        .then(|| tx.range_after::<CustomerPolicy>(&prefix, paging.after()))
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key > paging.after())
        .map(|(key, policy)| (key.to_owned(), Managed::Customer(policy)));
    let aws = (filter.scope != "Local")
        .then(aws_managed::all)
        .into_iter()
        .flatten()
        .map(|policy| (policy.key(), Managed::Aws(policy)))
        .filter(|(key, _)| key.as_str() > paging.after());
    let found = local
        .chain(aws)
        .filter(|(_, policy)| passes(tx, account, policy, filter));
    let page = paging.page(found, |(key, _)| key.clone());
    Page {
        items: page
            .items
            .iter()
            .map(|(_, policy)| policy.listed(tx, account))
            .collect(),
        next: page.next,
    }
}

fn passes(tx: &Txn, account: &AccountId, policy: &Managed, filter: &Filter<'_>) -> bool {
    let arn = policy.arn();
    let below = path_and_name(arn).is_some_and(|(path, _)| path.starts_with(filter.path_prefix));
    let used = |hows| usage::count(tx, account, arn, hows) > 0;
    below
        && (!filter.only_attached || used(&ATTACHED[..]))
        && match filter.usage {
            Some("PermissionsPolicy") => used(&ATTACHED[..]),
            Some("PermissionsBoundary") => used(&BOUNDARY[..]),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_arns_are_told_from_what_only_looks_like_one() {
        assert_eq!(
            path_and_name("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
            Some(("/service-role/", "AmazonECSTaskExecutionRolePolicy"))
        );
        assert_eq!(
            path_and_name("arn:aws:iam::123456789012:policy/p"),
            Some(("/", "p"))
        );
        for bad in [
            "arn:aws::iam::aws:policy/AmazonS3ReadOnlyAccess",
            "arn:aws:iam:111122223333:aws:policy/cwlogspolicy",
            "arn:aws:iam::123456789012:role/p",
            "arn:aws:iam::123456789012:policy/",
            "arn:aws:iam::12:policy/p",
            "longpolicynamebutnoarn",
        ] {
            let error = check_arn(bad).unwrap_err();
            assert_eq!(
                error.to_string(),
                "ValidationError: Invalid ARN:  Could not be parsed!"
            );
        }
    }

    #[test]
    fn version_ids_are_v_and_a_number() {
        assert_eq!(version_number("v12"), Some(12));
        assert_eq!(version_number("12"), None);
        assert_eq!(version_number("v1.x"), None);
    }
}
