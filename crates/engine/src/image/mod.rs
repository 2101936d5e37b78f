//! Images: pulled through a source that the caller gives, kept once per content, unpacked to layer
//! directories that overlayfs stacks.
//!
//! Formats: OCI image specification 1.1 (index, manifest, config, layers) and Docker image manifest
//! version 2 schema 2 with its list. Everything is checked against its digest, layers both as
//! fetched and unpacked (`diff_ids`).

mod apply;
mod config;
mod digest;
mod manifest;
mod store;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use tokio::io::AsyncRead;

pub use config::{HealthCheck, ImageConfig};
pub use digest::{Digest, InvalidDigest};
pub use store::{Collected, ImageStore};

/// A future in a box, for a trait that is used as an object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The source's own error, as it shall be told (`CannotPullContainerError: ...`).
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A manifest or index as a registry served it.
#[derive(Debug, Clone)]
pub struct ManifestDocument {
    /// The `Content-Type`; may be empty, the document then names its own.
    pub media_type: String,
    /// The exact bytes; their SHA-256 is the digest.
    pub bytes: Vec<u8>,
}

/// Where an image comes from: one repository of one registry, with whatever credentials it takes.
pub trait LayerSource: Send + Sync {
    /// Fetches a manifest or index by tag or digest.
    fn manifest<'a>(
        &'a self,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<ManifestDocument, SourceError>>;

    /// Opens a blob for reading.
    fn blob<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Box<dyn AsyncRead + Send + Unpin>, SourceError>>;
}

/// An image on this machine, ready to be run.
#[derive(Debug, Clone)]
pub struct Image {
    /// The digest of what the reference named: an index or a manifest.
    pub digest: Digest,
    /// The digest of the manifest for this machine's platform.
    pub manifest_digest: Digest,
    /// What the image says about running it.
    pub config: ImageConfig,
    /// Unpacked layers, lowest first: [`crate::ContainerSpec::layers`].
    pub layer_dirs: Vec<PathBuf>,
}

/// Why an image could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The source failed.
    #[error("cannot fetch {what}")]
    Source {
        /// `manifest <reference>` or `blob <digest>`.
        what: String,
        /// The source's error.
        source: SourceError,
    },
    /// Bytes are not what their digest says.
    #[error("{what}: expected {expected}, got {actual}")]
    Mismatch {
        /// Which document or blob.
        what: &'static str,
        /// The digest that was promised.
        expected: Digest,
        /// The digest of what came.
        actual: Digest,
    },
    /// A document cannot be understood.
    #[error("{what} is malformed: {detail}")]
    Malformed {
        /// Which document.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// There is no manifest for this machine in an index.
    #[error("no match for platform in manifest: linux/{0}")]
    NoPlatform(&'static str),
    /// A layer holds what must not be unpacked (a path out of the root, an unknown kind of entry).
    #[error("layer entry {path:?}: {detail}")]
    Entry {
        /// The entry's path as the layer has it.
        path: String,
        /// Why it is refused, or what failed.
        detail: String,
    },
    /// A file of the store failed.
    #[error(transparent)]
    Engine(#[from] crate::EngineError),
}
