//! `ListCreateAccountStatus`.

use rolecall_api::organizations as api;
use rolecall_base::AwsError;
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::account::Creation;
use crate::listing::paged;
use crate::{access, find};

/// What became of each `CreateAccount`, of all states or of some.
///
/// Source: AWS Organizations API Reference, `ListCreateAccountStatus`.
pub struct ListCreateAccountStatus;

impl Operation for ListCreateAccountStatus {
    type Api = rolecall_api::organizations::ListCreateAccountStatus;
    const EXAMPLE: &'static str = r#"{}"#;

    fn access(_input: &Input<Self::Api>, _req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        Ok(access::anywhere("organizations:ListCreateAccountStatus").into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        find::managed(tx, req.info)?;
        let states = req.input.states.as_deref().unwrap_or_default();
        let creations = tx
            .range::<Creation>("")
            .map(|(_, creation)| creation.shown());
        let wanted = |state: Option<&str>| {
            states.is_empty() || states.iter().any(|wanted| Some(wanted.as_str()) == state)
        };
        let creations: Vec<_> = creations.filter(|c| wanted(c.state.as_deref())).collect();
        let (token, max) = (&req.input.next_token, req.input.max_results);
        let key = |c: &api::CreateAccountStatus| c.id.clone().unwrap_or_default();
        let page = paged(creations, key, token, max)?;
        Ok(api::ListCreateAccountStatusResponse {
            create_account_statuses: Some(page.items),
            next_token: page.next,
        })
    }
}
