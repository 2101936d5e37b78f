//! Enveloped XML signatures.
//!
//! What is verified is one element of the parsed document, and whoever reads it afterwards reads
//! that very element: there is no second look for an id that could find another one. The key in the
//! signature is not looked at, only the provider's own certificates are.
//!
//! `SignedInfo`, which is short, is held against the provider's keys first: whoever has none of
//! them makes nobody canonicalize and hash what it is about.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use roxmltree::Node;

use super::canonical::canonical;
use super::{SIGNATURE, SamlError, children, one, only, text_of};
use crate::certificate::{Certificate, Hash};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// How long the canonical form of `SignedInfo` may be, in bytes.
const INFO_MAX: usize = 16 * 1024;
/// How long that of the signed element may be, in bytes. The text is shorter than that: STS takes
/// 100,000 characters of base64.
const SIGNED_MAX: usize = 1024 * 1024;
/// How many prefixes a list of inclusive namespaces may have.
const PREFIXES_MAX: usize = 32;

fn bad(why: &'static str) -> SamlError {
    SamlError::Signature(why)
}

/// Whether `element` has a signature of its own.
pub(super) fn is_signed(element: Node<'_, '_>) -> bool {
    children(element, SIGNATURE, "Signature").next().is_some()
}

/// Verifies the signature that stands in `element` and is about it.
pub(super) fn verify(element: Node<'_, '_>, certificates: &[Certificate]) -> Result<(), SamlError> {
    let signature = one(element, SIGNATURE, "Signature")?;
    let info = one(signature, SIGNATURE, "SignedInfo")?;
    let reference = one(info, SIGNATURE, "Reference")?;

    let id = element.attribute("ID").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| bad("the signed element has no ID"))?;
    if reference
        .attribute("URI")
        .and_then(|uri| uri.strip_prefix('#'))
        != Some(id)
    {
        return Err(bad("it is about another element"));
    }
    let same = element.document().descendants().filter(|node| {
        ["ID", "Id", "id"]
            .iter()
            .any(|name| node.attribute(*name) == Some(id))
    });
    if same.count() != 1 {
        return Err(bad("the ID is not unique"));
    }

    is_of_provider(signature, info, certificates)?;

    let hash = digest_method(algorithm(reference, "DigestMethod")?)?;
    let prefixes = transforms(reference)?;
    let form = canonical(element, Some(signature.id()), &prefixes, SIGNED_MAX)?;
    let wanted = base64(one(reference, SIGNATURE, "DigestValue")?)?;
    if digest::digest(hash, form.as_bytes()).as_ref() != wanted.as_slice() {
        return Err(bad("the digest is another"));
    }
    Ok(())
}

/// Whether one of the certificates signed `info`.
fn is_of_provider(
    signature: Node<'_, '_>,
    info: Node<'_, '_>,
    certificates: &[Certificate],
) -> Result<(), SamlError> {
    let method = one(info, SIGNATURE, "CanonicalizationMethod")?;
    if method.attribute("Algorithm") != Some(EXCLUSIVE) {
        return Err(bad("the canonicalization is not taken"));
    }
    let prefixes = inclusive_prefixes(method)?;
    let signed = canonical(info, None, &prefixes, INFO_MAX)?;
    let hash = signature_method(algorithm(info, "SignatureMethod")?)?;
    let value = base64(one(signature, SIGNATURE, "SignatureValue")?)?;
    let mut rsa = certificates
        .iter()
        .filter(|certificate| certificate.is_rsa());
    if rsa.any(|certificate| certificate.verifies(hash, signed.as_bytes(), &value)) {
        Ok(())
    } else {
        Err(bad("no certificate of the provider made it"))
    }
}

fn algorithm<'a>(node: Node<'a, '_>, name: &'static str) -> Result<&'a str, SamlError> {
    let method = one(node, SIGNATURE, name)?;
    method
        .attribute("Algorithm")
        .ok_or(SamlError::Element(name))
}

/// Hashes of RFC 9231; SHA-1 is not taken.
fn digest_method(name: &str) -> Result<&'static digest::Algorithm, SamlError> {
    match name {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Ok(&digest::SHA256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(&digest::SHA384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(&digest::SHA512),
        _ => Err(bad("the digest method is not taken")),
    }
}

fn signature_method(name: &str) -> Result<Hash, SamlError> {
    match name {
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => Ok(Hash::Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => Ok(Hash::Sha384),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => Ok(Hash::Sha512),
        _ => Err(bad("the signature method is not taken")),
    }
}

/// The transforms must be the enveloped signature and then exclusive canonicalization; the
/// prefixes that the latter includes.
fn transforms<'a>(reference: Node<'a, '_>) -> Result<Vec<&'a str>, SamlError> {
    let list = one(reference, SIGNATURE, "Transforms")?;
    let steps: Vec<_> = list.children().filter(Node::is_element).collect();
    let [enveloped, exclusive] = steps.as_slice() else {
        return Err(bad("the transforms are not taken"));
    };
    let named = |node: &Node<'_, '_>, wanted: &str| {
        node.has_tag_name((SIGNATURE, "Transform")) && node.attribute("Algorithm") == Some(wanted)
    };
    if !named(enveloped, ENVELOPED) || !named(exclusive, EXCLUSIVE) {
        return Err(bad("the transforms are not taken"));
    }
    inclusive_prefixes(*exclusive)
}

/// The prefixes that are included; `""` for the default namespace.
fn inclusive_prefixes<'a>(node: Node<'a, '_>) -> Result<Vec<&'a str>, SamlError> {
    let list = only(node, EXCLUSIVE, "InclusiveNamespaces")?;
    let list = list.and_then(|list| list.attribute("PrefixList"));
    let listed = list.unwrap_or("").split_whitespace();
    let prefixes: Vec<_> = listed
        .map(|prefix| if prefix == "#default" { "" } else { prefix })
        .take(PREFIXES_MAX + 1)
        .collect();
    if prefixes.len() > PREFIXES_MAX {
        return Err(bad("it includes too many namespaces"));
    }
    Ok(prefixes)
}

fn base64(node: Node<'_, '_>) -> Result<Vec<u8>, SamlError> {
    let text: String = text_of(node)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    STANDARD
        .decode(text)
        .map_err(|_| bad("a value is not base64"))
}
