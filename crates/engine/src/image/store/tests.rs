//! Tests of `store`.

use std::sync::atomic::AtomicUsize;

use tokio::io::AsyncRead;

use super::super::{BoxFuture, ManifestDocument, SourceError};
use super::*;

/// A registry of one image, that counts what it is asked for.
struct Registry {
    manifests: HashMap<String, Vec<u8>>,
    blobs: HashMap<Digest, Vec<u8>>,
    blob_reads: AtomicUsize,
    manifest_reads: AtomicUsize,
}

impl LayerSource for Registry {
    fn manifest<'a>(
        &'a self,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<ManifestDocument, SourceError>> {
        Box::pin(async move {
            self.manifest_reads.fetch_add(1, Ordering::SeqCst);
            let bytes = self
                .manifests
                .get(reference)
                .cloned()
                .ok_or("manifest unknown")?;
            Ok(ManifestDocument {
                media_type: String::new(),
                bytes,
            })
        })
    }

    fn blob<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Box<dyn AsyncRead + Send + Unpin>, SourceError>> {
        Box::pin(async move {
            self.blob_reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            let bytes = self.blobs.get(digest).cloned().ok_or("blob unknown")?;
            let reader: Box<dyn AsyncRead + Send + Unpin> = Box::new(std::io::Cursor::new(bytes));
            Ok(reader)
        })
    }
}

fn tar_of(name: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut h = tar::Header::new_gnu();
    h.set_size(4);
    h.set_mode(0o644);
    h.set_uid(0);
    h.set_gid(0);
    builder.append_data(&mut h, name, &b"data"[..]).unwrap();
    builder.into_inner().unwrap()
}

fn registry(diff: Option<Digest>) -> Registry {
    let (a, b) = (tar_of("a"), tar_of("b"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&b).unwrap();
    let (layer_a, layer_b) = (a.clone(), gz.finish().unwrap());
    let config = serde_json::json!({
        "os": "linux", "architecture": "amd64",
        "config": {
            "Env": ["A=b"], "Cmd": null, "Entrypoint": ["/a"], "ExposedPorts": { "80/tcp": {} }
        },
        "rootfs": {
            "type": "layers", "diff_ids": [Digest::of(&a), diff.unwrap_or(Digest::of(&b))]
        },
    });
    let config = config.to_string().into_bytes();
    let descriptor =
        |bytes: &[u8]| serde_json::json!({ "digest": Digest::of(bytes), "size": bytes.len() });
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "config": descriptor(&config),
        "layers": [descriptor(&layer_a), descriptor(&layer_b)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut chosen = descriptor(&manifest);
    chosen["platform"] = serde_json::json!({
        "os": "linux", "architecture": manifest::host_architecture() });
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": [chosen] });
    let index = index.to_string().into_bytes();
    Registry {
        manifests: [
            ("latest".to_owned(), index),
            (Digest::of(&manifest).to_string(), manifest),
        ]
        .into(),
        blobs: [config, layer_a, layer_b]
            .into_iter()
            .map(|b| (Digest::of(&b), b))
            .collect(),
        blob_reads: AtomicUsize::new(0),
        manifest_reads: AtomicUsize::new(0),
    }
}

fn root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("SKIPPED: layers can be unpacked by root only");
    }
    root
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_fetched_once() {
    if !root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(ImageStore::open(dir.path()).unwrap());
    let source = Arc::new(registry(None));
    let pulls: Vec<_> = (0..8)
        .map(|_| {
            let (store, source) = (store.clone(), source.clone());
            tokio::spawn(async move { store.pull("latest", source).await.unwrap() })
        })
        .collect();
    let mut images = Vec::new();
    for pull in pulls {
        images.push(pull.await.unwrap());
    }
    let image = &images[0];
    assert_eq!(image.config.env, ["A=b"]);
    assert_eq!(image.config.entrypoint, ["/a"]);
    assert_eq!(image.config.exposed_ports, ["80/tcp"]);
    assert_ne!(image.digest, image.manifest_digest);
    assert!(image.layer_dirs[0].join("a").exists() && image.layer_dirs[1].join("b").exists());
    // Each layer once; the small configuration may have been read by several at the beginning.
    let reads = source.blob_reads.load(Ordering::SeqCst);
    assert!((3..=10).contains(&reads), "{reads}");
    let before = source.manifest_reads.load(Ordering::SeqCst);
    store.pull("latest", source.clone()).await.unwrap();
    assert_eq!(
        source.blob_reads.load(Ordering::SeqCst),
        reads,
        "all is here"
    );
    assert!(
        source.manifest_reads.load(Ordering::SeqCst) > before,
        "the source is asked"
    );
    assert!(store.busy.lock().is_empty());
    assert_eq!(
        std::fs::read_dir(dir.path().join("tmp")).unwrap().count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_promised_is_refused() {
    if !root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(ImageStore::open(dir.path()).unwrap());
    let unknown = store.pull("other", Arc::new(registry(None))).await;
    assert!(matches!(unknown, Err(ImageError::Source { .. })));
    let wrong_diff = registry(Some(Digest::of(b"else")));
    let error = store
        .pull("latest", Arc::new(wrong_diff))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ImageError::Mismatch { what: "layer", .. }),
        "{error}"
    );
    for tampered in ["a", "config"] {
        let mut source = registry(None);
        let victim = source
            .blobs
            .iter()
            .find(|(_, b)| (b[0] == b'{') == (tampered == "config"));
        let digest = victim.unwrap().0.clone();
        source.blobs.get_mut(&digest).unwrap().push(b' ');
        let fresh = tempfile::tempdir().unwrap();
        let store = Arc::new(ImageStore::open(fresh.path()).unwrap());
        let error = store.pull("latest", Arc::new(source)).await.unwrap_err();
        assert!(matches!(error, ImageError::Mismatch { .. }), "{error}");
    }
    let mut source = registry(None);
    let digest = source
        .manifests
        .keys()
        .find(|k| k.starts_with("sha"))
        .unwrap()
        .clone();
    source.manifests.get_mut(&digest).unwrap().push(b' ');
    let error = store.pull(&digest, Arc::new(source)).await.unwrap_err();
    assert!(
        matches!(
            error,
            ImageError::Mismatch {
                what: "manifest",
                ..
            }
        ),
        "{error}"
    );
    // The other layer's unpacking may still be on its way; it cleans up after itself.
    let began = std::time::Instant::now();
    while std::fs::read_dir(dir.path().join("tmp")).unwrap().count() > 0 {
        assert!(began.elapsed().as_secs() < 10);
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_layers_go() {
    if !root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(ImageStore::open(dir.path()).unwrap());
    let image = store
        .pull("latest", Arc::new(registry(None)))
        .await
        .unwrap();
    let keep = HashSet::from([image.manifest_digest.clone()]);
    assert_eq!(
        store.collect_garbage(&keep).await.unwrap(),
        Collected::default()
    );
    assert!(image.layer_dirs.iter().all(|d| d.exists()));
    let done = store.collect_garbage(&HashSet::new()).await.unwrap();
    assert_eq!(
        done,
        Collected {
            images: 1,
            layers: 2
        }
    );
    assert!(!image.layer_dirs.iter().any(|d| d.exists()));
    store
        .pull("latest", Arc::new(registry(None)))
        .await
        .unwrap();
}
