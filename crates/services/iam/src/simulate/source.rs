//! The policies that stand behind a user, group or role, as the simulator reads them.

use std::collections::BTreeMap;

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{
    CustomerPolicy, Group, PolicyText, Role, User, managed, name_key, resolve,
};
use rolecall_policy::PolicyKind;
use rolecall_store::{Snapshot, Txn};

use crate::errors;
use crate::simulate::document::{Document, Origin};
use crate::simulate::{Simulated, entity};

/// A user, group or role with its policies.
pub(crate) struct Source {
    /// Its policies, those of its groups among them.
    pub(crate) identity: Vec<Document>,
    /// Its permissions boundary.
    pub(crate) boundary: Option<Vec<Document>>,
    /// Itself as a caller; a group is nobody.
    pub(super) caller: Simulated,
    /// Whether it is a user.
    pub(crate) is_user: bool,
}

impl Source {
    /// The policies behind `arn`, without those that `excluded` names.
    ///
    /// # Errors
    /// `NoSuchEntity` if it does not exist, `InvalidInput` for another ARN.
    pub(crate) fn of(
        tx: &Txn,
        own: &AccountId,
        arn: &str,
        excluded: &Option<Vec<api::PolicyIdentifier>>,
    ) -> Result<Self, AwsError> {
        let (account, kind, name) = entity(arn)?;
        let snap = tx.snapshot_unchecked();
        let key = name_key(&account, name);
        let mut reading = Reading {
            snap: &snap,
            account: &account,
            excluded: excluded.as_deref().unwrap_or_default(),
            identity: Vec::new(),
        };
        let gone = || errors::no_entity(kind, name);
        if account != *own {
            return Err(gone());
        }
        let (boundary, id) = match kind {
            "user" => {
                let user = tx
                    .get::<User>(&key)
                    .filter(|u| u.arn == arn)
                    .ok_or_else(gone)?;
                reading.attached(&user.attached)?;
                reading.inline("user", &user.name, &user.inline)?;
                for group in user
                    .groups
                    .iter()
                    .filter_map(|group| tx.get::<Group>(group))
                {
                    reading.attached(&group.attached)?;
                    reading.inline("group", &group.name, &group.inline)?;
                }
                (user.boundary.clone(), user.id.clone())
            }
            "role" => {
                let role = tx
                    .get::<Role>(&key)
                    .filter(|r| r.arn == arn)
                    .ok_or_else(gone)?;
                reading.attached(&role.attached)?;
                reading.inline("role", &role.name, &role.inline)?;
                (role.boundary.clone(), role.id.clone())
            }
            _ => {
                let group = tx
                    .get::<Group>(&key)
                    .filter(|g| g.arn == arn)
                    .ok_or_else(gone)?;
                reading.attached(&group.attached)?;
                reading.inline("group", &group.name, &group.inline)?;
                (None, String::new())
            }
        };
        let boundary = boundary.filter(|_| !reading.excludes_type("permission-boundary"));
        let boundary = boundary.map(|arn| reading.managed(&arn)).transpose()?;
        Ok(Self {
            identity: reading.identity,
            boundary: boundary.map(|document| vec![document]),
            caller: Simulated {
                account: account.to_string(),
                arn: if kind == "group" {
                    String::new()
                } else {
                    arn.to_owned()
                },
                unique_id: id,
                is_role: kind == "role",
            },
            is_user: kind == "user",
        })
    }
}

/// Reading the policies of one entity.
struct Reading<'a> {
    snap: &'a Snapshot,
    account: &'a AccountId,
    excluded: &'a [api::PolicyIdentifier],
    identity: Vec<Document>,
}

impl Reading<'_> {
    fn attached(&mut self, arns: &[String]) -> Result<(), AwsError> {
        for arn in arns {
            let kind = if arn.starts_with("arn:aws:iam::aws:") {
                "aws-managed"
            } else {
                "user-managed"
            };
            let named = |identifier: &api::PolicyIdentifier| {
                identifier
                    .policy_arn
                    .as_deref()
                    .is_some_and(|wanted| like(wanted, arn))
            };
            if self.excludes_type(kind) || self.excluded.iter().any(named) {
                continue;
            }
            let document = self.managed(arn)?;
            self.identity.push(document);
        }
        Ok(())
    }

    fn inline(
        &mut self,
        kind: &str,
        name: &str,
        policies: &BTreeMap<String, PolicyText>,
    ) -> Result<(), AwsError> {
        for (policy, text) in policies {
            let named = |identifier: &api::PolicyIdentifier| {
                let inline = identifier.inline_policy_identifier.as_ref();
                inline.is_some_and(|inline| {
                    inline.policy_name.as_deref() == Some(policy)
                        && inline.attachment_type.as_deref() == Some(kind)
                        && inline
                            .attachment_name
                            .as_deref()
                            .is_some_and(|n| like(n, name))
                })
            };
            if self.excludes_type("inline") || self.excluded.iter().any(named) {
                continue;
            }
            let id = format!("{kind}_{name}_{policy}");
            let compiled = text.compiled(PolicyKind::Identity).cloned();
            let document =
                compiled.and_then(|p| Document::new(id, text.text(), p, Origin::Identity));
            self.identity
                .push(document.ok_or_else(|| unreadable(policy))?);
        }
        Ok(())
    }

    /// The default version of a managed policy.
    fn managed(&self, arn: &str) -> Result<Document, AwsError> {
        let text = match managed::get(arn) {
            Some(policy) => policy.default_document(),
            None => CustomerPolicy::by_arn(self.snap, arn)
                .filter(|policy| policy.account == *self.account)
                .and_then(|policy| Some(policy.default()?.document.text().to_owned())),
        };
        let text = text.ok_or_else(|| unreadable(arn))?;
        let policy = resolve::managed_policy(self.snap, arn).map_err(|_| unreadable(arn))?;
        let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
        Document::new(name, &text, policy.policy, Origin::Identity).ok_or_else(|| unreadable(arn))
    }

    fn excludes_type(&self, kind: &str) -> bool {
        self.excluded
            .iter()
            .any(|identifier| identifier.policy_type.as_deref() == Some(kind))
    }
}

/// A policy that is attached and cannot be evaluated: what it would have denied is not known.
fn unreadable(name: &str) -> AwsError {
    AwsError::new(
        "PolicyEvaluation",
        format!("The policy {name} cannot be evaluated."),
    )
    .with_status(500)
}

/// Whether `text` fits `pattern`, in which `*` is any run of characters and `?` is one.
fn like(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    loop {
        match pattern.next() {
            None => return text.next().is_none(),
            Some('*') => {
                let rest = pattern.as_str();
                loop {
                    if like(rest, text.as_str()) {
                        return true;
                    }
                    if text.next().is_none() {
                        return false;
                    }
                }
            }
            Some('?') => {
                if text.next().is_none() {
                    return false;
                }
            }
            Some(wanted) => {
                if text.next() != Some(wanted) {
                    return false;
                }
            }
        }
    }
}

/// Refuses identifiers of policies that are no identifiers.
///
/// # Errors
/// `InvalidInput` for a malformed ARN, and for more than one `*`.
pub(crate) fn check_excluded(
    excluded: &Option<Vec<api::PolicyIdentifier>>,
) -> Result<(), AwsError> {
    for identifier in excluded.iter().flatten() {
        let name = identifier
            .inline_policy_identifier
            .as_ref()
            .and_then(|inline| inline.attachment_name.as_deref());
        let arn = identifier.policy_arn.as_deref();
        let wrong_arn = arn.is_some_and(|arn| {
            let resource = arn
                .strip_prefix("arn:aws:iam::")
                .and_then(|r| r.split_once(':'));
            resource.is_none_or(|(account, path)| {
                account.contains(['*', '?']) || !path.starts_with("policy/")
            })
        });
        let stars = |text: Option<&str>| text.unwrap_or_default().matches('*').count();
        if wrong_arn || stars(arn) > 1 || stars(name) > 1 {
            return Err(errors::invalid_input(
                "Invalid policy identifier in PolicyExclusionList.",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (pattern, text, fits) in [
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("a", "ab", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
