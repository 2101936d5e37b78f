//! The policies that a user or role has, asked from the server.

use std::sync::Arc;

use rolecall_api::iam;
use rolecall_client::CallError;
use rolecall_policy::{Layers, NamedPolicy, Policy, PolicyError, PolicyKind, Principal};
use rolecall_record::Decided;

use super::find::Api;
use super::observe::observation;

/// The largest page: more inline policies than that do not fit into their quota of characters.
const MAX_ITEMS: Option<i32> = Some(1_000);

/// A user or role with its policies.
#[derive(Debug)]
pub struct Holder {
    /// Its ARN.
    pub arn: String,
    /// Its unique id.
    pub id: String,
    /// Whether it is a role.
    pub is_role: bool,
    /// Its policies: name or ARN, and the compiled document.
    pub policies: Vec<(String, Policy)>,
}

/// Why the policies are not known.
#[derive(Debug, thiserror::Error)]
pub enum HolderError {
    /// The server refused or did not answer.
    #[error("ask the server for the policies")]
    Call(#[from] Arc<CallError>),
    /// A document is not one.
    #[error("read the policy {0}")]
    Document(String, #[source] PolicyError),
}

impl From<CallError> for HolderError {
    fn from(error: CallError) -> Self {
        Self::Call(Arc::new(error))
    }
}

impl Holder {
    /// The role of this name.
    ///
    /// # Errors
    /// [`HolderError`].
    pub async fn role(api: &Api, name: &str) -> Result<Self, HolderError> {
        let call = &api.client;
        let request = iam::GetRoleRequest {
            role_name: Some(name.to_owned()),
        };
        let role = call.call::<iam::GetRole>(&api.credentials, request).await?;
        let role = role.role.unwrap_or_default();
        let mut policies = Vec::new();
        let request = iam::ListRolePoliciesRequest {
            role_name: Some(name.to_owned()),
            max_items: MAX_ITEMS,
            ..iam::ListRolePoliciesRequest::default()
        };
        let inline = call
            .call::<iam::ListRolePolicies>(&api.credentials, request)
            .await?;
        for policy in inline.policy_names.unwrap_or_default() {
            let request = iam::GetRolePolicyRequest {
                role_name: Some(name.to_owned()),
                policy_name: Some(policy.clone()),
            };
            let text = call
                .call::<iam::GetRolePolicy>(&api.credentials, request)
                .await?;
            policies.push(compiled(policy, text.policy_document)?);
        }
        let request = iam::ListAttachedRolePoliciesRequest {
            role_name: Some(name.to_owned()),
            ..iam::ListAttachedRolePoliciesRequest::default()
        };
        let attached = call
            .call::<iam::ListAttachedRolePolicies>(&api.credentials, request)
            .await?;
        for policy in attached.attached_policies.unwrap_or_default() {
            policies.push(managed(api, policy.policy_arn.unwrap_or_default()).await?);
        }
        Ok(Self {
            arn: role.arn.unwrap_or_default(),
            id: role.role_id.unwrap_or_default(),
            is_role: true,
            policies,
        })
    }

    /// The user of this name, with the policies of its groups.
    ///
    /// # Errors
    /// [`HolderError`].
    pub async fn user(api: &Api, name: &str) -> Result<Self, HolderError> {
        let call = &api.client;
        let request = iam::GetUserRequest {
            user_name: Some(name.to_owned()),
        };
        let user = call.call::<iam::GetUser>(&api.credentials, request).await?;
        let user = user.user.unwrap_or_default();
        let mut policies = Vec::new();
        let request = iam::ListUserPoliciesRequest {
            user_name: Some(name.to_owned()),
            max_items: MAX_ITEMS,
            ..iam::ListUserPoliciesRequest::default()
        };
        let inline = call
            .call::<iam::ListUserPolicies>(&api.credentials, request)
            .await?;
        for policy in inline.policy_names.unwrap_or_default() {
            let request = iam::GetUserPolicyRequest {
                user_name: Some(name.to_owned()),
                policy_name: Some(policy.clone()),
            };
            let text = call
                .call::<iam::GetUserPolicy>(&api.credentials, request)
                .await?;
            policies.push(compiled(policy, text.policy_document)?);
        }
        let request = iam::ListAttachedUserPoliciesRequest {
            user_name: Some(name.to_owned()),
            ..iam::ListAttachedUserPoliciesRequest::default()
        };
        let attached = call
            .call::<iam::ListAttachedUserPolicies>(&api.credentials, request)
            .await?;
        for policy in attached.attached_policies.unwrap_or_default() {
            policies.push(managed(api, policy.policy_arn.unwrap_or_default()).await?);
        }
        let request = iam::ListGroupsForUserRequest {
            user_name: Some(name.to_owned()),
            ..iam::ListGroupsForUserRequest::default()
        };
        let groups = call
            .call::<iam::ListGroupsForUser>(&api.credentials, request)
            .await?;
        for group in groups.groups.unwrap_or_default() {
            policies.extend(of_group(api, &group.group_name.unwrap_or_default()).await?);
        }
        Ok(Self {
            arn: user.arn.unwrap_or_default(),
            id: user.user_id.unwrap_or_default(),
            is_role: false,
            policies,
        })
    }

    /// Whether its own policies allow what was decided about somebody else.
    pub fn allows(&self, decided: &Decided<'_>) -> bool {
        let observation = observation(decided);
        let identity: Vec<NamedPolicy<'_>> = self
            .policies
            .iter()
            .map(|(name, policy)| NamedPolicy { name, policy })
            .collect();
        let layers = Layers {
            identity: &identity,
            ..Layers::default()
        };
        rolecall_advise::diff::allows(&layers, &self.principal(), &observation)
    }

    /// A caller with these policies.
    pub fn principal(&self) -> Principal<'_> {
        let account = self.arn.split(':').nth(4).unwrap_or_default();
        if self.is_role {
            Principal::role_session(account, &self.arn, &self.arn, &self.id, "session")
        } else {
            Principal::user(account, &self.arn, &self.id)
        }
    }
}

async fn of_group(api: &Api, name: &str) -> Result<Vec<(String, Policy)>, HolderError> {
    let call = &api.client;
    let mut policies = Vec::new();
    let request = iam::ListGroupPoliciesRequest {
        group_name: Some(name.to_owned()),
        max_items: MAX_ITEMS,
        ..iam::ListGroupPoliciesRequest::default()
    };
    let inline = call
        .call::<iam::ListGroupPolicies>(&api.credentials, request)
        .await?;
    for policy in inline.policy_names.unwrap_or_default() {
        let request = iam::GetGroupPolicyRequest {
            group_name: Some(name.to_owned()),
            policy_name: Some(policy.clone()),
        };
        let text = call
            .call::<iam::GetGroupPolicy>(&api.credentials, request)
            .await?;
        let named = format!("{policy} of the group {name}");
        policies.push(compiled(named, text.policy_document)?);
    }
    let request = iam::ListAttachedGroupPoliciesRequest {
        group_name: Some(name.to_owned()),
        ..iam::ListAttachedGroupPoliciesRequest::default()
    };
    let attached = call
        .call::<iam::ListAttachedGroupPolicies>(&api.credentials, request)
        .await?;
    for policy in attached.attached_policies.unwrap_or_default() {
        policies.push(managed(api, policy.policy_arn.unwrap_or_default()).await?);
    }
    Ok(policies)
}

async fn managed(api: &Api, arn: String) -> Result<(String, Policy), HolderError> {
    let call = &api.client;
    let request = iam::GetPolicyRequest {
        policy_arn: Some(arn.clone()),
    };
    let policy = call
        .call::<iam::GetPolicy>(&api.credentials, request)
        .await?;
    let request = iam::GetPolicyVersionRequest {
        policy_arn: Some(arn.clone()),
        version_id: policy.policy.and_then(|policy| policy.default_version_id),
    };
    let version = call
        .call::<iam::GetPolicyVersion>(&api.credentials, request)
        .await?;
    compiled(
        arn,
        version.policy_version.and_then(|version| version.document),
    )
}

fn compiled(name: String, encoded: Option<String>) -> Result<(String, Policy), HolderError> {
    let text = decoded(&encoded.unwrap_or_default());
    match Policy::load(&text, PolicyKind::Identity) {
        Ok(policy) => Ok((name, policy)),
        Err(error) => Err(HolderError::Document(name, error)),
    }
}

/// A document as IAM answers it: percent-encoded as RFC 3986 says.
fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
        match (digit(bytes.next()), digit(bytes.next())) {
            (Some(high), Some(low)) => out.push(u8::try_from(high * 16 + low).unwrap_or(b'?')),
            _ => out.push(b'?'),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn percent_encoding() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A9%22%7D"), r#"{"a": "é"}"#);
        assert_eq!(decoded("plain"), "plain");
        assert_eq!(decoded("%zz%4"), "??");
    }
}
