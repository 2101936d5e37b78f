//! The checks that IAM's operations declare.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS
//! Identity and Access Management (IAM)". Resources are named with their stored path; one that does
//! not exist is named with the path `/`, so that a caller without permission cannot tell. Tags of
//! users and roles are known as `aws:ResourceTag` and `iam:ResourceTag`, those of policies and
//! instance profiles as `aws:ResourceTag` alone.
//!
//! Refusals call what has a name by it, as in `role app`, and managed policies `policy ARN`; an ARN
//! stands there when the thing is yet to be made, or is passed, simulated or listed. So do those
//! that the DynamoDB Developer Guide shows in "DAX access control", and the Cloud9 User Guide in
//! "Troubleshooting". The new name of what is renamed, which AWS does not show, stands as an ARN.

use rolecall_base::Tags;
use rolecall_identity::{
    CallerKind, CustomerPolicy, Group, InstanceProfile, Role, User, VirtualMfaDevice, name_key,
};
use rolecall_op::{Access, AccessCheck, AccessRequest};

/// A check whose refusal names the ARN.
pub(crate) fn by_arn(check: AccessCheck) -> AccessCheck {
    AccessCheck {
        called: None,
        ..check
    }
}

/// `action` on the role `name`.
pub(crate) fn role(req: &AccessRequest<'_>, action: &'static str, name: &str) -> AccessCheck {
    let check = match req.snap.get::<Role>(&name_key(req.account(), name)) {
        Some(role) => {
            AccessCheck::new(action, role.arn.clone()).service_resource_tags("iam", &role.tags)
        }
        None => AccessCheck::new(action, Role::arn_of(req.account(), "/", name)),
    };
    check.called(format!("role {name}"))
}

/// `action` on the role `name`, with the role's boundary as `iam:PermissionsBoundary`.
pub(crate) fn bounded_role(
    req: &AccessRequest<'_>,
    action: &'static str,
    name: &str,
) -> AccessCheck {
    let stored = req.snap.get::<Role>(&name_key(req.account(), name));
    let boundary = stored.and_then(|role| role.boundary.clone());
    role(req, action, name).key_opt("iam:PermissionsBoundary", boundary)
}

/// `action` on the user `name`.
pub(crate) fn user(req: &AccessRequest<'_>, action: &'static str, name: &str) -> AccessCheck {
    let check = match req.snap.get::<User>(&name_key(req.account(), name)) {
        Some(user) => {
            AccessCheck::new(action, user.arn.clone()).service_resource_tags("iam", &user.tags)
        }
        None => AccessCheck::new(action, User::arn_of(req.account(), "/", name)),
    };
    check.called(format!("user {name}"))
}

/// `action` on the user `name`, with the user's boundary as `iam:PermissionsBoundary`.
pub(crate) fn bounded_user(
    req: &AccessRequest<'_>,
    action: &'static str,
    name: &str,
) -> AccessCheck {
    let stored = req.snap.get::<User>(&name_key(req.account(), name));
    let boundary = stored.and_then(|user| user.boundary.clone());
    user(req, action, name).key_opt("iam:PermissionsBoundary", boundary)
}

/// `action` on the user of this name, or on the caller itself if none is given: a user, or root.
pub(crate) fn user_or_caller(
    req: &AccessRequest<'_>,
    action: &'static str,
    name: Option<&str>,
) -> AccessCheck {
    match name {
        Some(name) => user(req, action, name),
        None => match &req.caller().kind {
            CallerKind::User { key, .. } => match req.snap.get::<User>(key) {
                Some(user) => user_check(action, &user),
                None => AccessCheck::new(action, req.caller().arn.clone()),
            },
            _ => AccessCheck::new(action, req.caller().arn.clone()),
        },
    }
}

fn user_check(action: &'static str, user: &User) -> AccessCheck {
    AccessCheck::new(action, user.arn.clone())
        .service_resource_tags("iam", &user.tags)
        .called(format!("user {}", user.name))
}

/// `action` on the group `name`. Groups have no tags.
pub(crate) fn group(req: &AccessRequest<'_>, action: &'static str, name: &str) -> AccessCheck {
    let stored = req.snap.get::<Group>(&name_key(req.account(), name));
    let arn = stored.map_or_else(
        || Group::arn_of(req.account(), "/", name),
        |group| group.arn.clone(),
    );
    AccessCheck::new(action, arn).called(format!("group {name}"))
}

/// `action` on the virtual MFA device with this serial number, which is its ARN.
pub(crate) fn mfa_device(
    req: &AccessRequest<'_>,
    action: &'static str,
    serial: &str,
) -> AccessCheck {
    let check = AccessCheck::new(action, serial);
    match req.snap.get::<VirtualMfaDevice>(serial) {
        Some(device) => check.resource_tags(&device.tags),
        None => check,
    }
}

/// `action` on the instance profile `name`.
pub(crate) fn instance_profile(
    req: &AccessRequest<'_>,
    action: &'static str,
    name: &str,
) -> AccessCheck {
    let check = match req
        .snap
        .get::<InstanceProfile>(&name_key(req.account(), name))
    {
        Some(profile) => AccessCheck::new(action, profile.arn.clone()).resource_tags(&profile.tags),
        None => AccessCheck::new(action, req.info.iam_arn(format!("instance-profile/{name}"))),
    };
    check.called(format!("instance profile {name}"))
}

/// `action` on the managed policy with this ARN.
pub(crate) fn policy(req: &AccessRequest<'_>, action: &'static str, arn: &str) -> AccessCheck {
    let check = AccessCheck::new(action, arn).called(format!("policy {arn}"));
    match CustomerPolicy::by_arn(req.snap, arn) {
        Some(policy) => check.resource_tags(&policy.tags),
        None => check,
    }
}

/// `action` on everything of a type below a path, as the listings are authorized.
pub(crate) fn listing(
    req: &AccessRequest<'_>,
    action: &'static str,
    resource_type: &str,
    path_prefix: &Option<String>,
) -> Access {
    let path = path_prefix.as_deref().unwrap_or("/");
    AccessCheck::new(action, req.info.iam_arn(format!("{resource_type}{path}"))).into()
}

/// The check of a creation and, where tags are given, of the tagging that comes with it.
pub(crate) fn creation(create: AccessCheck, tag_action: &'static str, tags: &Tags) -> Access {
    let create = create.request_tags(tags);
    if tags.is_empty() {
        return create.into();
    }
    let tag = AccessCheck {
        action: tag_action,
        ..create.clone()
    };
    vec![create, tag].into()
}
