//! Responses of identity providers, and the assertion in them.

use roxmltree::Node;

use super::{
    ASSERTION, PROTOCOL, SIGNATURE, SamlError, children, encryption, one, only, parse, signature,
    text_of,
};
use crate::certificate::Certificate;

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Signatures in other places mean that somebody moved them.
const MOVED: &str = "there is one where none belongs";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// A response that has the form of one; nothing in it is verified yet.
pub struct Response<'a>(&'a str);

/// What a verified assertion says. Times are as they are written (ISO 8601).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assertion {
    /// Who issued it.
    pub issuer: String,
    /// When it was issued.
    pub issued: String,
    /// The subject's `NameID`.
    pub subject: String,
    /// The format of the `NameID`, a URI.
    pub subject_format: Option<String>,
    /// Where it may be delivered to.
    pub recipient: Option<String>,
    /// Until when it may be delivered.
    pub deliver_until: Option<String>,
    /// From when on it is good.
    pub not_before: Option<String>,
    /// Until when it is good.
    pub not_on_or_after: Option<String>,
    /// Whom it is for: one list for each restriction, all of which must be met.
    pub audiences: Vec<Vec<String>>,
    /// Until when the provider's own session lasts.
    pub session_until: Option<String>,
    /// Attributes by name, in the order in which they stand.
    pub attributes: Vec<(String, Vec<String>)>,
    /// Whether it came encrypted.
    pub encrypted: bool,
}

impl<'a> Response<'a> {
    /// Takes the text of a response, already decoded from base64.
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The assertion, if the response or the assertion itself is signed with the key of one of
    /// `certificates`. A signature that is there must be good, wherever it stands.
    ///
    /// An encrypted assertion is opened with the first of `private_keys`, PEM texts, that opens it.
    /// The signature of the response is verified before that.
    ///
    /// # Errors
    /// [`SamlError`].
    pub fn verify(
        &self,
        certificates: &[Certificate],
        private_keys: &[&str],
    ) -> Result<Assertion, SamlError> {
        let document = parse(self.0)?;
        let root = document.root_element();
        if !root.has_tag_name((PROTOCOL, "Response")) {
            return Err(SamlError::Element("Response"));
        }
        let whole = signature::is_signed(root);
        if whole {
            signature::verify(root, certificates)?;
        }
        let code = one(one(root, PROTOCOL, "Status")?, PROTOCOL, "StatusCode")?;
        match code.attribute("Value") {
            Some(SUCCESS) => {}
            other => return Err(SamlError::Status(other.unwrap_or_default().to_owned())),
        }
        let plain = only(root, ASSERTION, "Assertion")?;
        let encrypted = only(root, ASSERTION, "EncryptedAssertion")?;
        match (plain, encrypted) {
            (Some(assertion), None) => {
                is_the_one(root, assertion, whole, usize::from(whole), certificates)?;
                read(assertion)
            }
            (None, Some(encrypted)) => {
                if assertions(root) != 1 {
                    return Err(SamlError::Element("Assertion"));
                }
                if signatures(root) != usize::from(whole) {
                    return Err(SamlError::Signature(MOVED));
                }
                opened(encrypted, whole, certificates, private_keys)
            }
            _ => Err(SamlError::Element("Assertion")),
        }
    }
}

/// The assertion in an encrypted one, in a response that is signed as a `whole` or not.
fn opened(
    encrypted: Node<'_, '_>,
    whole: bool,
    certificates: &[Certificate],
    private_keys: &[&str],
) -> Result<Assertion, SamlError> {
    let text = encryption::decrypt(encrypted, private_keys)?;
    // Before a signature says that the provider made the ciphertext, no error tells what it opens
    // to.
    let told = |error| if whole { error } else { SamlError::Encrypted };
    let document = parse(&text).map_err(told)?;
    let root = document.root_element();
    if !root.has_tag_name((ASSERTION, "Assertion")) {
        return Err(told(SamlError::Element("Assertion")));
    }
    is_the_one(root, root, whole, 0, certificates).map_err(told)?;
    let mut assertion = read(root)?;
    assertion.encrypted = true;
    Ok(assertion)
}

/// How many assertions there are, wherever they may hide.
fn assertions(top: Node<'_, '_>) -> usize {
    let all = top.descendants().filter(|node| {
        node.has_tag_name((ASSERTION, "Assertion"))
            || node.has_tag_name((ASSERTION, "EncryptedAssertion"))
    });
    all.count()
}

fn signatures(top: Node<'_, '_>) -> usize {
    let all = top.descendants();
    all.filter(|node| node.has_tag_name((SIGNATURE, "Signature")))
        .count()
}

/// Refuses an assertion that is not the only one in `top`, and that is not signed though nothing
/// around it is (`whole`); `others` is how many signatures there may be beside its own, which must
/// be good.
fn is_the_one(
    top: Node<'_, '_>,
    assertion: Node<'_, '_>,
    whole: bool,
    others: usize,
    certificates: &[Certificate],
) -> Result<(), SamlError> {
    if assertions(top) != 1 {
        return Err(SamlError::Element("Assertion"));
    }
    let signed = signature::is_signed(assertion);
    if signed {
        signature::verify(assertion, certificates)?;
    } else if !whole {
        return Err(SamlError::Signature("there is none"));
    }
    if signatures(top) != others + usize::from(signed) {
        return Err(SamlError::Signature(MOVED));
    }
    Ok(())
}

fn read(assertion: Node<'_, '_>) -> Result<Assertion, SamlError> {
    if assertion.attribute("Version") != Some("2.0") {
        return Err(SamlError::Element("Version"));
    }
    let subject = one(assertion, ASSERTION, "Subject")?;
    let name = one(subject, ASSERTION, "NameID")?;
    let bearer = children(subject, ASSERTION, "SubjectConfirmation")
        .find(|confirmation| confirmation.attribute("Method") == Some(BEARER))
        .ok_or(SamlError::Element("SubjectConfirmation"))?;
    let data = one(bearer, ASSERTION, "SubjectConfirmationData")?;
    let conditions = one(assertion, ASSERTION, "Conditions")?;
    let audiences = children(conditions, ASSERTION, "AudienceRestriction").map(|restriction| {
        children(restriction, ASSERTION, "Audience")
            .map(text_of)
            .collect()
    });
    let statement = children(assertion, ASSERTION, "AuthnStatement").next();
    let owned = |node: Node<'_, '_>, name: &str| node.attribute(name).map(str::to_owned);
    let mut attributes: Vec<(String, Vec<String>)> = Vec::new();
    let listed = children(assertion, ASSERTION, "AttributeStatement")
        .flat_map(|statement| children(statement, ASSERTION, "Attribute"));
    for attribute in listed {
        let name = attribute
            .attribute("Name")
            .ok_or(SamlError::Element("Name"))?;
        let values = children(attribute, ASSERTION, "AttributeValue")
            .map(text_of)
            .collect();
        attributes.push((name.to_owned(), values));
    }
    Ok(Assertion {
        issuer: text_of(one(assertion, ASSERTION, "Issuer")?),
        issued: owned(assertion, "IssueInstant").ok_or(SamlError::Element("IssueInstant"))?,
        subject: text_of(name),
        subject_format: owned(name, "Format"),
        recipient: owned(data, "Recipient"),
        deliver_until: owned(data, "NotOnOrAfter"),
        not_before: owned(conditions, "NotBefore"),
        not_on_or_after: owned(conditions, "NotOnOrAfter"),
        audiences: audiences.collect(),
        session_until: statement.and_then(|s| owned(s, "SessionNotOnOrAfter")),
        attributes,
        encrypted: false,
    })
}

impl Assertion {
    /// The values of an attribute, over all of its occurrences.
    pub fn attribute(&self, name: &str) -> Vec<&str> {
        let found = self.attributes.iter().filter(|(known, _)| known == name);
        found
            .flat_map(|(_, values)| values.iter().map(String::as_str))
            .collect()
    }
}
