//! From the claims of a verified ID token to the condition keys and tags of a session.
//!
//! Source: IAM User Guide, "Available keys for AWS OIDC federation", "Passing session tags using
//! AssumeRoleWithWebIdentity".

use rolecall_base::{AwsError, Tags};
use rolecall_federation::Claims;
use rolecall_identity::{OidcProvider, ProviderKey, Vouched};
use serde_json::Value;

use crate::errors;

/// Where session tags stand, as one object or as one claim for each of its members.
const TAGS: &str = "https://aws.amazon.com/tags";
/// Where a source identity stands.
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

/// The issuer whose audience is the `azp` claim.
const GOOGLE: &str = "accounts.google.com";
/// The issuer of GitHub Actions, of whose claims more are keys than of others'.
const GITHUB: &str = "token.actions.githubusercontent.com";
/// Claims of GitHub's tokens that are condition keys.
const GITHUB_CLAIMS: &[&str] = &[
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "workflow",
];

/// What a token of `provider` says.
///
/// # Errors
/// `InvalidIdentityToken` for a missing claim, an audience that the provider does not have, and
/// malformed tags.
pub(crate) fn vouched(claims: &Claims, provider: &OidcProvider) -> Result<Vouched, AwsError> {
    let missing = |name: &str| errors::identity_token(format!("Missing a required claim: {name}"));
    let subject = claims.text("sub").ok_or_else(|| missing("sub"))?;
    let name = OidcProvider::name_of(&provider.url);
    let audience = audience(claims, name).ok_or_else(|| missing("aud"))?;
    if !provider.client_ids.iter().any(|id| id == audience) {
        return Err(errors::identity_token("Incorrect token audience"));
    }
    let (tags, transitive_tag_keys) = tags(claims)?;
    let source_identity = match claims.get(SOURCE_IDENTITY) {
        None => None,
        Some(Value::String(text)) if is_source_identity(text) => Some(text.clone()),
        Some(_) => {
            return Err(errors::identity_token(
                "Invalid source identity in the token",
            ));
        }
    };
    Ok(Vouched {
        provider: provider.arn.clone(),
        issuer: claims.text("iss").unwrap_or_default().to_owned(),
        audience: audience.to_owned(),
        subject: subject.to_owned(),
        keys: keys(claims, name, audience, subject),
        tags,
        transitive_tag_keys,
        source_identity,
        ..Vouched::default()
    })
}

/// The audience: the only one, or of several, and of Google's, the authorized party.
fn audience<'a>(claims: &'a Claims, provider: &str) -> Option<&'a str> {
    let all = claims.texts("aud");
    let party = claims.text("azp");
    match (all.as_slice(), party) {
        ([], _) => None,
        ([_], Some(party)) if provider == GOOGLE => Some(party),
        ([only], _) => Some(only),
        (several, Some(party)) if several.contains(&party) => Some(party),
        _ => None,
    }
}

/// The condition keys.
fn keys(claims: &Claims, provider: &str, audience: &str, subject: &str) -> Vec<ProviderKey> {
    let one = |name: &str, value: &str| ProviderKey {
        name: format!("{provider}:{name}"),
        values: vec![value.to_owned()],
        many: false,
    };
    let mut keys = vec![one("aud", audience), one("sub", subject)];
    if provider == GOOGLE
        && let [original] = claims.texts("aud").as_slice()
    {
        keys.push(one("oaud", original));
    }
    let methods = claims.texts("amr");
    if !methods.is_empty() {
        keys.push(ProviderKey {
            name: format!("{provider}:amr"),
            values: methods.into_iter().map(str::to_owned).collect(),
            many: true,
        });
    }
    for name in ["azp", "email"] {
        keys.extend(claims.text(name).map(|value| one(name, value)));
    }
    if provider == GITHUB {
        for name in GITHUB_CLAIMS {
            keys.extend(claims.text(name).map(|value| one(name, value)));
        }
    }
    keys
}

/// Session tags and the keys of those that go on along a chain.
fn tags(claims: &Claims) -> Result<(Tags, Vec<String>), AwsError> {
    let malformed = || errors::identity_token("Invalid session tags in the token");
    let mut found: Vec<(String, String)> = Vec::new();
    let mut transitive = Vec::new();
    let mut add = |key: &str, value: &Value| {
        let value = match value {
            Value::String(text) => text,
            Value::Array(values) => match values.as_slice() {
                [Value::String(text)] => text,
                _ => return Err(malformed()),
            },
            _ => return Err(malformed()),
        };
        found.push((key.to_owned(), value.clone()));
        Ok(())
    };
    let mut pass_on = |value: &Value| match value {
        Value::Array(keys) => {
            for key in keys {
                transitive.push(key.as_str().ok_or_else(malformed)?.to_owned());
            }
            Ok(())
        }
        _ => Err(malformed()),
    };
    for (name, value) in claims.iter() {
        let Some(rest) = name.strip_prefix(TAGS) else {
            continue;
        };
        if rest.is_empty() {
            let members = value.as_object().ok_or_else(malformed)?;
            if let Some(given) = members.get("principal_tags") {
                for (key, value) in given.as_object().ok_or_else(malformed)? {
                    add(key, value)?;
                }
            }
            if let Some(keys) = members.get("transitive_tag_keys") {
                pass_on(keys)?;
            }
        } else if let Some(key) = rest.strip_prefix("/principal_tags/") {
            add(key, value)?;
        } else if rest == "/transitive_tag_keys" {
            pass_on(value)?;
        }
    }
    if found.len() > 50 || found.iter().any(|(key, value)| !is_tag(key, value)) {
        return Err(malformed());
    }
    Ok((found.into_iter().collect(), transitive))
}

/// What the model asks of the tags in a request, which those in a token must be as well.
pub(crate) fn is_tag(key: &str, value: &str) -> bool {
    let (key_chars, value_chars) = (key.chars().count(), value.chars().count());
    let good = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    (1..=128).contains(&key_chars)
        && value_chars <= 256
        && key.chars().all(good)
        && value.chars().all(good)
        && !key.to_lowercase().starts_with("aws:")
}

/// STS API Reference, `AssumeRole`: 2 to 64 characters of `[\w+=,.@-]`, not beginning with `aws:`.
pub(crate) fn is_source_identity(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=64).contains(&text.len()) && text.chars().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_held_to_the_rules_of_the_request() {
        assert!(is_tag("Team", "a b"));
        assert!(!is_tag("aws:x", "a"));
        assert!(!is_tag("", "a"));
        assert!(!is_tag("a", "<b>"));
        assert!(is_source_identity("alice@example.com"));
        assert!(!is_source_identity("a") && !is_source_identity("a b"));
    }
}
