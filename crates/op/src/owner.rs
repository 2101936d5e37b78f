//! Whose a resource is, and what the organization of its account says of it.

use std::borrow::Cow;

use rolecall_identity::Applied;
use rolecall_identity::organization::{ControlType, Membership, has_resource_control_policies};
use rolecall_identity::resolve::{Named, Unresolved};
use rolecall_policy::Context;
use rolecall_store::Snapshot;

use crate::access::AccessCheck;
use crate::request::RequestInfo;

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
