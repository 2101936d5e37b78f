//! The store: blobs by digest, layers by the digest of their unpacked form, each once.
//!
//! ```text
//! <root>/blobs/<hex>      manifests and configurations
//! <root>/layers/<hex>/    unpacked layers, by diff_id
//! <root>/images/<hex>     what an image (by manifest digest) consists of, for garbage collection
//! <root>/tmp/             on its way; emptied when the store is opened
//! ```

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use tokio::io::AsyncReadExt;

use super::config::ConfigDocument;
use super::manifest::{self, Descriptor, Document};
use super::{Digest, Image, ImageError, LayerSource, apply};
use crate::error::{FileContext, Result};
use crate::layout::{make_private_dir, read_record, remove_tree, write_record};

/// Manifests and configurations above this are refused.
const DOCUMENT_LIMIT: u64 = 8 * 1024 * 1024;
/// How many layers of one image are fetched at a time.
const PARALLEL_LAYERS: usize = 3;

/// The images of one data directory.
#[derive(Debug)]
pub struct ImageStore {
    root: PathBuf,
    next_temporary: AtomicU64,
    /// Layers that are being fetched: who comes second waits for the first.
    busy: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    /// Pulls share it, garbage collection has it alone.
    use_of_layers: tokio::sync::RwLock<()>,
}

/// What an image consists of.
#[derive(Serialize, Deserialize)]
struct ImageRecord {
    config: Digest,
    diff_ids: Vec<Digest>,
}

/// What garbage collection did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Images forgotten.
    pub images: usize,
    /// Layers deleted.
    pub layers: usize,
}

impl ImageStore {
    /// Opens the store in a directory, making it if missing.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(root: &Path) -> Result<Self> {
        remove_tree(&root.join("tmp"))?;
        for part in ["blobs", "layers", "images", "tmp"] {
            make_private_dir(&root.join(part))?;
        }
        Ok(Self {
            root: root.to_owned(),
            next_temporary: AtomicU64::new(0),
            busy: Mutex::new(HashMap::new()),
            use_of_layers: tokio::sync::RwLock::new(()),
        })
    }

    /// Makes an image ready to run. The manifest is always asked for, so that the source can refuse
    /// it; of configuration and layers only what is not here is fetched.
    ///
    /// # Errors
    /// [`ImageError`].
    pub async fn pull(
        self: &Arc<Self>,
        reference: &str,
        source: Arc<dyn LayerSource>,
    ) -> Result<Image, ImageError> {
        let _shared = self.use_of_layers.read().await;
        let (digest, document) = fetch_manifest(&*source, reference).await?;
        let (manifest_digest, document) = match document {
            Document::Index(all) => {
                let architecture = manifest::host_architecture();
                let chosen = manifest::select(&all, architecture)
                    .ok_or(ImageError::NoPlatform(architecture))?;
                fetch_manifest(&*source, &chosen.digest.to_string()).await?
            }
            document @ Document::Manifest { .. } => (digest.clone(), document),
        };
        let Document::Manifest { config, layers } = document else {
            let detail = "an index within an index".to_owned();
            return Err(ImageError::Malformed {
                what: "manifest",
                detail,
            });
        };
        let config_document = ConfigDocument::parse(&self.document(&*source, &config).await?)?;
        let diff_ids = config_document.diff_ids().to_vec();
        if diff_ids.is_empty() || diff_ids.len() != layers.len() {
            let detail = format!("{} layers, {} diff_ids", layers.len(), diff_ids.len());
            return Err(ImageError::Malformed {
                what: "image",
                detail,
            });
        }
        self.fetch_layers(source, layers, &diff_ids).await?;
        let record = ImageRecord {
            config: config.digest,
            diff_ids: diff_ids.clone(),
        };
        write_record(&self.image_record(&manifest_digest), &record)?;
        Ok(Image {
            digest,
            manifest_digest,
            config: config_document.config,
            layer_dirs: diff_ids.iter().map(|d| self.layer_dir(d)).collect(),
        })
    }

    async fn fetch_layers(
        self: &Arc<Self>,
        source: Arc<dyn LayerSource>,
        layers: Vec<Descriptor>,
        diff_ids: &[Digest],
    ) -> Result<(), ImageError> {
        let turns = Arc::new(tokio::sync::Semaphore::new(PARALLEL_LAYERS));
        let mut running = tokio::task::JoinSet::new();
        for (layer, diff_id) in layers.into_iter().zip(diff_ids.iter().cloned()) {
            let (store, source, turns) = (self.clone(), source.clone(), turns.clone());
            running.spawn(async move {
                let _turn = turns.acquire().await;
                store.ensure_layer(&*source, &layer, &diff_id).await
            });
        }
        while let Some(ended) = running.join_next().await {
            // A failure drops the set, and with it the rest.
            ended.map_err(|e| ImageError::Malformed {
                what: "layer",
                detail: e.to_string(),
            })??;
        }
        Ok(())
    }

    async fn ensure_layer(
        &self,
        source: &dyn LayerSource,
        layer: &Descriptor,
        diff_id: &Digest,
    ) -> Result<(), ImageError> {
        let turn = self.busy.lock().entry(diff_id.clone()).or_default().clone();
        let held = turn.lock().await;
        let result = if self.layer_dir(diff_id).exists() {
            Ok(())
        } else {
            self.fetch_layer(source, layer, diff_id).await
        };
        drop(held);
        let mut busy = self.busy.lock();
        // Two: the table's and ours. Who else waits keeps it there.
        if Arc::strong_count(&turn) <= 2 {
            busy.remove(diff_id);
        }
        result
    }

    async fn fetch_layer(
        &self,
        source: &dyn LayerSource,
        layer: &Descriptor,
        diff_id: &Digest,
    ) -> Result<(), ImageError> {
        let blob = Temporary(self.temporary());
        fetch_blob(source, &layer.digest, &blob.0).await?;
        let (into, place) = (self.temporary(), self.layer_dir(diff_id));
        let expected = diff_id.clone();
        let work = move || {
            let result = unpack_to(&blob.0, &into, &expected)
                .and_then(|()| Ok(std::fs::rename(&into, &place).at("create", &place)?));
            if result.is_err() {
                let _ = remove_tree(&into);
            }
            result
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| ImageError::Malformed {
                what: "layer",
                detail: e.to_string(),
            })?
    }

    /// A configuration: from the store, or fetched, checked and kept.
    async fn document(
        &self,
        source: &dyn LayerSource,
        descriptor: &Descriptor,
    ) -> Result<Vec<u8>, ImageError> {
        let path = self.root.join("blobs").join(descriptor.digest.hex());
        if let Ok(bytes) = std::fs::read(&path)
            && Digest::of(&bytes) == descriptor.digest
        {
            return Ok(bytes);
        }
        let what = || format!("blob {}", descriptor.digest);
        let blob = source.blob(&descriptor.digest).await;
        let blob = blob.map_err(|source| ImageError::Source {
            what: what(),
            source,
        })?;
        let mut bytes = Vec::new();
        let read = blob.take(DOCUMENT_LIMIT).read_to_end(&mut bytes).await;
        read.map_err(|e| ImageError::Source {
            what: what(),
            source: e.into(),
        })?;
        check(
            "image configuration",
            &descriptor.digest,
            Digest::of(&bytes),
        )?;
        let temporary = self.temporary();
        std::fs::write(&temporary, &bytes).at("write", &temporary)?;
        std::fs::rename(&temporary, &path).at("create", &path)?;
        Ok(bytes)
    }

    /// Deletes every image but those named (by manifest digest), and the layers that no image left
    /// has. Waits for running pulls; name an image before it is pulled, or pull it again after.
    ///
    /// # Errors
    /// When something cannot be deleted.
    pub async fn collect_garbage(&self, keep: &HashSet<Digest>) -> Result<Collected> {
        let _alone = self.use_of_layers.write().await;
        let mut done = Collected::default();
        let mut used = HashSet::new();
        let keep: HashSet<String> = keep.iter().map(Digest::hex).collect();
        for (name, path) in entries(&self.root.join("images"))? {
            // One that cannot be read, or was never finished, keeps nothing.
            let record: Option<ImageRecord> = read_record(&path).unwrap_or_default();
            match record {
                Some(record) if keep.contains(&name) => {
                    used.insert(record.config.hex());
                    used.extend(record.diff_ids.iter().map(Digest::hex));
                }
                _ => {
                    std::fs::remove_file(&path).at("remove", &path)?;
                    done.images += 1;
                }
            }
        }
        for (name, path) in entries(&self.root.join("layers"))? {
            if !used.contains(&name) {
                // Out of sight first: a half-deleted layer must not be taken for a whole one.
                let aside = self.temporary();
                std::fs::rename(&path, &aside).at("remove", &path)?;
                remove_tree(&aside)?;
                done.layers += 1;
            }
        }
        for (name, path) in entries(&self.root.join("blobs"))? {
            if !used.contains(&name) {
                std::fs::remove_file(&path).at("remove", &path)?;
            }
        }
        Ok(done)
    }

    fn layer_dir(&self, diff_id: &Digest) -> PathBuf {
        self.root.join("layers").join(diff_id.hex())
    }

    fn image_record(&self, manifest: &Digest) -> PathBuf {
        self.root.join("images").join(manifest.hex())
    }

    fn temporary(&self) -> PathBuf {
        let n = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        self.root.join("tmp").join(n.to_string())
    }
}

/// A file that goes when it is dropped, also when its pull is given up.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn unpack_to(blob: &Path, into: &Path, expected: &Digest) -> Result<(), ImageError> {
    std::fs::create_dir(into).at("create", into)?;
    // What a layer that says nothing of its root has, whatever the server's umask.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(into, mode).at("set the mode of", into)?;
    let file = std::fs::File::open(blob).at("open", blob)?;
    let actual = apply::apply(file, into)?;
    check("layer", expected, actual)?;
    // A layer is trusted for ever once it stands under its name: it must be on disk by then.
    let dir = std::fs::File::open(into).at("open", into)?;
    rustix::fs::syncfs(&dir).at("write", into)?;
    Ok(())
}

async fn fetch_manifest(
    source: &dyn LayerSource,
    reference: &str,
) -> Result<(Digest, Document), ImageError> {
    let fetched = source.manifest(reference).await;
    let what = format!("manifest {reference}");
    let document = fetched.map_err(|source| ImageError::Source { what, source })?;
    if document.bytes.len() as u64 > DOCUMENT_LIMIT {
        let detail = "it is too large".to_owned();
        return Err(ImageError::Malformed {
            what: "manifest",
            detail,
        });
    }
    let digest = Digest::of(&document.bytes);
    if let Ok(expected) = reference.parse() {
        check("manifest", &expected, digest.clone())?;
    }
    Ok((digest, manifest::parse(&document)?))
}

async fn fetch_blob(
    source: &dyn LayerSource,
    digest: &Digest,
    to: &Path,
) -> Result<(), ImageError> {
    let failed = |source| ImageError::Source {
        what: format!("blob {digest}"),
        source,
    };
    let mut blob = source.blob(digest).await.map_err(failed)?;
    let mut file = std::fs::File::create(to).at("create", to)?;
    let mut hasher = sha2::Sha256::new();
    let mut part = vec![0; 256 * 1024];
    loop {
        let n = blob.read(&mut part).await.map_err(|e| failed(e.into()))?;
        let Some(bytes) = part.get(..n).filter(|b| !b.is_empty()) else {
            break;
        };
        hasher.update(bytes);
        file.write_all(bytes).at("write", to)?;
    }
    check("layer blob", digest, Digest::finish(hasher))
}

fn check(what: &'static str, expected: &Digest, actual: Digest) -> Result<(), ImageError> {
    if *expected == actual {
        return Ok(());
    }
    Err(ImageError::Mismatch {
        what,
        expected: expected.clone(),
        actual,
    })
}

fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).at("list", dir)? {
        let entry = entry.at("list", dir)?;
        found.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
