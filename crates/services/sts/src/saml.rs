//! From a verified SAML assertion to the condition keys and tags of a session.
//!
//! Source: IAM User Guide, "Configure SAML assertions for the authentication response", "Available
//! keys for SAML-based AWS STS federation", "Troubleshoot SAML federation with IAM".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use rolecall_base::{AwsError, Tags, Timestamp};
use rolecall_federation::saml::{Assertion, Metadata};
use rolecall_identity::{ProviderKey, SamlProvider, Vouched};

use crate::web_identity::is_source_identity;
use crate::{errors, saml_attributes};

const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";
const FORMATS: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:";
/// The audience of AWS, beside its sign-in pages.
const AUDIENCE: &str = "urn:amazon:webservices";
/// How long after it was issued an assertion is taken, in seconds.
const REDEEM_S: i64 = 300;
/// How far apart the clocks of a provider and of this machine may be, in seconds.
const SKEW_S: i64 = 60;

/// The text of a response, which comes in base64.
pub(crate) fn decode(assertion: &str) -> Result<String, AwsError> {
    let invalid = || errors::identity_token("Invalid base64 SAMLResponse");
    let text: String = assertion
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    let bytes = STANDARD.decode(text).map_err(|_| invalid())?;
    String::from_utf8(bytes).map_err(|_| invalid())
}

/// What an assertion of `provider` says about somebody who wants the role.
///
/// # Errors
/// `InvalidIdentityToken`, `ExpiredTokenException`, and `AccessDenied` if the assertion does not
/// name the role with this provider.
pub(crate) fn vouched(
    assertion: &Assertion,
    metadata: &Metadata,
    provider: &SamlProvider,
    role_arn: &str,
    now: Timestamp,
) -> Result<Vouched, AwsError> {
    if assertion.issuer != metadata.entity_id {
        return Err(errors::identity_token(
            "Issuer not present in specified provider",
        ));
    }
    let recipient = assertion.recipient.as_deref().unwrap_or_default();
    let met = |restriction: &Vec<String>| restriction.iter().any(|a| is_audience(a));
    if !is_audience(recipient)
        || assertion.audiences.is_empty()
        || !assertion.audiences.iter().all(met)
    {
        return Err(errors::identity_token(
            "Response does not contain a required audience",
        ));
    }
    check_times(assertion, now)?;
    let named = assertion.attribute(&format!("{ATTRIBUTES}Role"));
    if !named
        .iter()
        .any(|pair| names(pair, role_arn, &provider.arn))
    {
        return Err(errors::access_denied(
            "Not authorized to perform sts:AssumeRoleWithSAML",
        ));
    }
    let not_after = assertion.session_until.as_deref().map(time).transpose()?;
    let subject_type = assertion.subject_format.as_deref();
    let subject_type = subject_type.map(|f| f.strip_prefix(FORMATS).unwrap_or(f).to_owned());
    let mut vouched = Vouched {
        provider: provider.arn.clone(),
        issuer: assertion.issuer.clone(),
        audience: recipient.to_owned(),
        subject: assertion.subject.clone(),
        subject_type,
        name_qualifier: Some(name_qualifier(&assertion.issuer, provider)),
        tags: tags(assertion)?,
        transitive_tag_keys: owned(&assertion.attribute(&format!("{ATTRIBUTES}TransitiveTagKeys"))),
        source_identity: source_identity(assertion)?,
        session_name: Some(session_name(assertion)?),
        duration_s: duration(assertion)?,
        not_after,
        ..Vouched::default()
    };
    vouched.keys = keys(&vouched, provider);
    vouched.keys.extend(saml_attributes::keys(assertion));
    Ok(vouched)
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// AWS's sign-in pages, of every region, and its name.
fn is_audience(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(_, path)| *path == "saml" || path.starts_with("saml/"))
        .map(|(host, _)| host);
    text == AUDIENCE
        || host.is_some_and(|host| {
            host == "signin.aws.amazon.com" || host.ends_with(".signin.aws.amazon.com")
        })
}

fn time(text: &str) -> Result<Timestamp, AwsError> {
    Timestamp::parse_iso8601(text)
        .ok_or_else(|| errors::identity_token(format!("Invalid time in the assertion: {text}")))
}

fn check_times(assertion: &Assertion, now: Timestamp) -> Result<(), AwsError> {
    let now_s = now.epoch_seconds();
    let late = || {
        AwsError::new(
            "ExpiredTokenException",
            "Token must be redeemed within 5 minutes of issuance",
        )
    };
    let issued_s = time(&assertion.issued)?.epoch_seconds();
    if now_s.saturating_sub(issued_s) > REDEEM_S {
        return Err(late());
    }
    for end in [&assertion.deliver_until, &assertion.not_on_or_after] {
        if let Some(end) = end
            && now_s >= time(end)?.epoch_seconds()
        {
            return Err(late());
        }
    }
    if assertion.deliver_until.is_none() {
        return Err(errors::identity_token(
            "Invalid SAML response: NotOnOrAfter",
        ));
    }
    let begins = assertion.not_before.as_deref().unwrap_or(&assertion.issued);
    for begin_s in [issued_s, time(begins)?.epoch_seconds()] {
        if begin_s.saturating_sub(now_s) > SKEW_S {
            return Err(errors::identity_token("The assertion is not valid yet"));
        }
    }
    if let Some(end) = &assertion.session_until
        && now >= time(end)?
    {
        return Err(late());
    }
    Ok(())
}

/// Whether a value of the `Role` attribute is of this role and this provider, in either order.
fn names(pair: &str, role_arn: &str, provider_arn: &str) -> bool {
    let Some((one, other)) = pair.split_once(',') else {
        return false;
    };
    let (one, other) = (one.trim(), other.trim());
    (one, other) == (role_arn, provider_arn) || (other, one) == (role_arn, provider_arn)
}

fn session_name(assertion: &Assertion) -> Result<String, AwsError> {
    match assertion
        .attribute(&format!("{ATTRIBUTES}RoleSessionName"))
        .as_slice()
    {
        [] => Err(errors::identity_token(
            "RoleSessionName is required in AuthnResponse",
        )),
        [name] if is_source_identity(name) => Ok((*name).to_owned()),
        _ => Err(errors::identity_token(
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
        )),
    }
}

fn source_identity(assertion: &Assertion) -> Result<Option<String>, AwsError> {
    match assertion
        .attribute(&format!("{ATTRIBUTES}SourceIdentity"))
        .as_slice()
    {
        [] => Ok(None),
        [name] if is_source_identity(name) => Ok(Some((*name).to_owned())),
        _ => Err(errors::identity_token(
            "SourceIdentity in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin \
             with \"aws:\"",
        )),
    }
}

fn duration(assertion: &Assertion) -> Result<Option<u32>, AwsError> {
    match assertion
        .attribute(&format!("{ATTRIBUTES}SessionDuration"))
        .as_slice()
    {
        [] => Ok(None),
        [text] => match text.parse() {
            Ok(seconds @ 900..=43_200) => Ok(Some(seconds)),
            _ => Err(errors::identity_token(
                "Invalid SessionDuration in AuthnResponse",
            )),
        },
        _ => Err(errors::identity_token(
            "Invalid SessionDuration in AuthnResponse",
        )),
    }
}

fn tags(assertion: &Assertion) -> Result<Tags, AwsError> {
    let invalid = || errors::identity_token("Invalid session tags in AuthnResponse");
    let prefix = format!("{ATTRIBUTES}PrincipalTag:");
    let mut found = Tags::default();
    for (name, values) in &assertion.attributes {
        let Some(key) = name.strip_prefix(&prefix) else {
            continue;
        };
        let [value] = values.as_slice() else {
            return Err(invalid());
        };
        let again = found
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(key));
        if again || !crate::web_identity::is_tag(key, value) || found.len() >= 50 {
            return Err(invalid());
        }
        found.set(key.to_owned(), value.clone());
    }
    Ok(found)
}

/// `base64(sha1(ISSUER + ACCOUNT + "/" + NAME))`.
fn name_qualifier(issuer: &str, provider: &SamlProvider) -> String {
    let text = format!("{issuer}{}/{}", provider.account, provider.name);
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    STANDARD.encode(hash)
}

fn keys(vouched: &Vouched, provider: &SamlProvider) -> Vec<ProviderKey> {
    let one = |name: &str, value: &str| ProviderKey {
        name: format!("saml:{name}"),
        values: vec![value.to_owned()],
        many: false,
    };
    let mut keys = vec![
        one("aud", &vouched.audience),
        one("iss", &vouched.issuer),
        one("sub", &vouched.subject),
        one("doc", &format!("{}/{}", provider.account, provider.name)),
    ];
    keys.extend(
        vouched
            .subject_type
            .as_deref()
            .map(|kind| one("sub_type", kind)),
    );
    keys.extend(
        vouched
            .name_qualifier
            .as_deref()
            .map(|q| one("namequalifier", q)),
    );
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_are_those_of_aws() {
        for (text, good) in [
            ("urn:amazon:webservices", true),
            ("https://signin.aws.amazon.com/saml", true),
            ("https://eu-west-1.signin.aws.amazon.com/saml/acs/X", true),
            ("https://signin.aws.amazon.com.evil.example/saml", false),
            ("https://evilsignin.aws.amazon.com/saml", false),
            ("https://signin.aws.amazon.com/other", false),
            ("", false),
        ] {
            assert_eq!(is_audience(text), good, "{text}");
        }
    }

    #[test]
    fn roles_are_named_with_the_provider() {
        let (role, provider) = ("arn:aws:iam::1:role/a", "arn:aws:iam::1:saml-provider/p");
        assert!(names(&format!("{role},{provider}"), role, provider));
        assert!(names(&format!("{provider}, {role}"), role, provider));
        assert!(!names(role, role, provider));
        assert!(!names(&format!("{role}x,{provider}"), role, provider));
    }
}
