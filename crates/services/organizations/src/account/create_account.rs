//! `CreateAccount`.

use rolecall_api::organizations as api;
use rolecall_base::{AwsError, Tags};
use rolecall_identity::organization::{AccountStatus, ControlType, Target, TargetKind};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::{access, find, tags};
use rolecall_base::rng::hex32;

use crate::account::{ACCESS_ROLE, Creation, member, new_account_id, refusal};

/// Makes a member account below the root, served by this server, and in it the role that the
/// management account may assume and that may do everything: `OrganizationAccountAccessRole`, or
/// the name that is given. The answer says `IN_PROGRESS`, as AWS's does; the account is there.
///
/// Source: AWS Organizations API Reference, `CreateAccount`.
pub struct CreateAccount;

impl Operation for CreateAccount {
    type Api = rolecall_api::organizations::CreateAccount;
    const EXAMPLE: &'static str = r#"{"Email":"member@example.com","AccountName":"member"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let create = access::anywhere("organizations:CreateAccount");
        let tags = tags::given(&input.tags);
        Ok(access::creation(req, create, "account", "", &tags))
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let organization = find::managed(tx, req.info)?;
        let mut tags = Tags::default();
        tags::add(&mut tags, &req.input.tags)?;
        let (email, name) = (
            req.input.email.as_deref().unwrap_or_default(),
            req.input.account_name.as_deref().unwrap_or_default(),
        );
        let mut ids = req.ids();
        let mut creation = Creation {
            id: format!("car-{}", hex32(&mut ids)),
            name: name.to_owned(),
            requested: req.now,
            completed: req.now,
            account: None,
            failure: refusal(tx, email).map(str::to_owned),
        };
        if creation.failure.is_none() {
            let id = new_account_id(tx, &mut ids)?;
            let made = Target {
                id: id.to_string(),
                parent: Some(organization.root.clone()),
                name: name.to_owned(),
                kind: TargetKind::Account {
                    email: email.to_owned(),
                    created: true,
                    status: AccountStatus::Active,
                },
                created: req.now,
                tags,
                scps: find::first_policies(&organization, ControlType::Service),
                rcps: find::first_policies(&organization, ControlType::Resource),
            };
            let role = req.input.role_name.as_deref().unwrap_or(ACCESS_ROLE);
            member::furnish(tx, req.info, &id, role, &mut ids)?;
            tx.put(id.as_str(), made);
            creation.account = Some(id);
        }
        let shown = creation.in_progress();
        tx.put(creation.id.clone(), creation);
        Ok(api::CreateAccountResponse {
            create_account_status: Some(shown),
        })
    }
}
