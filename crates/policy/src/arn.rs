//! The little that policies need to know of ARNs.

/// The six parts of an ARN; the last keeps its colons.
pub(crate) fn split(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?, next()?, next()?])
}

/// Whether `text` is a 12-digit account id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The account of `123456789012` or `arn:aws:iam::123456789012:root`, which mean the same.
pub(crate) fn account_of_root(principal: &str) -> Option<&str> {
    if is_account(principal) {
        return Some(principal);
    }
    match split(principal)? {
        ["arn", _, "iam", "", account, "root"] if is_account(account) => Some(account),
        _ => None,
    }
}

/// Whether `text` has the form of a unique id such as `AROA...` (IAM User Guide, "IAM identifiers").
pub(crate) fn is_unique_id(text: &str) -> bool {
    (16..=128).contains(&text.len())
        && text.starts_with('A')
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Whether `arn` names an IAM user or role.
pub(crate) fn is_user_or_role(arn: &str) -> bool {
    match split(arn) {
        Some(["arn", _, "iam", "", account, name]) => {
            is_account(account) && has_name(name, &["user/", "role/"])
        }
        _ => false,
    }
}

/// Whether `arn` names an STS session.
pub(crate) fn is_session(arn: &str) -> bool {
    match split(arn) {
        Some(["arn", _, "sts", "", account, name]) => {
            is_account(account) && has_name(name, &["assumed-role/", "federated-user/"])
        }
        _ => false,
    }
}

/// Whether `role_arn` is a service-linked role, which organizations' policies do not limit.
pub(crate) fn is_service_linked_role(role_arn: &str) -> bool {
    match split(role_arn) {
        Some([_, _, "iam", _, _, name]) => name.starts_with("role/aws-service-role/"),
        _ => false,
    }
}

fn has_name(resource: &str, prefixes: &[&str]) -> bool {
    !resource.contains(['*', '?'])
        && prefixes.iter().any(|prefix| {
            resource
                .strip_prefix(prefix)
                .is_some_and(|name| !name.is_empty())
        })
}
