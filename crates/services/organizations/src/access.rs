//! The checks that the operations declare.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS
//! Organizations". All ARNs are in the management account. The id of an organization follows from
//! it, so an ARN says nothing about whether there is one; a resource that a call makes has no id
//! yet and stands as `*` in its place.

use rolecall_base::{AccountId, Tags};
use rolecall_identity::organization::{ControlPolicy, ControlType, Organization, Target};
use rolecall_op::{Access, AccessCheck, AccessRequest};

/// What ARNs begin with: the management account and the organization.
struct Place {
    management: AccountId,
    organization: String,
}

fn place(req: &AccessRequest<'_>) -> Place {
    let joined = req.snap.get::<Target>(req.account().as_str()).is_some();
    match Organization::of(req.snap).filter(|_| joined) {
        Some(organization) => Place {
            management: organization.management.clone(),
            organization: organization.id.clone(),
        },
        None => Place {
            management: req.account().clone(),
            organization: Organization::id_of(req.account()),
        },
    }
}

impl Place {
    fn arn(&self, kind: &str, id: &str) -> String {
        Organization::arn_in(&self.management, &self.organization, kind, id)
    }
}

/// `check` as one of the caller's own account: an ARN names the management account, and a member
/// asks about itself all the same.
fn for_caller(req: &AccessRequest<'_>, check: AccessCheck) -> AccessCheck {
    if place(req).management == *req.account() {
        return check;
    }
    check.owned_by(req.account().clone())
}

/// `action`, which takes no resource.
pub(crate) fn anywhere(action: &'static str) -> AccessCheck {
    AccessCheck::new(action, "*")
}

/// `action` on what has this id: a root, a unit, an account, or a policy.
pub(crate) fn on(req: &AccessRequest<'_>, action: &'static str, id: &str) -> AccessCheck {
    if id.starts_with("p-") {
        return on_policy(req, action, id);
    }
    let kind = if id.starts_with("r-") {
        "root"
    } else if id.starts_with("ou-") {
        "ou"
    } else {
        "account"
    };
    let check = for_caller(req, AccessCheck::new(action, place(req).arn(kind, id)));
    match req.snap.get::<Target>(id) {
        Some(target) => check.resource_tags(&target.tags),
        None => check,
    }
}

/// `action` on the policy with this id, with its type as `organizations:PolicyType`.
pub(crate) fn on_policy(req: &AccessRequest<'_>, action: &'static str, id: &str) -> AccessCheck {
    if let Some(policy) = ControlPolicy::aws_managed(id) {
        return AccessCheck::new(action, policy.arn)
            .key("organizations:PolicyType", policy.kind.as_str());
    }
    match req.snap.get::<ControlPolicy>(id) {
        Some(policy) => AccessCheck::new(action, policy.arn.clone())
            .resource_tags(&policy.tags)
            .key("organizations:PolicyType", policy.kind.as_str()),
        None => {
            let id = format!("{}/{id}", ControlType::Service.arn_word());
            AccessCheck::new(action, place(req).arn("policy", &id))
        }
    }
}

/// The creation of something of `kind`, whose id begins with `prefix`: `create` and, where tags are
/// given, `organizations:TagResource` on what is made.
pub(crate) fn creation(
    req: &AccessRequest<'_>,
    create: AccessCheck,
    kind: &str,
    prefix: &str,
    tags: &Tags,
) -> Access {
    let create = create.request_tags(tags);
    if tags.is_empty() {
        return create.into();
    }
    let arn = place(req).arn(kind, &format!("{prefix}*"));
    let tag = AccessCheck::new("organizations:TagResource", arn).request_tags(tags);
    vec![create, tag].into()
}

/// The creation of a policy of a type.
pub(crate) fn policy_creation(req: &AccessRequest<'_>, word: &str, tags: &Tags) -> Access {
    let place = place(req);
    let arn = format!(
        "arn:aws:organizations::{}:policy/{}/{}/p-*",
        place.management,
        place.organization,
        word.to_lowercase()
    );
    let create = AccessCheck::new("organizations:CreatePolicy", arn.clone())
        .key("organizations:PolicyType", word)
        .request_tags(tags);
    if tags.is_empty() {
        return create.into();
    }
    let tag = AccessCheck {
        action: "organizations:TagResource",
        ..create.clone()
    };
    vec![create, tag].into()
}
