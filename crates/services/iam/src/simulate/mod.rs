//! The policy simulator: what policies would decide, without a call.
//!
//! It asks the evaluator that decides real calls, so that what it answers is what would happen.
//! Only the condition keys that follow from the simulated caller are filled; every other one is
//! given in `ContextEntries` or reported as missing.

mod document;
mod engine;
mod get_context_keys_for_custom_policy;
mod get_context_keys_for_principal_policy;
mod simulate_custom_policy;
mod simulate_principal_policy;
mod source;
mod value;

pub use get_context_keys_for_custom_policy::GetContextKeysForCustomPolicy;
pub use get_context_keys_for_principal_policy::GetContextKeysForPrincipalPolicy;
pub use simulate_custom_policy::SimulateCustomPolicy;
pub use simulate_principal_policy::SimulatePrincipalPolicy;

use rolecall_api::iam as api;
use rolecall_base::{AccountId, Arn, AwsError};
use rolecall_identity::{Role, User, name_key};
use rolecall_op::Registry;
use rolecall_policy::{PolicyKind, Principal};
use rolecall_store::Txn;

use crate::errors;
use crate::listing::Paging;
use crate::simulate::document::{Document, Origin};
use crate::simulate::engine::Simulation;

/// `registry` with the operations of this module.
pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .with::<GetContextKeysForCustomPolicy>()
        .with::<GetContextKeysForPrincipalPolicy>()
        .with::<SimulateCustomPolicy>()
        .with::<SimulatePrincipalPolicy>()
}

/// The policies of an input list, named as results name them: `PolicyInputList.1`.
fn given(list: &Option<Vec<String>>, name: &str) -> Result<Vec<Document>, AwsError> {
    let named = list.iter().flatten().enumerate();
    named
        .map(|(n, text)| {
            let id = format!("{name}.{}", n + 1);
            Document::given(id, text, PolicyKind::Identity, Origin::Identity)
        })
        .collect()
}

/// The boundary that is given for the simulation: one at most.
fn given_boundary(list: &Option<Vec<String>>) -> Result<Option<Vec<Document>>, AwsError> {
    match list.as_deref().unwrap_or_default() {
        [] => Ok(None),
        [_] => given(list, "PermissionsBoundaryPolicyInputList").map(Some),
        _ => Err(errors::invalid_input(
            "Only one permissions boundary policy can be simulated at a time.",
        )),
    }
}

/// The policy of the resources, if one is given.
fn given_resource(text: &Option<String>) -> Result<Option<Document>, AwsError> {
    let document = text.as_deref().map(|text| {
        let id = "ResourcePolicy".to_owned();
        Document::given(id, text, PolicyKind::Resource, Origin::Resource)
    });
    document.transpose()
}

/// The account in `ResourceOwner`: an account id or `arn:aws:iam::ACCOUNT:root`.
fn given_owner(owner: &Option<String>) -> Result<Option<String>, AwsError> {
    let Some(text) = owner.as_deref() else {
        return Ok(None);
    };
    let account = Arn::parse(text).map_or_else(|_| text.to_owned(), |arn| arn.account().to_owned());
    AccountId::new(&account)
        .map(|account| Some(account.to_string()))
        .map_err(|_| errors::invalid_input(format!("Invalid ResourceOwner: {text}")))
}

/// The simulated caller, owned: what a [`Principal`] borrows from.
#[derive(Default)]
struct Simulated {
    account: String,
    arn: String,
    unique_id: String,
    is_role: bool,
}

impl Simulated {
    fn principal(&self) -> Principal<'_> {
        if self.is_role {
            Principal {
                session_name: None,
                ..Principal::role_session(&self.account, &self.arn, &self.arn, &self.unique_id, "")
            }
        } else {
            Principal::user(&self.account, &self.arn, &self.unique_id)
        }
    }

    /// Somebody of `account`, described by the context entries alone.
    fn of_entries(account: &AccountId, entries: &[api::ContextEntry]) -> Self {
        let value = |name: &str| {
            let entry = entries.iter().find(|entry| {
                entry
                    .context_key_name
                    .as_deref()
                    .is_some_and(|key| key.eq_ignore_ascii_case(name))
            });
            entry.and_then(|entry| entry.context_key_values.as_deref()?.first().cloned())
        };
        let by_name = |name: String| User::arn_of(account, "/", &name);
        let arn = value("aws:PrincipalArn").or_else(|| value("aws:username").map(by_name));
        Self {
            account: value("aws:PrincipalAccount").unwrap_or_else(|| account.to_string()),
            is_role: arn.as_deref().is_some_and(|arn| arn.contains(":role/")),
            arn: arn.unwrap_or_default(),
            unique_id: value("aws:userid").unwrap_or_default(),
        }
    }

    /// The user or role of `CallerArn`; it need not exist.
    fn of_arn(tx: &Txn, own: &AccountId, arn: &str) -> Result<Self, AwsError> {
        let (account, kind, name) = entity(arn)?;
        let key = name_key(&account, name);
        let (unique_id, is_role) = match kind {
            "role" if account != *own => (None, true),
            _ if account != *own => (None, false),
            "user" => (tx.get::<User>(&key).map(|user| user.id.clone()), false),
            "role" => (tx.get::<Role>(&key).map(|role| role.id.clone()), true),
            _ => (None, false),
        };
        let arn = if kind == "group" { "" } else { arn };
        Ok(Self {
            account: account.to_string(),
            arn: arn.to_owned(),
            unique_id: unique_id.unwrap_or_default(),
            is_role,
        })
    }
}

/// The account, type and name in the ARN of a user, group or role.
fn entity(arn: &str) -> Result<(AccountId, &str, &str), AwsError> {
    let unclear = || unclear_entity(arn);
    let mut parts = arn.splitn(6, ':');
    let head = [parts.next(), parts.next(), parts.next(), parts.next()];
    if head != [Some("arn"), Some("aws"), Some("iam"), Some("")] {
        return Err(unclear());
    }
    let account = parts.next().and_then(|text| AccountId::new(text).ok());
    let (kind, path) = parts
        .next()
        .and_then(|resource| resource.split_once('/'))
        .ok_or_else(unclear)?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty());
    match (account, name) {
        (Some(account), Some(name)) if matches!(kind, "user" | "group" | "role") => {
            Ok((account, kind, name))
        }
        _ => Err(unclear()),
    }
}

/// An ARN that is not that of a user, group or role.
fn unclear_entity(arn: &str) -> AwsError {
    errors::invalid_input(format!(
        "Invalid Entity Arn: {arn} does not clearly define entity type and name."
    ))
}

/// A resource's policy names principals, so that somebody must call.
fn no_simulated_caller() -> AwsError {
    errors::invalid_input("A CallerArn is required to simulate a resource-based policy.")
}

/// How many decisions one answer may take: pages are cut so that no call keeps the server busy.
const DECISIONS_MAX: usize = 10_000;

/// One page of results: each action on all resources.
fn answer(
    simulation: &Simulation,
    caller: &Simulated,
    actions: &Option<Vec<String>>,
    resources: &Option<Vec<String>>,
    paging: Paging,
) -> Result<api::SimulatePolicyResponse, AwsError> {
    let actions = actions.as_deref().unwrap_or_default();
    if let Some(wrong) = actions.iter().find(|action| !is_action(action)) {
        return Err(errors::invalid_input(format!(
            "Invalid action name: {wrong}. Wildcards are not supported."
        )));
    }
    let asked = resources.as_deref().map_or(0, <[String]>::len).max(1);
    if asked > DECISIONS_MAX {
        return Err(errors::invalid_input(format!(
            "At most {DECISIONS_MAX} resources can be simulated at a time."
        )));
    }
    let paging = paging.at_most((DECISIONS_MAX / asked).max(1));
    let numbered: Vec<(usize, &String)> = actions.iter().enumerate().collect();
    let page = paging.slice(numbered, |(n, _)| n.to_string())?;
    let principal = caller.principal();
    let resources = resources.as_deref().unwrap_or_default();
    let results = page
        .items
        .iter()
        .map(|(_, action)| simulation.result(&principal, action, resources));
    Ok(api::SimulatePolicyResponse {
        evaluation_results: Some(results.collect::<Result<_, _>>()?),
        is_truncated: Some(page.next.is_some()),
        marker: page.next,
    })
}

/// Whether this is the name of one action, with its service.
fn is_action(name: &str) -> bool {
    name.split_once(':').is_some_and(|(service, action)| {
        !service.is_empty() && !action.is_empty() && !name.contains(['*', '?'])
    })
}

/// What `ResourceHandlingOption` asks to be among the resources.
fn check_scenario(
    option: &Option<String>,
    resources: &Option<Vec<String>>,
) -> Result<(), AwsError> {
    let Some(option) = option.as_deref() else {
        return Ok(());
    };
    let mut needed = vec!["instance", "image", "security-group", "network-interface"];
    match option {
        "EC2-VPC-InstanceStore" => {}
        "EC2-VPC-InstanceStore-Subnet" => needed.push("subnet"),
        "EC2-VPC-EBS" => needed.push("volume"),
        "EC2-VPC-EBS-Subnet" => needed.extend(["subnet", "volume"]),
        _ => {
            return Err(errors::invalid_input(format!(
                "Invalid ResourceHandlingOption: {option}"
            )));
        }
    }
    let has = |kind: &str| {
        resources.iter().flatten().any(|arn| {
            Arn::parse(arn).is_ok_and(|arn| arn.service() == "ec2" && arn.type_and_id().0 == kind)
        })
    };
    match needed.into_iter().find(|kind| !has(kind)) {
        None => Ok(()),
        Some(missing) => Err(errors::invalid_input(format!(
            "The {option} scenario requires a resource of type {missing}."
        ))),
    }
}
