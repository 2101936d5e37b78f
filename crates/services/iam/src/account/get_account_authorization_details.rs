//! `GetAccountAuthorizationDetails`.

use std::collections::BTreeSet;

use rolecall_api::iam as api;
use rolecall_base::{AccountId, AwsError};
use rolecall_identity::{CustomerPolicy, Group, Role, User, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::{Document, Txn};

use crate::account::details;
use crate::listing::Paging;
use crate::{catalog, usage};

/// The types of entity in the order in which they are listed, each with the letter that its keys
/// begin with in markers.
const TYPES: [(&str, char); 5] = [
    ("User", 'a'),
    ("Group", 'b'),
    ("Role", 'c'),
    ("LocalManagedPolicy", 'd'),
    ("AWSManagedPolicy", 'e'),
];

/// Shows all users, groups, roles and policies with what they are allowed, or those of the types
/// asked for. Of AWS's managed policies those are shown that are in use.
///
/// Source: IAM API Reference, `GetAccountAuthorizationDetails`.
pub struct GetAccountAuthorizationDetails;

impl Operation for GetAccountAuthorizationDetails {
    type Api = rolecall_api::iam::GetAccountAuthorizationDetails;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(AccessCheck::new("iam:GetAccountAuthorizationDetails", "*").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let paging = Paging::new(&input.marker, input.max_items)?;
        let filter = input.filter.as_deref().unwrap_or_default();
        let wanted = |name: &str| filter.is_empty() || filter.iter().any(|f| f == name);
        let types = TYPES.into_iter().filter(|(name, _)| wanted(name));
        let keys = types.flat_map(|(_, letter)| {
            let keys = keys(tx, account, letter, paging.after());
            keys.into_iter().map(move |key| format!("{letter}{key}"))
        });
        let page = paging.page(
            keys.filter(|key| key.as_str() > paging.after()),
            Clone::clone,
        );
        let mut shown = Shown::default();
        for item in &page.items {
            shown.add(tx, account, item);
        }
        Ok(api::GetAccountAuthorizationDetailsResponse {
            user_detail_list: Some(shown.users),
            group_detail_list: Some(shown.groups),
            role_detail_list: Some(shown.roles),
            policies: Some(shown.policies),
            is_truncated: Some(page.next.is_some()),
            marker: page.next,
        })
    }
}

/// The keys of all entities of a type that may come behind `after`.
fn keys(tx: &Txn, account: &AccountId, letter: char, after: &str) -> Vec<String> {
    let after = after.strip_prefix(letter).unwrap_or_default();
    match letter {
        'a' => stored::<User>(tx, account, after),
        'b' => stored::<Group>(tx, account, after),
        'c' => stored::<Role>(tx, account, after),
        'd' => stored::<CustomerPolicy>(tx, account, after),
        _ => usage::used_below(tx, account, "arn:aws:iam::aws:policy/")
            .into_iter()
            .collect::<BTreeSet<String>>()
            .into_iter()
            .collect(),
    }
}

fn stored<D: Document>(tx: &Txn, account: &AccountId, after: &str) -> Vec<String> {
    tx.range_after::<D>(&name_key(account, ""), after)
        .map(|(key, _)| key.to_owned())
        .collect()
}

#[derive(Default)]
struct Shown {
    users: Vec<api::UserDetail>,
    groups: Vec<api::GroupDetail>,
    roles: Vec<api::RoleDetail>,
    policies: Vec<api::ManagedPolicyDetail>,
}

impl Shown {
    fn add(&mut self, tx: &Txn, account: &AccountId, item: &str) {
        let mut letters = item.chars();
        let letter = letters.next();
        let key = letters.as_str();
        match letter {
            Some('a') => {
                let user = tx.get::<User>(key);
                self.users.extend(user.map(|user| details::user(tx, &user)));
            }
            Some('b') => {
                let group = tx.get::<Group>(key);
                self.groups
                    .extend(group.map(|group| details::group(&group)));
            }
            Some('c') => {
                let role = tx.get::<Role>(key);
                self.roles
                    .extend(role.map(|role| details::role(tx, account, &role)));
            }
            Some('d') => {
                let policy = tx.get::<CustomerPolicy>(key);
                let policy = policy.map(catalog::Managed::Customer);
                self.policies
                    .extend(policy.map(|policy| details::policy(tx, account, &policy)));
            }
            _ => {
                let policy = catalog::find(tx, account, key);
                self.policies
                    .extend(policy.map(|policy| details::policy(tx, account, &policy)));
            }
        }
    }
}
