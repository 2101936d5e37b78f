//! The checks that operations on groups and streams declare.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! CloudWatch Logs": what is done to a group or to a stream in it may be conditioned on the group's
//! tags.

use rolecall_op::{Access, AccessCheck, AccessRequest};

use crate::documents::LogGroup;
use crate::names;

/// `action` on a group, or on something in it that `resource` names, with the group's tags.
pub(crate) fn within(
    req: &AccessRequest<'_>,
    action: &'static str,
    group: &str,
    resource: String,
) -> AccessCheck {
    let check = AccessCheck::new(action, resource);
    match req.snap.get::<LogGroup>(&names::group_key(req.info, group)) {
        Some(group) => check.resource_tags(&group.tags),
        None => check,
    }
}

/// `action` on a group.
pub(crate) fn group(req: &AccessRequest<'_>, action: &'static str, group: &str) -> AccessCheck {
    within(req, action, group, names::group_resource(req.info, group))
}

/// `action` on a stream of a group.
pub(crate) fn stream(
    req: &AccessRequest<'_>,
    action: &'static str,
    group: &str,
    stream: &str,
) -> AccessCheck {
    within(
        req,
        action,
        group,
        names::stream_arn(req.info, group, stream),
    )
}

/// The checks of a reader of events that `check` allows: with `unmask`, that sensitive data may be
/// seen, too. Nothing is masked here; who asks for what is not allowed is refused all the same.
///
/// Source: CloudWatch Logs API Reference, `GetLogEvents`, `unmask`: "you must be signed into an
/// account with the `logs:Unmask` permission".
pub(crate) fn reader(
    req: &AccessRequest<'_>,
    check: AccessCheck,
    name: &str,
    unmask: Option<bool>,
) -> Access {
    match unmask {
        Some(true) => vec![check, group(req, "logs:Unmask", name)].into(),
        _ => check.into(),
    }
}
