//! A world with ECR in it, and layers in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_ecr::manifest::digest_of;
use rolecall_ecr::{LayerFuture, LayerStore, LayerStoreError, RegistryAddress};
use rolecall_identity::Caller;
use rolecall_op::{Ports, Registry};
use rolecall_testkit::World;
use serde_json::json;

/// Layers in memory.
#[derive(Default)]
pub(crate) struct Memory {
    uploads: Mutex<HashMap<String, Vec<u8>>>,
    layers: Mutex<HashMap<String, Vec<u8>>>,
}

impl LayerStore for Memory {
    fn begin(&self) -> LayerFuture<'_, String> {
        let mut uploads = self.uploads.lock().unwrap();
        let id = format!("00000000-0000-4000-8000-{:012x}", uploads.len());
        uploads.insert(id.clone(), Vec::new());
        Box::pin(async { Ok(id) })
    }

    fn received<'a>(&'a self, id: &'a str) -> LayerFuture<'a, u64> {
        let size = self
            .uploads
            .lock()
            .unwrap()
            .get(id)
            .map(|bytes| bytes.len() as u64);
        Box::pin(async move { size.ok_or(LayerStoreError::UnknownUpload) })
    }

    fn append<'a>(&'a self, id: &'a str, first: u64, bytes: Bytes) -> LayerFuture<'a, u64> {
        Box::pin(async move {
            let mut uploads = self.uploads.lock().unwrap();
            let upload = uploads.get_mut(id).ok_or(LayerStoreError::UnknownUpload)?;
            if upload.len() as u64 != first {
                return Err(LayerStoreError::NotConsecutive {
                    received: upload.len() as u64,
                });
            }
            upload.extend_from_slice(&bytes);
            Ok(upload.len() as u64)
        })
    }

    fn finish<'a>(&'a self, id: &'a str, digest: &'a str) -> LayerFuture<'a, u64> {
        Box::pin(async move {
            let mut uploads = self.uploads.lock().unwrap();
            let upload = uploads.get(id).ok_or(LayerStoreError::UnknownUpload)?;
            if digest_of(upload) != digest {
                return Err(LayerStoreError::DigestMismatch);
            }
            let bytes = uploads.remove(id).unwrap();
            let size = bytes.len() as u64;
            self.layers.lock().unwrap().insert(digest.to_owned(), bytes);
            Ok(size)
        })
    }

    fn abort<'a>(&'a self, id: &'a str) -> LayerFuture<'a, ()> {
        self.uploads.lock().unwrap().remove(id);
        Box::pin(async { Ok(()) })
    }
}

pub(crate) async fn world() -> World {
    let address = RegistryAddress {
        local: "http://127.0.0.1:4566".to_owned(),
        public: None,
    };
    let ports = Ports::default()
        .with::<dyn LayerStore>(Arc::new(Memory::default()))
        .with::<RegistryAddress>(Arc::new(address));
    let world = World::with_ports(rolecall_ecr::register(Registry::default()), ports).unwrap();
    world.with_account().await.unwrap()
}

pub(crate) async fn create(world: &World, name: &str) -> api::Repository {
    let input = json!({"repositoryName": name});
    let output = world
        .call::<api::CreateRepository>(&world.root(), input)
        .await
        .unwrap();
    output.repository.unwrap()
}

/// Uploads a layer by the API; its digest.
pub(crate) async fn upload(
    world: &World,
    repository: &str,
    bytes: &[u8],
) -> Result<String, AwsError> {
    let caller = world.root();
    let begun = world
        .call::<api::InitiateLayerUpload>(&caller, json!({"repositoryName": repository}))
        .await?;
    part(
        world,
        repository,
        begun.upload_id.as_deref().unwrap(),
        0,
        bytes,
    )
    .await?;
    let digest = digest_of(bytes);
    complete(
        world,
        repository,
        begun.upload_id.as_deref().unwrap(),
        &digest,
    )
    .await?;
    Ok(digest)
}

pub(crate) async fn part(
    world: &World,
    repository: &str,
    upload_id: &str,
    first: i64,
    bytes: &[u8],
) -> Result<api::UploadLayerPartResponse, AwsError> {
    let input = api::UploadLayerPartRequest {
        repository_name: Some(repository.to_owned()),
        upload_id: Some(upload_id.to_owned()),
        part_first_byte: Some(first),
        part_last_byte: Some(first + bytes.len() as i64 - 1),
        layer_part_blob: Some(bytes.to_vec().into()),
        ..Default::default()
    };
    world
        .pipeline
        .invoke::<api::UploadLayerPart>(world.root(), input)
        .await
}

pub(crate) async fn complete(
    world: &World,
    repository: &str,
    upload_id: &str,
    digest: &str,
) -> Result<api::CompleteLayerUploadResponse, AwsError> {
    let input =
        json!({"repositoryName": repository, "uploadId": upload_id, "layerDigests": [digest]});
    world
        .call::<api::CompleteLayerUpload>(&world.root(), input)
        .await
}

/// An OCI manifest of a config and layers.
pub(crate) fn manifest(config: &str, layers: &[&str]) -> String {
    let layers: Vec<_> = layers
        .iter()
        .map(|digest| {
            json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest,
                   "size": 1})
        })
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 1},
        "layers": layers,
    })
    .to_string()
}

pub(crate) async fn put_image(
    world: &World,
    caller: &Caller,
    repository: &str,
    manifest: &str,
    tag: Option<&str>,
) -> Result<api::Image, AwsError> {
    let input = api::PutImageRequest {
        repository_name: Some(repository.to_owned()),
        image_manifest: Some(manifest.to_owned()),
        image_tag: tag.map(str::to_owned),
        ..Default::default()
    };
    let output = world
        .pipeline
        .invoke::<api::PutImage>(caller.clone(), input)
        .await?;
    Ok(output.image.unwrap())
}

/// Config, layer and manifest of an image whose content is `text`.
pub(crate) async fn push(world: &World, repository: &str, text: &str, tag: Option<&str>) -> String {
    let config = upload(world, repository, format!("config {text}").as_bytes())
        .await
        .unwrap();
    let layer = upload(world, repository, format!("layer {text}").as_bytes())
        .await
        .unwrap();
    let manifest = manifest(&config, &[&layer]);
    let image = put_image(world, &world.root(), repository, &manifest, tag)
        .await
        .unwrap();
    image.image_id.unwrap().image_digest.unwrap()
}
