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

/// Whether `text` has the form of a unique id such as `AROA...` (IAM User Guide, "IAM
/// identifiers").
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

/// Whether `role_arn` is a service-linked role, which organizations' policies do not limit. Asked
/// on every decision, so it does not take the ARN apart.
pub(crate) fn is_service_linked_role(role_arn: &str) -> bool {
    const ACCOUNT_LEN: usize = 12;
    let partition_end = role_arn
        .bytes()
        .skip(4)
        .position(|b| b == b':')
        .map(|at| at + 4);
    partition_end
        .and_then(|at| {
            role_arn
                .get(at..)?
                .strip_prefix(":iam::")?
                .get(ACCOUNT_LEN..)
        })
        .is_some_and(|resource| resource.starts_with(":role/aws-service-role/"))
}

fn has_name(resource: &str, prefixes: &[&str]) -> bool {
    !resource.contains(['*', '?'])
        && prefixes.iter().any(|prefix| {
            resource
                .strip_prefix(prefix)
                .is_some_and(|name| !name.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_linked_roles() {
        for (arn, expected) in [
            (
                "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
                true,
            ),
            (
                "arn:aws-cn:iam::123456789012:role/aws-service-role/x/y",
                true,
            ),
            ("arn:aws:iam::123456789012:role/service-role/x", false),
            ("arn:aws:sts::123456789012:role/aws-service-role/x", false),
            ("arn:aws:iam::123456789012:user/aws-service-role/x", false),
            ("arn", false),
            ("", false),
        ] {
            assert_eq!(is_service_linked_role(arn), expected, "{arn}");
        }
    }

    #[test]
    fn forms_of_principals() {
        assert_eq!(account_of_root("123456789012"), Some("123456789012"));
        assert_eq!(
            account_of_root("arn:aws:iam::123456789012:root"),
            Some("123456789012")
        );
        assert_eq!(account_of_root("arn:aws:iam::12345:root"), None);
        assert!(is_user_or_role("arn:aws:iam::123456789012:role/path/web"));
        assert!(!is_user_or_role("arn:aws:iam::123456789012:role/*"));
        assert!(!is_user_or_role("arn:aws:iam::123456789012:group/admins"));
        assert!(is_session(
            "arn:aws:sts::123456789012:assumed-role/web/session"
        ));
        assert!(is_unique_id("AIDACKCEVSQ6C2EXAMPLE"));
        assert!(!is_unique_id("aidackcevsq6c2example"));
        assert!(is_unique_id("AIDACKCEVSQ6C2EX") && !is_unique_id("AIDACKCEVSQ6C2E"));
    }
}
