//! `CreateOrganization`.

use rolecall_api::organizations as api;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::{
    AccountStatus, ORGANIZATION_KEY, Organization, Target, TargetKind,
};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, errors, find, shapes};
use std::collections::{BTreeMap, BTreeSet};

/// The address of the management account, which no first start asks for.
const MANAGEMENT_EMAIL: &str = "management@example.com";

/// Makes the organization of which the caller's account is the management account. With all
/// features, which is the default, policies can be enabled in its root; with consolidated
/// billing alone they cannot.
///
/// Source: AWS Organizations API Reference, `CreateOrganization`.
pub struct CreateOrganization;

impl Operation for CreateOrganization {
    type Api = rolecall_api::organizations::CreateOrganization;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:CreateOrganization").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        if tx.get::<Target>(req.account().as_str()).is_some() {
            return Err(errors::already_in_organization());
        }
        if tx.get::<Organization>(ORGANIZATION_KEY).is_some() {
            // Another account's: this server holds one organization.
            return Err(errors::already_in_organization());
        }
        let account = req.account();
        let word = req.input.feature_set.as_deref();
        let organization = Organization {
            id: Organization::id_of(account),
            management: account.clone(),
            created: req.now,
            all_features: word != Some("CONSOLIDATED_BILLING"),
            root: format!("r-{}", find::letters(&mut req.ids(), 4)),
            enabled: Vec::new(),
            service_access: BTreeMap::new(),
            root_features: BTreeSet::new(),
        };
        let target = |id: &str, parent: Option<&str>, name: &str, kind: TargetKind| Target {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            name: name.to_owned(),
            kind,
            created: req.now,
            tags: Tags::default(),
            scps: Vec::new(),
            rcps: Vec::new(),
        };
        let root = target(&organization.root, None, "Root", TargetKind::Root);
        let kind = TargetKind::Account {
            email: MANAGEMENT_EMAIL.to_owned(),
            created: false,
            status: AccountStatus::Active,
        };
        let own = target(account.as_str(), Some(&root.id), "management", kind);
        tx.put(root.id.clone(), root);
        tx.put(account.as_str(), own);
        tx.put(ORGANIZATION_KEY, organization.clone());
        Ok(api::CreateOrganizationResponse {
            organization: Some(shapes::organization(tx, &organization)),
        })
    }
}
