//! What of an observed resource is made general, and which condition keys are kept.
//!
//! A name that a person chose stays as it is. A part that is made anew with every use (a task's id,
//! a revision, a session's name) becomes a wildcard, or the policy would be out of date at once.

/// A part of resource names that is made anew with every use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The service in the ARN.
    pub service: &'static str,
    /// What the ARN's resource part begins with.
    pub prefix: &'static str,
    /// What separates the part from the rest; the part is what follows the last one.
    pub separator: char,
    /// Which parts are replaced.
    pub part: Part,
    /// What it is replaced with.
    pub becomes: &'static str,
    /// What the part is.
    pub what: &'static str,
}

/// Which texts a [`Rule`] takes for a part that is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whatever stands there.
    Any,
    /// A number.
    Digits,
    /// A task's id: 32 hexadecimal digits.
    TaskId,
    /// The six letters and digits that Secrets Manager puts after a secret's name.
    SecretSuffix,
}

impl Part {
    fn is(self, text: &str) -> bool {
        match self {
            Self::Any => !text.is_empty(),
            Self::Digits => !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
            Self::TaskId => text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()),
            Self::SecretSuffix => {
                text.len() == 6 && text.bytes().all(|b| b.is_ascii_alphanumeric())
            }
        }
    }
}

const fn id(service: &'static str, prefix: &'static str, what: &'static str) -> Rule {
    Rule {
        service,
        prefix,
        separator: '/',
        part: Part::Any,
        becomes: "*",
        what,
    }
}

const fn revision(prefix: &'static str) -> Rule {
    Rule {
        service: "ecs",
        prefix,
        separator: ':',
        part: Part::Digits,
        becomes: "*",
        what: "the revision",
    }
}

/// Every part that is made general; the first rule that fits is used.
///
/// ARN formats: Service Authorization Reference, "Resource types" of each service.
pub const RULES: &[Rule] = &[
    id("ecs", "task/", "the task's id"),
    id("ecs", "container-instance/", "the instance's id"),
    id("ecs", "service-deployment/", "the deployment's id"),
    id("ecs", "service-revision/", "the revision's id"),
    id("ecs", "task-set/", "the task set's id"),
    id("ecs", "daemon-deployment/", "the deployment's id"),
    id("ecs", "daemon-revision/", "the revision's id"),
    revision("task-definition/"),
    revision("daemon-task-definition/"),
    Rule {
        service: "logs",
        prefix: "log-group:",
        separator: '/',
        part: Part::TaskId,
        becomes: "*",
        what: "the task's id at the end of a log stream's name",
    },
    Rule {
        service: "secretsmanager",
        prefix: "secret:",
        separator: '-',
        part: Part::SecretSuffix,
        becomes: "??????",
        what: "the random end of the secret's ARN",
    },
    id("sts", "assumed-role/", "the session's name"),
    id("sts", "federated-user/", "the session's name"),
];

/// Actions that are checked on a family without its revision when the caller names none, so that
/// both stand in the policy.
const FAMILY_TOO: [&str; 2] = ["ecs:RunTask", "ecs:StartTask"];

/// The patterns that stand for an observed resource of an action.
///
/// ```
/// use rolecall_advise::rules::generalize;
///
/// let family = "arn:aws:ecs:us-east-1:123456789012:task-definition/web";
/// assert_eq!(generalize("ecs:RunTask", &format!("{family}:7")), [family, &format!("{family}:*")]);
/// let role = "arn:aws:iam::123456789012:role/web";
/// assert_eq!(generalize("iam:PassRole", role), [role]);
/// ```
pub fn generalize(action: &str, resource: &str) -> Vec<String> {
    let literal = || vec![escape(resource)];
    let mut segments = resource.splitn(6, ':');
    let (Some(service), Some(name)) = (segments.nth(2), segments.nth(2)) else {
        return literal();
    };
    let applied = RULES
        .iter()
        .filter(|rule| rule.service == service && name.starts_with(rule.prefix))
        .find_map(|rule| {
            let (rest, last) = resource.rsplit_once(rule.separator)?;
            rule.part.is(last).then(|| (rule, escape(rest)))
        });
    let family_too = FAMILY_TOO.iter().any(|a| a.eq_ignore_ascii_case(action));
    match applied {
        Some((rule, rest)) => {
            let general = format!("{rest}{}{}", rule.separator, rule.becomes);
            match rule.part {
                Part::Digits if family_too => vec![rest, general],
                _ => vec![general],
            }
        }
        None if family_too && name.starts_with("task-definition/") => {
            let family = escape(resource);
            vec![family.clone(), format!("{family}:*")]
        }
        None => literal(),
    }
}

/// A text as a pattern for that very text: wildcard characters are escaped, but for one at the end,
/// with which services name what has no name yet (`task/prod/*`).
pub(crate) fn escape(text: &str) -> String {
    let (name, end) = match text.strip_suffix('*') {
        Some(name) => (name, "*"),
        None => (text, ""),
    };
    let name = name
        .replace('$', "${$}")
        .replace('*', "${*}")
        .replace('?', "${?}");
    format!("{name}{end}")
}

/// A condition key that is kept where every observation had it with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptKey {
    /// The key.
    pub key: &'static str,
    /// The actions that it is kept for; one that ends in `*` stands for all that begin so.
    pub actions: &'static [&'static str],
    /// The operator.
    pub operator: &'static str,
    /// Why it is worth keeping.
    pub why: &'static str,
}

/// The keys that are kept: those that say what a permission is for and do not change from call to
/// call. Tags, addresses, times and whatever else differs between calls of one program are not.
pub const KEPT_KEYS: &[KeptKey] = &[
    KeptKey {
        key: "iam:PassedToService",
        actions: &["iam:PassRole"],
        operator: "StringEquals",
        why: "a role is passed to one service",
    },
    KeptKey {
        key: "ecs:cluster",
        actions: &[
            "ecs:RunTask",
            "ecs:StartTask",
            "ecs:CreateService",
            "ecs:ListServices",
        ],
        operator: "ArnEquals",
        why: "the action's resource does not say in which cluster",
    },
    KeptKey {
        key: "ecs:CreateAction",
        actions: &["ecs:TagResource"],
        operator: "StringEquals",
        why: "tags that are given on creation only",
    },
    KeptKey {
        key: "iam:AWSServiceName",
        actions: &["iam:CreateServiceLinkedRole"],
        operator: "StringEquals",
        why: "the role of one service",
    },
    KeptKey {
        key: "iam:PolicyARN",
        actions: &[
            "iam:AttachRolePolicy",
            "iam:AttachUserPolicy",
            "iam:AttachGroupPolicy",
            "iam:DetachRolePolicy",
            "iam:DetachUserPolicy",
            "iam:DetachGroupPolicy",
        ],
        operator: "ArnEquals",
        why: "who may attach any policy may do anything",
    },
    KeptKey {
        key: "iam:PermissionsBoundary",
        actions: &[
            "iam:CreateRole",
            "iam:CreateUser",
            "iam:PutRolePermissionsBoundary",
            "iam:PutUserPermissionsBoundary",
        ],
        operator: "ArnEquals",
        why: "what is made stays within the boundary",
    },
    KeptKey {
        key: "kms:ViaService",
        actions: &["kms:*"],
        operator: "StringEquals",
        why: "the key is used by one service on the caller's behalf",
    },
];

/// The keys that are kept for an action.
pub fn kept_keys(action: &str) -> impl Iterator<Item = &'static KeptKey> {
    KEPT_KEYS.iter().filter(move |kept| {
        kept.actions
            .iter()
            .any(|listed| match listed.strip_suffix('*') {
                Some(start) => action
                    .get(..start.len())
                    .is_some_and(|own| own.eq_ignore_ascii_case(start)),
                None => listed.eq_ignore_ascii_case(action),
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_anew_becomes_a_wildcard() {
        let id = "0123456789abcdef0123456789abcdef";
        for (resource, expected) in [
            ("*".to_owned(), "*"),
            (
                format!("arn:aws:ecs:r:1:task/prod/{id}"),
                "arn:aws:ecs:r:1:task/prod/*",
            ),
            (
                format!("arn:aws:ecs:r:1:task/{id}"),
                "arn:aws:ecs:r:1:task/*",
            ),
            (
                "arn:aws:ecs:r:1:cluster/prod".to_owned(),
                "arn:aws:ecs:r:1:cluster/prod",
            ),
            (
                "arn:aws:ecs:r:1:service/prod/web".to_owned(),
                "arn:aws:ecs:r:1:service/prod/web",
            ),
            (
                "arn:aws:ecs:r:1:task-definition/web:12".to_owned(),
                "arn:aws:ecs:r:1:task-definition/web:*",
            ),
            (
                "arn:aws:ecs:r:1:task-definition/web".to_owned(),
                "arn:aws:ecs:r:1:task-definition/web",
            ),
            (
                format!("arn:aws:logs:r:1:log-group:/ecs/web:log-stream:web/app/{id}"),
                "arn:aws:logs:r:1:log-group:/ecs/web:log-stream:web/app/*",
            ),
            (
                "arn:aws:logs:r:1:log-group:/ecs/web:log-stream:mine".to_owned(),
                "arn:aws:logs:r:1:log-group:/ecs/web:log-stream:mine",
            ),
            (
                "arn:aws:secretsmanager:r:1:secret:db/main-AbC123".to_owned(),
                "arn:aws:secretsmanager:r:1:secret:db/main-??????",
            ),
            (
                "arn:aws:sts::1:assumed-role/web/me".to_owned(),
                "arn:aws:sts::1:assumed-role/web/*",
            ),
            (
                "arn:aws:iam::1:role/a${b}".to_owned(),
                "arn:aws:iam::1:role/a${$}{b}",
            ),
        ] {
            assert_eq!(
                generalize("ecs:DescribeTasks", &resource),
                [expected],
                "{resource}"
            );
        }
    }

    #[test]
    fn a_family_is_run_with_and_without_its_revision() {
        let family = "arn:aws:ecs:r:1:task-definition/web";
        let both = [family.to_owned(), format!("{family}:*")];
        assert_eq!(generalize("ecs:runtask", &format!("{family}:3")), both);
        assert_eq!(generalize("ecs:RunTask", family), both);
        assert_eq!(generalize("ecs:DeregisterTaskDefinition", "*"), ["*"]);
    }

    #[test]
    fn keys_are_kept_for_their_actions() {
        let keys = |action| -> Vec<&str> { kept_keys(action).map(|kept| kept.key).collect() };
        assert_eq!(keys("iam:PassRole"), ["iam:PassedToService"]);
        assert_eq!(keys("ECS:runtask"), ["ecs:cluster"]);
        assert_eq!(keys("kms:Decrypt"), ["kms:ViaService"]);
        assert!(keys("ecs:ListClusters").is_empty());
        assert!(keys("é").is_empty());
    }
}
