//! Manifests: what an image or an index says of itself.
//!
//! Sources: OCI image-spec 1.1, "Image Manifest" and "Image Index"; Docker "Image Manifest Version
//! 2, Schema 2".

use std::collections::BTreeMap;

use rolecall_base::AwsError;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::errors;

const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI_IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Whether `media_type` is one of a manifest that can be pushed.
pub fn is_manifest(media_type: &str) -> bool {
    matches!(
        media_type,
        DOCKER_IMAGE | DOCKER_LIST | OCI_IMAGE | OCI_INDEX
    )
}

/// The digest of some bytes: `sha256:` and 64 hexadecimal digits.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Whether `text` is a digest that content can be kept under.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64
            && digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// Whether `text` can be a tag (OCI distribution-spec, "Pulling manifests").
pub fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut bytes = text.bytes();
    text.len() <= 128
        && bytes.next().is_some_and(word)
        && bytes.all(|b| word(b) || b == b'.' || b == b'-')
}

/// A reference to content.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    /// Where a foreign layer is downloaded from: it is not in the registry.
    #[serde(default)]
    urls: Option<Vec<String>>,
}

impl Descriptor {
    /// Whether the registry need not have it: a layer that may not be distributed, and says where
    /// it is.
    fn is_foreign(&self) -> bool {
        let types =
            self.media_type.contains("foreign") || self.media_type.contains("nondistributable");
        types && self.urls.as_ref().is_some_and(|urls| !urls.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: u32,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

/// What a manifest says.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) media_type: String,
    /// `artifactType`, or the config's media type.
    pub(crate) artifact_type: Option<String>,
    /// The config and the layers that the registry must have.
    pub(crate) blobs: Vec<Descriptor>,
    /// The images of an index.
    pub(crate) images: Vec<Descriptor>,
    pub(crate) subject: Option<String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Parsed {
    /// Reads a manifest; `given` is its media type as the request says.
    ///
    /// # Errors
    /// `InvalidParameterException` for what is no manifest of a kind that can be pushed, for one
    /// that says another media type than the request, and for one of which neither says it.
    pub(crate) fn read(text: &str, given: Option<&str>) -> Result<Self, AwsError> {
        let raw: Raw = serde_json::from_str(text).map_err(|_| errors::invalid_manifest())?;
        let media_type = match (raw.media_type.as_deref(), given) {
            (Some(said), Some(given)) if said != given => return Err(errors::invalid_manifest()),
            (Some(media_type), _) | (None, Some(media_type)) => media_type.to_owned(),
            (None, None) => return Err(errors::invalid_manifest()),
        };
        if raw.schema_version != 2 {
            return Err(errors::invalid_manifest());
        }
        let (blobs, images, config_type) = match media_type.as_str() {
            DOCKER_IMAGE | OCI_IMAGE => {
                let config = raw.config.ok_or_else(errors::invalid_manifest)?;
                let layers = raw.layers.ok_or_else(errors::invalid_manifest)?;
                let config_type = Some(config.media_type.clone());
                let mut blobs = vec![config];
                blobs.extend(layers.into_iter().filter(|layer| !layer.is_foreign()));
                (blobs, Vec::new(), config_type)
            }
            DOCKER_LIST | OCI_INDEX => {
                let images = raw.manifests.ok_or_else(errors::invalid_manifest)?;
                (Vec::new(), images, None)
            }
            _ => return Err(errors::invalid_manifest()),
        };
        let subject = raw.subject.map(|subject| subject.digest);
        let digests = blobs
            .iter()
            .chain(&images)
            .map(|d| &d.digest)
            .chain(&subject);
        if !digests.into_iter().all(|digest| is_digest(digest)) {
            return Err(errors::invalid_manifest());
        }
        Ok(Self {
            media_type,
            artifact_type: raw.artifact_type.or(config_type).filter(|t| !t.is_empty()),
            blobs,
            images,
            subject,
            annotations: raw.annotations.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(digits: char) -> String {
        let digest = format!("sha256:{}", digits.to_string().repeat(64));
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":2}}"#
        )
    }

    #[test]
    fn the_media_type_comes_from_the_manifest_or_the_request_and_they_must_agree() {
        let config = config('a');
        let bare = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#);
        assert_eq!(
            Parsed::read(&bare, Some(OCI_IMAGE)).unwrap().media_type,
            OCI_IMAGE
        );
        assert_eq!(
            Parsed::read(&bare, None).unwrap_err().code,
            "InvalidParameterException"
        );
        let typed = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_IMAGE}","config":{config},"layers":[]}}"#
        );
        assert_eq!(Parsed::read(&typed, None).unwrap().media_type, OCI_IMAGE);
        assert!(Parsed::read(&typed, Some(DOCKER_IMAGE)).is_err());
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let config = config('a');
        for bad in [
            String::new(),
            "[]".to_owned(),
            r#"{"schemaVersion":1}"#.to_owned(),
            r#"{"schemaVersion":2}"#.to_owned(),
            format!(r#"{{"schemaVersion":1,"config":{config},"layers":[]}}"#),
            format!(r#"{{"schemaVersion":2,"config":{config}}}"#),
            config.replace("sha256", "sha512"),
        ] {
            assert!(Parsed::read(&bad, Some(OCI_IMAGE)).is_err(), "{bad}");
        }
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{config}]}}"#);
        assert!(Parsed::read(&index, Some(OCI_INDEX)).is_ok());
        assert!(Parsed::read(&index, Some("application/json")).is_err());
    }

    #[test]
    fn tags_and_digests_have_their_form() {
        for good in ["latest", "1.0-rc_2", "_x", &"a".repeat(128)] {
            assert!(is_tag(good), "{good}");
        }
        for bad in ["", ".x", "-x", "a/b", "a:b", "ä", &"a".repeat(129)] {
            assert!(!is_tag(bad), "{bad}");
        }
        assert!(is_digest(&digest_of(b"")));
        assert!(!is_digest(&digest_of(b"").to_uppercase()));
        assert!(!is_digest("sha256:../../x"));
    }
}
