//! `AssumeRoleWithSAML`.

use std::cmp::Reverse;
use std::sync::Arc;

use rolecall_api::sts as api;
use rolecall_base::AwsError;
use rolecall_federation::saml::{Assertion, Metadata, Response, SamlError};
use rolecall_identity::{Caller, SamlKey, SamlProvider, name_key};
use rolecall_op::operation::{Input, Output};
use rolecall_op::{Access, AccessRequest, Authorized, DataContext, Operation, TokenOperation};
use rolecall_store::Txn;

use crate::apart::apart;
use crate::federated::{self, Asked};
use crate::{errors, saml};

/// Credentials of a session of a role for whoever a SAML provider vouches for. It takes no
/// signature: the assertion in it says who calls, and the role's trust policy, which names the
/// provider, whether they may.
///
/// The response or its assertion must be signed with a certificate of the provider's metadata. An
/// encrypted assertion is opened with the provider's private keys. It names the role together with
/// the provider, the session, and its tags; what it says becomes the condition keys `saml:aud`,
/// `saml:iss`, `saml:sub` and so on.
///
/// Source: STS API Reference, `AssumeRoleWithSAML`; IAM User Guide, "Configure SAML assertions for
/// the authentication response", "Available keys for SAML-based AWS STS federation",
/// "Troubleshoot SAML federation with IAM".
pub struct AssumeRoleWithSAML;

fn asked<'a>(input: &'a api::AssumeRoleWithSAMLRequest, session_name: &'a str) -> Asked<'a> {
    Asked {
        action: "sts:AssumeRoleWithSAML",
        role_arn: input.role_arn.as_deref().unwrap_or_default(),
        session_name,
        duration_seconds: input.duration_seconds,
        policy: &input.policy,
        policy_arns: &input.policy_arns,
    }
}

impl Operation for AssumeRoleWithSAML {
    type Api = api::AssumeRoleWithSAML;
    const EXAMPLE: &'static str = r#"{"RoleArn":"arn:aws:iam::123456789012:role/app","PrincipalArn":"arn:aws:iam::123456789012:saml-provider/idp","SAMLAssertion":"PFJlc3BvbnNlLz4="}"#;

    fn access(input: &Input<Self::Api>, req: &AccessRequest<'_>) -> Result<Access, AwsError> {
        let name = federated::vouched(req.info).and_then(|v| v.session_name.as_deref());
        federated::access(&asked(input, name.unwrap_or_default()), req)
    }

    fn handle(req: Authorized<'_, Self>, tx: &mut Txn) -> Result<Output<Self::Api>, AwsError> {
        let vouched = federated::vouched(req.info).ok_or_else(AwsError::internal)?;
        let name = vouched.session_name.as_deref().unwrap_or_default();
        let made = federated::make(&asked(req.input, name), req.info, tx)?;
        Ok(api::AssumeRoleWithSAMLResponse {
            credentials: Some(made.credentials),
            assumed_role_user: Some(made.user),
            packed_policy_size: made.packed,
            subject: Some(vouched.subject.clone()),
            subject_type: vouched.subject_type.clone(),
            issuer: Some(vouched.issuer.clone()),
            audience: Some(vouched.audience.clone()),
            name_qualifier: vouched.name_qualifier.clone(),
            source_identity: vouched.source_identity.clone(),
            ..api::AssumeRoleWithSAMLResponse::default()
        })
    }
}

impl TokenOperation for AssumeRoleWithSAML {
    async fn authenticate(
        input: Arc<Input<Self::Api>>,
        ctx: DataContext,
    ) -> Result<Caller, AwsError> {
        let role_arn = input.role_arn.as_deref().unwrap_or_default();
        let account = federated::account_of(role_arn)?;
        let arn = input.principal_arn.as_deref().unwrap_or_default();
        let absent = || errors::identity_token("Specified provider doesn't exist");
        // A provider of another account than the role's is none.
        let name = arn.strip_prefix(&format!("arn:aws:iam::{account}:saml-provider/"));
        let key = name_key(&account, name.ok_or_else(absent)?);
        let provider = ctx.store.snapshot().get::<SamlProvider>(&key);
        let provider = provider.filter(|p| p.arn == arn).ok_or_else(absent)?;
        if provider.valid_until <= ctx.now {
            return Err(errors::identity_token(
                "The metadata of the provider has expired",
            ));
        }
        let given = input.saml_assertion.clone().unwrap_or_default();
        let document = provider.metadata.clone();
        let keys = newest_first(&provider);
        let (metadata, assertion) = apart(move || verified(&document, &given, &keys)).await??;
        if provider.encryption_mode.as_deref() == Some("Required") && !assertion.encrypted {
            return Err(errors::identity_token("The assertion is not encrypted"));
        }
        let vouched = saml::vouched(&assertion, &metadata, &provider, role_arn, ctx.now)?;
        Ok(Caller::vouched(account, vouched))
    }
}

/// The provider's private keys, in the order in which they are tried.
///
/// Source: IAM User Guide, "Create a SAML identity provider in IAM": the newest first.
fn newest_first(provider: &SamlProvider) -> Vec<SamlKey> {
    let mut keys = provider.private_keys.clone();
    keys.reverse();
    keys.sort_by_key(|key| Reverse(key.added));
    keys
}

/// The metadata, and the assertion if a certificate in it signed it. Nobody signs this call, so
/// that whoever can reach the server has it do this much.
fn verified(
    document: &str,
    given: &str,
    keys: &[SamlKey],
) -> Result<(Metadata, Assertion), AwsError> {
    let metadata = Metadata::parse(document)
        .map_err(|_| errors::identity_token("Could not parse metadata"))?;
    let keys: Vec<_> = keys.iter().map(|key| key.pem.as_str()).collect();
    let assertion = Response::new(&saml::decode(given)?)
        .verify(&metadata.certificates, &keys)
        .map_err(refused)?;
    Ok((metadata, assertion))
}

/// What is wrong with a response, in STS's words where they are known.
fn refused(error: SamlError) -> AwsError {
    match error {
        SamlError::Signature(_) => errors::identity_token("Response signature invalid"),
        SamlError::Status(status) => {
            let message = format!("The identity provider reported that it failed: {status}");
            AwsError::new("IDPRejectedClaim", message).with_status(403)
        }
        SamlError::Encrypted => errors::identity_token(
            "The encrypted assertion cannot be decrypted and verified with the provider's keys",
        ),
        SamlError::Xml => errors::identity_token("Invalid XML in the SAML response"),
        SamlError::Element(name) => {
            errors::identity_token(format!("Invalid SAML response: {name}"))
        }
    }
}
