//! Documents as the API shows them.

use rolecall_api::organizations as api;
use rolecall_identity::organization::{
    AccountStatus, ControlPolicy, ControlType, Organization, Target, TargetKind,
};
use rolecall_store::Txn;

pub(crate) fn organization(tx: &Txn, organization: &Organization) -> api::Organization {
    let management = organization.management.as_str();
    let email = tx
        .get::<Target>(management)
        .and_then(|target| match &target.kind {
            TargetKind::Account { email, .. } => Some(email.clone()),
            _ => None,
        });
    let (word, available) = if organization.all_features {
        let scp = ControlType::Service.as_str();
        ("ALL", vec![summary(scp)])
    } else {
        ("CONSOLIDATED_BILLING", Vec::new())
    };
    api::Organization {
        id: Some(organization.id.clone()),
        arn: Some(organization.own_arn()),
        feature_set: Some(word.to_owned()),
        master_account_arn: Some(organization.arn("account", management)),
        master_account_id: Some(management.to_owned()),
        master_account_email: email,
        available_policy_types: Some(available),
    }
}

fn summary(word: &str) -> api::PolicyTypeSummary {
    api::PolicyTypeSummary {
        r#type: Some(word.to_owned()),
        status: Some("ENABLED".to_owned()),
    }
}

pub(crate) fn root(organization: &Organization, root: &Target) -> api::Root {
    let enabled = organization.enabled.iter();
    api::Root {
        id: Some(root.id.clone()),
        arn: Some(organization.arn("root", &root.id)),
        name: Some(root.name.clone()),
        policy_types: Some(enabled.map(|kind| summary(kind.as_str())).collect()),
    }
}

pub(crate) fn unit(
    tx: &Txn,
    organization: &Organization,
    unit: &Target,
) -> api::OrganizationalUnit {
    api::OrganizationalUnit {
        id: Some(unit.id.clone()),
        arn: Some(organization.arn("ou", &unit.id)),
        name: Some(unit.name.clone()),
        path: Some(path(tx, organization, unit)),
    }
}

pub(crate) fn account(tx: &Txn, organization: &Organization, account: &Target) -> api::Account {
    let (email, created, status) = match &account.kind {
        TargetKind::Account {
            email,
            created,
            status,
        } => (Some(email.clone()), *created, *status),
        _ => (None, false, AccountStatus::Active),
    };
    let (status, state) = match status {
        AccountStatus::Active => ("ACTIVE", "ACTIVE"),
        AccountStatus::Suspended => ("SUSPENDED", "CLOSED"),
    };
    let method = if created { "CREATED" } else { "INVITED" };
    api::Account {
        id: Some(account.id.clone()),
        arn: Some(organization.arn("account", &account.id)),
        email,
        name: Some(account.name.clone()),
        status: Some(status.to_owned()),
        state: Some(state.to_owned()),
        paths: Some(vec![path(tx, organization, account)]),
        joined_method: Some(method.to_owned()),
        joined_timestamp: Some(account.created),
    }
}

/// The ids from the organization down to `target`, each with a `/` behind it.
fn path(tx: &Txn, organization: &Organization, target: &Target) -> String {
    let mut ids = vec![target.id.clone()];
    let mut next = target.parent.clone();
    while let Some(id) = next {
        next = tx.get::<Target>(&id).and_then(|above| above.parent.clone());
        ids.push(id);
    }
    ids.push(organization.id.clone());
    ids.reverse();
    ids.join("/") + "/"
}

pub(crate) fn policy(policy: &ControlPolicy) -> api::Policy {
    api::Policy {
        policy_summary: Some(policy_summary(policy)),
        content: Some(policy.text.text().to_owned()),
    }
}

pub(crate) fn policy_summary(policy: &ControlPolicy) -> api::PolicySummary {
    api::PolicySummary {
        id: Some(policy.id.clone()),
        arn: Some(policy.arn.clone()),
        name: Some(policy.name.clone()),
        description: Some(policy.description.clone()),
        r#type: Some(policy.kind.as_str().to_owned()),
        aws_managed: Some(policy.is_aws_managed()),
    }
}

pub(crate) fn target_summary(
    organization: &Organization,
    target: &Target,
) -> api::PolicyTargetSummary {
    let (word, kind) = words(target);
    api::PolicyTargetSummary {
        target_id: Some(target.id.clone()),
        arn: Some(organization.arn(kind, &target.id)),
        name: Some(target.name.clone()),
        r#type: Some(word.to_owned()),
    }
}

/// The API's word for what a target is, and the one inside ARNs.
pub(crate) fn words(target: &Target) -> (&'static str, &'static str) {
    match target.kind {
        TargetKind::Root => ("ROOT", "root"),
        TargetKind::Unit => ("ORGANIZATIONAL_UNIT", "ou"),
        TargetKind::Account { .. } => ("ACCOUNT", "account"),
    }
}
