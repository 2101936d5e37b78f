//! Blobs: whether they are there, and their bytes, whole or in part.

use std::ops::Range;

use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode, header};
use rolecall_api::ecr as api;
use rolecall_base::{AwsError, Timestamp};
use rolecall_blob::{ContentError, Digest};
use rolecall_ecr::LayerToken;
use rolecall_ecr::documents::Layer;
use rolecall_server::Body;

use crate::answer::{Answer, DOCKER_CONTENT_DIGEST};
use crate::body;
use crate::error::Error;
use crate::registry::{Asked, Registry};

const BYTES: &str = "application/octet-stream";

/// `HEAD`.
pub(crate) async fn head(asked: &Asked<'_>, digest: &str) -> Result<Response<Body>, Error> {
    digest
        .parse::<Digest>()
        .map_err(|error| Error::digest_invalid(error.to_string()))?;
    let (registry_id, repository_name) = asked.names();
    let layer_digests = Some(vec![digest.to_owned()]);
    let input = api::BatchCheckLayerAvailabilityRequest {
        registry_id,
        repository_name,
        layer_digests,
    };
    let output = asked
        .call::<api::BatchCheckLayerAvailability>(input)
        .await?;
    let layer = output.layers.unwrap_or_default().into_iter().next();
    let layer = layer.filter(|layer| layer.layer_availability.as_deref() == Some("AVAILABLE"));
    let size = layer
        .and_then(|layer| layer.layer_size)
        .ok_or_else(Error::blob_unknown)?;
    let answer = Answer::new(StatusCode::OK)
        .header(header::CONTENT_TYPE, BYTES)
        .header(header::CONTENT_LENGTH, size.to_string())
        .header(header::ACCEPT_RANGES, "bytes")
        .header(DOCKER_CONTENT_DIGEST, digest);
    Ok(answer.done())
}

/// `GET`.
pub(crate) async fn get(asked: &Asked<'_>, digest: &str) -> Result<Response<Body>, Error> {
    asked.permit("ecr:GetDownloadUrlForLayer")?;
    let snap = asked.registry.snapshot();
    asked
        .place
        .find_in(&snap)
        .map_err(|error: AwsError| Error::from(error))?;
    let layer = snap.get::<Layer>(&asked.place.content_key(digest));
    let layer = layer.ok_or_else(Error::blob_unknown)?;
    stream(asked.registry, &layer, &asked.parts.headers).await
}

/// `GET` of what `GetDownloadUrlForLayer` answered: the token is the permission.
pub(crate) async fn by_token(
    registry: &Registry,
    parts: &Parts,
    token: &str,
    now: Timestamp,
) -> Result<Response<Body>, Error> {
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Err(Error::method());
    }
    let denied = |message: &str| Error::new(StatusCode::FORBIDDEN, "DENIED", message);
    let snap = registry.snapshot();
    let token = LayerToken::open(&snap, &registry.pipeline().settings().account, token)
        .map_err(|_| denied("The URL is not valid."))?;
    if token.expires <= now {
        return Err(denied("Request has expired"));
    }
    let layer = snap
        .get::<Layer>(&token.layer)
        .ok_or_else(Error::blob_unknown)?;
    stream(registry, &layer, &parts.headers).await
}

async fn stream(
    registry: &Registry,
    layer: &Layer,
    headers: &HeaderMap,
) -> Result<Response<Body>, Error> {
    let digest: Digest = layer
        .digest
        .parse()
        .map_err(|error| Error::failed(&error))?;
    let range = match headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok())
    {
        None => None,
        Some(range) => match parse_range(range, layer.size) {
            Wanted::Whole => None,
            Wanted::Part(range) => Some(range),
            Wanted::Unsatisfiable => {
                let message = format!("The blob has {} bytes.", layer.size);
                let mut response =
                    Error::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_INVALID", message)
                        .respond();
                if let Ok(size) = format!("bytes */{}", layer.size).parse() {
                    response.headers_mut().insert(header::CONTENT_RANGE, size);
                }
                return Ok(response);
            }
        },
    };
    let reader = registry
        .content()
        .read(digest, range.clone())
        .await
        .map_err(|error| match error {
            ContentError::UnknownBlob(_) => Error::blob_unknown(),
            error => Error::failed(&error),
        })?;
    let answer = match &range {
        None => Answer::new(StatusCode::OK),
        Some(range) => Answer::new(StatusCode::PARTIAL_CONTENT).header(
            header::CONTENT_RANGE,
            format!(
                "bytes {}-{}/{}",
                range.start,
                range.end.saturating_sub(1),
                layer.size
            ),
        ),
    };
    let answer = answer
        .header(header::CONTENT_TYPE, BYTES)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(DOCKER_CONTENT_DIGEST, &layer.digest);
    Ok(answer.body(body::of_blob(reader)))
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// All: the header is of a form that is ignored.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that there are not.
    Unsatisfiable,
}

/// One range of bytes (RFC 9110, 14.1.2); several are answered with the whole.
fn parse_range(text: &str, size: u64) -> Wanted {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (first.trim(), last.trim()) {
        ("", suffix) => match number(suffix) {
            Some(0) => return Wanted::Unsatisfiable,
            Some(suffix) => size.saturating_sub(suffix)..size,
            None => return Wanted::Whole,
        },
        (first, "") => match number(first) {
            Some(first) => first..size,
            None => return Wanted::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
            _ => return Wanted::Whole,
        },
    };
    if range.start >= size {
        Wanted::Unsatisfiable
    } else {
        Wanted::Part(range)
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, parse_range};

    #[test]
    fn ranges_of_bytes() {
        for (text, wanted) in [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=2-", Wanted::Part(2..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=5-100", Wanted::Part(5..10)),
            ("bytes=10-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=1-2,4-5", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("bytes=x", Wanted::Whole),
        ] {
            assert_eq!(parse_range(text, 10), wanted, "{text}");
        }
    }
}
