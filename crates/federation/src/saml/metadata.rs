//! The metadata of an identity provider.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{METADATA, SIGNATURE, SamlError, children, one, parse, text_of};
use crate::certificate::Certificate;

/// What of a provider's metadata verification needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its entity id, which is the issuer of its assertions.
    pub entity_id: String,
    /// Until when the document is good, as it says (ISO 8601).
    pub valid_until: Option<String>,
    /// The certificates whose keys may sign.
    pub certificates: Vec<Certificate>,
}

impl Metadata {
    /// Reads the metadata of one identity provider.
    ///
    /// # Errors
    /// [`SamlError::Xml`], and [`SamlError::Element`] for what an identity provider must have: an
    /// entity id, a role for single sign-on, and a certificate that it signs with.
    pub fn parse(text: &str) -> Result<Self, SamlError> {
        let document = parse(text)?;
        let root = document.root_element();
        if !root.has_tag_name((METADATA, "EntityDescriptor")) {
            return Err(SamlError::Element("EntityDescriptor"));
        }
        let entity_id = root.attribute("entityID").filter(|id| !id.is_empty());
        let entity_id = entity_id.ok_or(SamlError::Element("entityID"))?;
        let provider = one(root, METADATA, "IDPSSODescriptor")?;
        let mut certificates = Vec::new();
        let keys = children(provider, METADATA, "KeyDescriptor")
            .filter(|key| key.attribute("use").is_none_or(|usage| usage == "signing"));
        for key in keys {
            let data = children(key, SIGNATURE, "KeyInfo")
                .flat_map(|info| children(info, SIGNATURE, "X509Data"))
                .flat_map(|data| children(data, SIGNATURE, "X509Certificate"));
            for certificate in data {
                let text: String = text_of(certificate)
                    .chars()
                    .filter(|c| !c.is_whitespace())
                    .collect();
                let der = STANDARD.decode(text);
                let der = der.map_err(|_| SamlError::Element("X509Certificate"))?;
                let parsed = Certificate::from_der(&der);
                certificates.push(parsed.map_err(|_| SamlError::Element("X509Certificate"))?);
            }
        }
        if certificates.is_empty() {
            return Err(SamlError::Element("X509Certificate"));
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            valid_until: root.attribute("validUntil").map(str::to_owned),
            certificates,
        })
    }
}
