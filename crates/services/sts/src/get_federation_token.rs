//! `GetFederationToken`.

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_identity::{CallerKind, SessionKind};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessCheck, AccessRequest, Authorized, Operation};
use rolecall_store::Txn;

use crate::issue::{self, Marks};
use crate::{errors, not_federated, session_policy, session_tags};

/// Twelve hours, which is how long a session lasts that does not ask for another time.
const DEFAULT_S: u32 = 43_200;
/// 36 hours, the longest.
const MAX_S: u32 = 129_600;
/// An hour, which is all that root gets.
const ROOT_MAX_S: u32 = 3_600;

/// Temporary credentials of the user who calls, under another name and narrowed by the policies
/// that are passed: without any they may do nothing but what resources' policies give them.
///
/// Only long-term credentials can ask. Of root's, the session's policies alone limit the session.
///
/// Source: STS API Reference, `GetFederationToken`.
pub struct GetFederationToken;

impl Operation for GetFederationToken {
    type Api = api::GetFederationToken;
    const EXAMPLE: &'static str = r#"{"Name":"Bob"}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        not_federated(req.caller(), "GetFederationToken")?;
        let name = input.name.as_deref().unwrap_or_default();
        let arn = format!("arn:aws:sts::{}:federated-user/{name}", req.account());
        let tags = session_tags::given(&input.tags);
        let check = AccessCheck::new("sts:GetFederationToken", arn).request_tags(&tags);
        let mut checks = vec![check.clone()];
        if !tags.is_empty() {
            checks.push(AccessCheck {
                action: "sts:TagSession",
                ..check
            });
        }
        Ok(checks.into())
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let (input, account) = (req.input, req.account());
        let (user_key, default_s, max_s) = match (&req.caller.kind, req.caller.session()) {
            (CallerKind::User { key, .. }, None) => (key.clone(), DEFAULT_S, MAX_S),
            (CallerKind::Root { .. }, None) => (String::new(), ROOT_MAX_S, ROOT_MAX_S),
            _ => return Err(errors::session_asks_for_federation()),
        };
        let name = input.name.clone().unwrap_or_default();
        let asked = input.duration_seconds.and_then(|s| u32::try_from(s).ok());
        let tags = session_tags::merge(None, &input.tags, &None)?;
        let policy = session_policy::inline(&input.policy)?;
        let policy_arns = session_policy::managed_arns(tx, &input.policy_arns)?;
        let packed = session_policy::packed_size(policy.as_ref(), &policy_arns, &tags.tags)?;
        let kind = SessionKind::Federated {
            name: name.clone(),
            user_id: req.caller.unique_id.clone(),
            user_arn: req.caller.arn.clone(),
            user_key,
        };
        let marks = Marks {
            policy,
            policy_arns,
            tags: tags.tags,
            ..Marks::default()
        };
        let duration_s = asked.unwrap_or(default_s).min(max_s);
        let credentials = issue::credentials(req.info, tx, account, kind, duration_s, marks)?;
        Ok(api::GetFederationTokenResponse {
            credentials: Some(credentials),
            federated_user: Some(api::FederatedUser {
                federated_user_id: Some(format!("{account}:{name}")),
                arn: Some(format!("arn:aws:sts::{account}:federated-user/{name}")),
            }),
            packed_policy_size: packed,
            ..api::GetFederationTokenResponse::default()
        })
    }
}
