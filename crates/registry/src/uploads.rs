//! Uploads of blobs: begun, continued, finished, asked about, given up.
//!
//! Source: OCI distribution-spec 1.1, "Pushing blobs".

use bytes::{Bytes, BytesMut};
use http::{Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_blob::{ContentError, UploadId};
use rolecall_ecr::documents::LayerUpload;
use rolecall_ecr::manifest::is_digest;
use rolecall_ecr::{Place, mount, registry_of_host};
use rolecall_server::Body;
use rolecall_store::Txn;

use crate::answer::{Answer, DOCKER_CONTENT_DIGEST, DOCKER_UPLOAD_UUID};
use crate::error::{Error, upload_range};
use crate::registry::Asked;

/// How much of a body is written at once, in bytes.
const WRITE_BYTES: usize = 1 << 20;

/// `POST`: mounts a blob of another repository, takes a whole one, or begins an upload.
pub(crate) async fn post(asked: &Asked<'_>, body: Incoming) -> Result<Response<Body>, Error> {
    asked.permit("ecr:InitiateLayerUpload")?;
    if let Some(digest) = asked.query.get("mount")
        && let Some(from) = asked.query.get("from")
        && mounted(asked, digest, from).await?
    {
        return Ok(created(asked, digest));
    }
    let (registry_id, repository_name) = asked.names();
    let input = api::InitiateLayerUploadRequest {
        registry_id,
        repository_name,
    };
    let begun = asked.call::<api::InitiateLayerUpload>(input).await?;
    let id = begun.upload_id.unwrap_or_default();
    if asked.query.get("digest").is_some() {
        return put(asked, &id, body).await;
    }
    Ok(under_way(asked, StatusCode::ACCEPTED, &id, 0))
}

/// Whether the blob was mounted; not if the caller may not read it where it is, or it is not there.
async fn mounted(asked: &Asked<'_>, digest: &str, from: &str) -> Result<bool, Error> {
    let name = match from.split_once('/') {
        Some((host, name)) if registry_of_host(host).is_some() => name,
        _ => from,
    };
    let from = Place {
        name: name.to_owned(),
        ..asked.place.clone()
    };
    if asked
        .permit_on("ecr:GetDownloadUrlForLayer", &from)
        .is_err()
    {
        return Ok(false);
    }
    asked.permit("ecr:CompleteLayerUpload")?;
    let (to, digest, now) = (asked.place.clone(), digest.to_owned(), asked.info.now);
    commit(asked, move |tx| mount(tx, &from, &to, &digest, now)).await
}

/// `PATCH`: the body continues the upload.
pub(crate) async fn patch(
    asked: &Asked<'_>,
    id: &str,
    body: Incoming,
) -> Result<Response<Body>, Error> {
    asked.permit("ecr:UploadLayerPart")?;
    let upload = upload(asked, id)?;
    let received = receive(asked, upload, body).await?;
    Ok(under_way(asked, StatusCode::ACCEPTED, id, received))
}

/// `PUT`: the body, if there is one, continues the upload, which then ends.
pub(crate) async fn put(
    asked: &Asked<'_>,
    id: &str,
    body: Incoming,
) -> Result<Response<Body>, Error> {
    asked.permit("ecr:CompleteLayerUpload")?;
    let digest = asked.query.get("digest").unwrap_or_default();
    if !is_digest(digest) {
        return Err(Error::digest_invalid(format!(
            "{digest} is not a digest that can be kept."
        )));
    }
    let upload = upload(asked, id)?;
    if !body.is_end_stream() {
        asked.permit("ecr:UploadLayerPart")?;
        receive(asked, upload, body).await?;
    }
    let (registry_id, repository_name) = asked.names();
    let input = api::CompleteLayerUploadRequest {
        registry_id,
        repository_name,
        upload_id: Some(id.to_owned()),
        layer_digests: Some(vec![digest.to_owned()]),
    };
    match asked.call::<api::CompleteLayerUpload>(input).await {
        Ok(_) => {}
        // Whoever pushes what is there already is done.
        Err(error) if error.code == "LayerAlreadyExistsException" => {}
        Err(error) => return Err(error.into()),
    }
    Ok(created(asked, digest))
}

/// `GET`: how far the upload is.
pub(crate) async fn get(asked: &Asked<'_>, id: &str) -> Result<Response<Body>, Error> {
    asked.permit("ecr:UploadLayerPart")?;
    let upload = upload(asked, id)?;
    let received = asked
        .registry
        .content()
        .upload_size(upload)
        .await
        .map_err(refused)?;
    Ok(under_way(asked, StatusCode::NO_CONTENT, id, received))
}

/// `DELETE`: the upload is given up.
pub(crate) async fn delete(asked: &Asked<'_>, id: &str) -> Result<Response<Body>, Error> {
    asked.permit("ecr:InitiateLayerUpload")?;
    let upload = upload(asked, id)?;
    asked
        .registry
        .content()
        .abort(upload)
        .await
        .map_err(refused)?;
    let key = asked.place.content_key(id);
    commit(asked, move |tx| Ok(tx.delete::<LayerUpload>(&key))).await?;
    Ok(Answer::new(StatusCode::NO_CONTENT).done())
}

/// The upload of the repository with this id.
fn upload(asked: &Asked<'_>, id: &str) -> Result<UploadId, Error> {
    let snap = asked.registry.snapshot();
    asked
        .place
        .find_in(&snap)
        .map_err(|error: AwsError| Error::from(error))?;
    let known = snap
        .get::<LayerUpload>(&asked.place.content_key(id))
        .is_some();
    let id = id.parse().ok().filter(|_| known);
    id.ok_or_else(Error::upload_unknown)
}

/// Writes the body where the upload stands, which must be where `Content-Range` says; how many
/// bytes the upload has then. What came before a connection broke is kept.
async fn receive(asked: &Asked<'_>, upload: UploadId, mut body: Incoming) -> Result<u64, Error> {
    let content = asked.registry.content();
    let mut received = content.upload_size(upload).await.map_err(refused)?;
    if content_range_start(asked)?.is_some_and(|start| start != received) {
        return Err(Error::not_consecutive(received));
    }
    let mut waiting = BytesMut::new();
    let write = async |received: u64, bytes: Bytes| {
        content
            .append(upload, Some(received), bytes)
            .await
            .map_err(refused)
    };
    while let Some(frame) = body.frame().await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_default(),
            Err(error) => {
                write(received, waiting.freeze()).await?;
                let message = format!("The connection broke: {error}");
                return Err(Error::new(
                    StatusCode::BAD_REQUEST,
                    "BLOB_UPLOAD_INVALID",
                    message,
                ));
            }
        };
        waiting.extend_from_slice(&data);
        if waiting.len() >= WRITE_BYTES {
            received = write(received, waiting.split().freeze()).await?;
        }
    }
    if !waiting.is_empty() {
        received = write(received, waiting.freeze()).await?;
    }
    Ok(received)
}

/// The first byte of a `Content-Range` of the form that the specification gives it, `0-99`.
fn content_range_start(asked: &Asked<'_>) -> Result<Option<u64>, Error> {
    let Some(range) = asked.parts.headers.get(header::CONTENT_RANGE) else {
        return Ok(None);
    };
    let start = range.to_str().ok().and_then(|range| {
        let range = range.strip_prefix("bytes ").unwrap_or(range);
        range.split_once('-')?.0.trim().parse().ok()
    });
    match start {
        Some(start) => Ok(Some(start)),
        None => {
            let message = "Content-Range must be of the form 0-99.";
            Err(Error::new(
                StatusCode::BAD_REQUEST,
                "BLOB_UPLOAD_INVALID",
                message,
            ))
        }
    }
}

fn refused(error: ContentError) -> Error {
    match error {
        ContentError::UnknownUpload(_) => Error::upload_unknown(),
        ContentError::Offset { stands, .. } => Error::not_consecutive(stands),
        error => Error::failed(&error),
    }
}

async fn commit<T: Send + 'static>(
    asked: &Asked<'_>,
    body: impl Fn(&mut Txn) -> Result<T, AwsError> + Send + Sync + 'static,
) -> Result<T, Error> {
    match asked.registry.pipeline().store().transact(body).await {
        Ok(committed) => Ok(committed.value),
        Err(error) => Err(match error.into_refused() {
            Ok(refused) => refused.into(),
            Err(fault) => Error::failed(&fault),
        }),
    }
}

fn created(asked: &Asked<'_>, digest: &str) -> Response<Body> {
    Answer::new(StatusCode::CREATED)
        .header(header::LOCATION, asked.location(&format!("blobs/{digest}")))
        .header(DOCKER_CONTENT_DIGEST, digest)
        .done()
}

fn under_way(asked: &Asked<'_>, status: StatusCode, id: &str, received: u64) -> Response<Body> {
    Answer::new(status)
        .header(
            header::LOCATION,
            asked.location(&format!("blobs/uploads/{id}")),
        )
        .header(header::RANGE, upload_range(received))
        .header(DOCKER_UPLOAD_UUID, id)
        .done()
}
