//! Whose a resource is, and what the organization of its account says of it.

use std::borrow::Cow;

use rolecall_base::AccountId;
use rolecall_identity::organization::{ControlType, Membership, has_resource_control_policies};
use rolecall_identity::resolve::{Named, Unresolved};
use rolecall_identity::{Applied, Caller};
use rolecall_policy::Context;
use rolecall_store::Snapshot;

use crate::access::AccessCheck;
use crate::request::RequestInfo;

/// `check` with the owner of its resource: where the operation does not name it, the account in the
/// ARN. Another account's resource, whose own policy says nothing, is nobody's to use: a role of
/// another account cannot be passed, nor its managed policy changed.
///
/// Source: IAM User Guide, "Cross-account policy evaluation logic".
pub(crate) fn owned(mut check: AccessCheck, caller: &Caller) -> AccessCheck {
    if check.resource_account.is_none() {
        let account = check.resource.split(':').nth(4);
        let account = account.filter(|id| *id != caller.account.as_str());
        check.resource_account = account.and_then(|id| AccountId::new(id).ok());
    }
    check
}

/// The account that owns the resource of one check, as far as organizations care.
pub(crate) struct Owner<'a> {
    membership: Option<Cow<'a, Membership>>,
    /// The resource control policies of its account, root first.
    pub(crate) rcps: Vec<Vec<Named>>,
}

impl<'a> Owner<'a> {
    /// The owner of `check`'s resource. Costs nothing where there is no organization.
    ///
    /// # Errors
    /// [`Unresolved`] if a part of its organization or a policy is missing.
    pub(crate) fn of(
        snap: &Snapshot,
        info: &RequestInfo,
        check: &AccessCheck,
        applied: &'a Applied,
    ) -> Result<Self, Unresolved> {
        let other = check.resource_account.as_ref();
        let membership = match other.filter(|account| **account != info.caller.account) {
            None => applied.membership.as_ref().map(Cow::Borrowed),
            Some(account) => Membership::of(snap, account)?.map(Cow::Owned),
        };
        let rcps = match &membership {
            Some(membership) if has_resource_control_policies(check.action) => {
                membership.policies(snap, ControlType::Resource)?
            }
            _ => Vec::new(),
        };
        Ok(Self { membership, rcps })
    }

    /// `aws:ResourceOrgID` and `aws:ResourceOrgPaths`.
    pub(crate) fn keys<'c>(&'c self, context: &mut Context<'c>) {
        if let Some(membership) = self.membership.as_deref() {
            context.set("aws:ResourceOrgID", membership.organization.id.as_str());
            context.set_list("aws:ResourceOrgPaths", [membership.org_path()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_whose_its_resource_is() {
        let own = AccountId::new("123456789012").unwrap();
        let caller = Caller::root(&own, None);
        let owner = |resource: &str| {
            let check = AccessCheck::new("iam:PassRole", resource);
            owned(check, &caller).resource_account
        };
        let other = AccountId::new("210987654321").unwrap();
        assert_eq!(
            owner("arn:aws:iam::210987654321:role/app"),
            Some(other.clone())
        );
        for own in [
            "*",
            "arn:aws:iam::123456789012:role/app",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(owner(own), None, "{own}");
        }
        let check = AccessCheck::new("iam:PassRole", "*").owned_by(other.clone());
        assert_eq!(owned(check, &caller).resource_account, Some(other));
    }
}
