//! SAML 2.0: the metadata of identity providers and the responses that they sign.
//!
//! Source: OASIS "Assertions and Protocols for SAML V2.0", "Metadata for SAML V2.0"; W3C "XML
//! Signature Syntax and Processing", "Exclusive XML Canonicalization", "XML Encryption Syntax and
//! Processing Version 1.1".

pub mod metadata;
pub mod response;

mod bounds;
mod canonical;
mod encryption;
mod signature;

pub use encryption::DecryptionKey;
pub use metadata::Metadata;
pub use response::{Assertion, Response};

use roxmltree::{Document, Node, ParsingOptions};

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// How many nodes a document may have.
const NODES_MAX: u32 = 50_000;

/// Why metadata or a response is not good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SamlError {
    /// Not XML that is taken: malformed, with a DTD, or larger than anything sensible.
    #[error("not XML that is taken")]
    Xml,
    /// An element or attribute that must be there is not, or stands there twice.
    #[error("{0} is missing, wrong or not alone")]
    Element(&'static str),
    /// The signature is missing, of a kind that is not taken, or not made by the provider.
    #[error("the signature is not good: {0}")]
    Signature(&'static str),
    /// The encrypted assertion is not for one of the keys, in a way that is not taken, altered, or
    /// the signature in it is not good: which of these is not told.
    #[error("the encrypted assertion cannot be opened and verified")]
    Encrypted,
    /// The provider says that it did not authenticate anybody.
    #[error("the provider refused: {0}")]
    Status(String),
}

/// Parses a document within [`bounds`]; a DTD, and with it every entity of its own, is refused.
fn parse(text: &str) -> Result<Document<'_>, SamlError> {
    bounds::check_text(text)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|_| SamlError::Xml)?;
    bounds::check_depth(&document)?;
    Ok(document)
}

/// The child elements of this name.
fn children<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

/// The only child element of this name; `None` if there is none.
fn only<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Option<Node<'a, 'i>>, SamlError> {
    let mut found = children(node, namespace, name);
    let first = found.next();
    match found.next() {
        Some(_) => Err(SamlError::Element(name)),
        None => Ok(first),
    }
}

/// The only child element of this name, which must be there.
fn one<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Node<'a, 'i>, SamlError> {
    only(node, namespace, name)?.ok_or(SamlError::Element(name))
}

/// The whole text of an element: a comment inside does not cut it short.
fn text_of(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text);
    let whole: String = texts.filter_map(|text| text.text()).collect();
    whole.trim().to_owned()
}

#[cfg(test)]
mod tests;
