//! Manifests and indexes of both families.

use serde::Deserialize;

use super::{Digest, ImageError, ManifestDocument};

/// A pointer to content (OCI image specification, "Content Descriptors").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: Digest,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Platform {
    os: String,
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

/// What a reference leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// One manifest per platform.
    Index(Vec<Descriptor>),
    /// One image.
    Manifest {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    manifests: Option<Vec<Descriptor>>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
}

/// Reads a document. What it is, its content says; a media type that says otherwise is refused
/// (OCI image specification 1.0.2 and CVE-2021-41190).
pub(super) fn parse(document: &ManifestDocument) -> Result<Document, ImageError> {
    let malformed = |detail: String| ImageError::Malformed {
        what: "manifest",
        detail,
    };
    let raw: Raw = serde_json::from_slice(&document.bytes).map_err(|e| malformed(e.to_string()))?;
    if raw.schema_version != 2 {
        return Err(malformed(format!("schema version {}", raw.schema_version)));
    }
    let served = document
        .media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if served.starts_with("application/vnd.")
        && !raw.media_type.is_empty()
        && served != raw.media_type
    {
        return Err(malformed(format!(
            "served as {served}, says {}",
            raw.media_type
        )));
    }
    let kind = if raw.media_type.is_empty() {
        served
    } else {
        &raw.media_type
    };
    let is_list = kind.ends_with("index.v1+json") || kind.ends_with("manifest.list.v2+json");
    match (raw.manifests, raw.config, raw.layers) {
        (Some(all), None, None) => Ok(Document::Index(all)),
        (None, Some(config), Some(layers)) if !is_list => Ok(Document::Manifest { config, layers }),
        _ => Err(malformed(
            "neither an index nor an image manifest".to_owned(),
        )),
    }
}

/// The architecture of this machine in the words of images.
pub(super) fn host_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// The manifest for Linux on an architecture; attestations (`unknown/unknown`) are none.
pub(super) fn select<'a>(index: &'a [Descriptor], architecture: &str) -> Option<&'a Descriptor> {
    let fits = |d: &&Descriptor| {
        d.platform.as_ref().is_some_and(|p| {
            let plain = matches!(p.variant.as_deref(), None | Some("" | "v8" | "v1"));
            p.os == "linux" && p.architecture == architecture && plain
        })
    };
    let unnamed = |d: &&Descriptor| d.platform.is_none();
    index
        .iter()
        .find(fits)
        .or_else(|| index.iter().find(unnamed).filter(|_| index.len() == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(media_type: &str, json: &serde_json::Value) -> ManifestDocument {
        ManifestDocument {
            media_type: media_type.to_owned(),
            bytes: json.to_string().into_bytes(),
        }
    }

    const D: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

    #[test]
    fn an_index_chooses_the_platform() {
        let of = |os: &str, arch: &str| {
            serde_json::json!({ "mediaType": OCI, "digest": Digest::of(arch.as_bytes()),
                "size": 1, "platform": { "os": os, "architecture": arch } })
        };
        let json = serde_json::json!({ "schemaVersion": 2, "manifests": [
            of("unknown", "unknown"), of("linux", "arm64"), of("windows", "amd64"),
            of("linux", "amd64"),
        ]});
        let Document::Index(all) = parse(&document("", &json)).unwrap() else {
            panic!()
        };
        assert_eq!(select(&all, "amd64").unwrap().digest, Digest::of(b"amd64"));
        assert!(select(&all, "riscv64").is_none());
    }

    #[test]
    fn ambiguous_documents_are_refused() {
        let config = serde_json::json!({ "mediaType": "x", "digest": D, "size": 0 });
        let both = serde_json::json!({ "schemaVersion": 2, "config": config, "layers": [],
            "manifests": [] });
        assert!(parse(&document(OCI, &both)).is_err());
        let good = serde_json::json!({ "schemaVersion": 2, "mediaType": OCI, "config": config,
            "layers": [] });
        assert!(parse(&document(OCI, &good)).is_ok());
        let list = "application/vnd.docker.distribution.manifest.list.v2+json";
        assert!(parse(&document(list, &good)).is_err());
        let one = serde_json::json!({ "schemaVersion": 1, "config": config, "layers": [] });
        assert!(parse(&document("", &one)).is_err());
        let bad = serde_json::json!({ "schemaVersion": 2, "layers": [],
            "config": { "digest": "sha512:00", "size": 0 } });
        assert!(parse(&document("", &bad)).is_err());
    }
}
