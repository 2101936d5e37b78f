//! The image configuration: what the image says about running it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::{Digest, ImageError};

/// The run-time part of an image configuration (OCI image specification, "config.md"; `Healthcheck`
/// is Docker's).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageConfig {
    /// `uid`, `user`, `user:group` ...; empty is root.
    #[serde(deserialize_with = "null_is_default")]
    pub user: String,
    /// `NAME=value`, in order.
    #[serde(deserialize_with = "null_is_default")]
    pub env: Vec<String>,
    /// The program, with first arguments.
    #[serde(deserialize_with = "null_is_default")]
    pub entrypoint: Vec<String>,
    /// Arguments, or the program if there is no entry point.
    #[serde(deserialize_with = "null_is_default")]
    pub cmd: Vec<String>,
    /// Absolute; empty is `/`.
    #[serde(deserialize_with = "null_is_default")]
    pub working_dir: String,
    /// What `docker stop` sends: a name or a number.
    #[serde(deserialize_with = "null_is_default")]
    pub stop_signal: String,
    /// Labels.
    #[serde(deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
    /// `80/tcp` ...
    #[serde(deserialize_with = "keys")]
    pub exposed_ports: Vec<String>,
    /// Directories that shall be volumes.
    #[serde(deserialize_with = "keys")]
    pub volumes: Vec<String>,
    /// How to tell whether it is well.
    pub healthcheck: Option<HealthCheck>,
}

/// Docker's `HEALTHCHECK`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HealthCheck {
    /// `["CMD", ...]`, `["CMD-SHELL", line]` or `["NONE"]`.
    #[serde(deserialize_with = "null_is_default")]
    pub test: Vec<String>,
    /// Nanoseconds; 0: not set. So are the other times.
    pub interval: u64,
    /// Nanoseconds.
    pub timeout: u64,
    /// Nanoseconds.
    pub start_period: u64,
    /// How many failures in a row make it unhealthy; 0: not set.
    pub retries: u32,
}

fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let map: Option<BTreeMap<String, serde::de::IgnoredAny>> = Option::deserialize(deserializer)?;
    Ok(map.unwrap_or_default().into_keys().collect())
}

/// A configuration document: the run-time part, and the layers' digests unpacked, lowest first.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ConfigDocument {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) config: ImageConfig,
    rootfs: RootFs,
}

#[derive(Debug, Clone, Deserialize)]
struct RootFs {
    diff_ids: Vec<Digest>,
}

impl ConfigDocument {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ImageError> {
        serde_json::from_slice(bytes).map_err(|e| ImageError::Malformed {
            what: "image configuration",
            detail: e.to_string(),
        })
    }

    pub(super) fn diff_ids(&self) -> &[Digest] {
        &self.rootfs.diff_ids
    }
}
