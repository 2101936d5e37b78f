//! Manifests and referrers.

use http::{Response, StatusCode, header};
use hyper::body::Incoming;
use rolecall_api::ecr as api;
use rolecall_base::AwsError;
use rolecall_ecr::documents::{Image, Manifest};
use rolecall_ecr::manifest::{is_digest, is_manifest, is_tag};
use rolecall_server::{Body, Limits, TooLarge, full, read_body};
use serde_json::{Value, json};

use crate::answer::{Answer, DOCKER_CONTENT_DIGEST, OCI_FILTERS, OCI_SUBJECT};
use crate::error::Error;
use crate::registry::Asked;

/// The largest manifest, in bytes (ECR API Reference, `PutImage`, `imageManifest`).
const MANIFEST_MAX: usize = 4 << 20;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A reference is a digest if it has a colon, and else a tag.
fn image_id(reference: &str) -> Result<api::ImageIdentifier, Error> {
    if is_digest(reference) {
        let image_digest = Some(reference.to_owned());
        return Ok(api::ImageIdentifier {
            image_digest,
            image_tag: None,
        });
    }
    if is_tag(reference) {
        let image_tag = Some(reference.to_owned());
        return Ok(api::ImageIdentifier {
            image_digest: None,
            image_tag,
        });
    }
    if reference.contains(':') {
        let message = format!("{reference} is not a digest that can be kept.");
        return Err(Error::digest_invalid(message));
    }
    let message = format!("{reference} is not a tag.");
    Err(Error::new(
        StatusCode::BAD_REQUEST,
        "MANIFEST_INVALID",
        message,
    ))
}

/// `GET` and `HEAD`.
pub(crate) async fn get(asked: &Asked<'_>, reference: &str) -> Result<Response<Body>, Error> {
    let (registry_id, repository_name) = asked.names();
    let input = api::BatchGetImageRequest {
        registry_id,
        repository_name,
        image_ids: Some(vec![image_id(reference)?]),
        accepted_media_types: None,
    };
    let output = asked.call::<api::BatchGetImage>(input).await?;
    let image = output.images.unwrap_or_default().into_iter().next();
    let image = image.ok_or_else(Error::manifest_unknown)?;
    let digest = image
        .image_id
        .and_then(|id| id.image_digest)
        .unwrap_or_default();
    let answer = Answer::new(StatusCode::OK)
        .header(
            header::CONTENT_TYPE,
            image.image_manifest_media_type.unwrap_or_default(),
        )
        .header(header::ETAG, format!("\"{digest}\""))
        .header(DOCKER_CONTENT_DIGEST, digest);
    Ok(answer.body(full(image.image_manifest.unwrap_or_default())))
}

/// `PUT`: an image that is already there, with the tag, is no error here.
pub(crate) async fn put(
    asked: &Asked<'_>,
    reference: &str,
    body: Incoming,
) -> Result<Response<Body>, Error> {
    // Before a body of up to four megabytes is read.
    asked.permit("ecr:PutImage")?;
    let id = image_id(reference)?;
    let invalid = |message| Error::new(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", message);
    let idle = Limits::default().body_idle_timeout;
    let bytes = read_body(body, MANIFEST_MAX, idle)
        .await
        .map_err(|error| match error {
            TooLarge::Limit(_) => Error::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "MANIFEST_INVALID",
                error.to_string(),
            ),
            TooLarge::Idle | TooLarge::Read(_) => invalid(error.to_string()),
        })?;
    let text = String::from_utf8(bytes.into())
        .map_err(|_| invalid("The manifest is not UTF-8.".to_owned()))?;
    let given = asked
        .parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|given| given.to_str().ok());
    let given = given
        .and_then(|given| given.split(';').next())
        .map(str::trim);
    let digest = rolecall_ecr::manifest::digest_of(text.as_bytes());
    let (registry_id, repository_name) = asked.names();
    let input = api::PutImageRequest {
        registry_id,
        repository_name,
        image_manifest: Some(text.clone()),
        image_manifest_media_type: given.filter(|given| is_manifest(given)).map(str::to_owned),
        image_tag: id.image_tag,
        image_digest: id.image_digest,
    };
    match asked.call::<api::PutImage>(input).await {
        Ok(_) => {}
        Err(error) if error.code == "ImageAlreadyExistsException" => {}
        Err(error) => return Err(error.into()),
    }
    let answer = Answer::new(StatusCode::CREATED)
        .header(
            header::LOCATION,
            asked.location(&format!("manifests/{digest}")),
        )
        .header(DOCKER_CONTENT_DIGEST, &digest);
    let subject = serde_json::from_str::<Value>(&text)
        .ok()
        .and_then(|manifest| Some(manifest.get("subject")?.get("digest")?.as_str()?.to_owned()));
    Ok(match subject {
        Some(subject) => answer.header(OCI_SUBJECT, subject).done(),
        None => answer.done(),
    })
}

/// `DELETE`, by tag or by digest.
pub(crate) async fn delete(asked: &Asked<'_>, reference: &str) -> Result<Response<Body>, Error> {
    let (registry_id, repository_name) = asked.names();
    let image_ids = Some(vec![image_id(reference)?]);
    let input = api::BatchDeleteImageRequest {
        registry_id,
        repository_name,
        image_ids,
    };
    let output = asked.call::<api::BatchDeleteImage>(input).await?;
    match output.failures.unwrap_or_default().into_iter().next() {
        None => Ok(Answer::new(StatusCode::ACCEPTED).done()),
        Some(failure) if failure.failure_code.as_deref() == Some("ImageNotFound") => {
            Err(Error::manifest_unknown())
        }
        Some(failure) => {
            let message = failure.failure_reason.unwrap_or_default();
            Err(Error::new(StatusCode::BAD_REQUEST, "UNSUPPORTED", message))
        }
    }
}

/// What refers to a digest as its subject, as an index (OCI distribution-spec, "Listing
/// Referrers").
pub(crate) async fn referrers(asked: &Asked<'_>, digest: &str) -> Result<Response<Body>, Error> {
    if !is_digest(digest) {
        let message = format!("{digest} is not a digest that can be kept.");
        return Err(Error::digest_invalid(message));
    }
    asked.permit("ecr:BatchGetImage")?;
    let snap = asked.registry.snapshot();
    asked
        .place
        .find_in(&snap)
        .map_err(|error: AwsError| Error::from(error))?;
    let wanted = asked
        .query
        .get("artifactType")
        .filter(|wanted| !wanted.is_empty());
    let mut manifests = Vec::new();
    for (key, image) in snap.range::<Image>(&asked.place.content_key("")) {
        let about = image.subject.as_deref() == Some(digest);
        if !about || wanted.is_some_and(|wanted| image.artifact_type.as_deref() != Some(wanted)) {
            continue;
        }
        let size = snap
            .get::<Manifest>(key)
            .map_or(0, |manifest| manifest.text.len());
        let mut descriptor = serde_json::Map::new();
        descriptor.insert("mediaType".to_owned(), json!(image.media_type));
        descriptor.insert("digest".to_owned(), json!(image.digest));
        descriptor.insert("size".to_owned(), json!(size));
        if let Some(artifact_type) = &image.artifact_type {
            descriptor.insert("artifactType".to_owned(), json!(artifact_type));
        }
        if !image.annotations.is_empty() {
            descriptor.insert("annotations".to_owned(), json!(image.annotations));
        }
        manifests.push(descriptor);
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    let answer = Answer::new(StatusCode::OK);
    let answer = match wanted {
        Some(_) => answer.header(OCI_FILTERS, "artifactType"),
        None => answer,
    };
    Ok(answer.json(INDEX, &index))
}
