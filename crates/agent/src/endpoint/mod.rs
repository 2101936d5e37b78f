//! What tasks find at `http://169.254.170.2`: the credentials of their role, and what is known of
//! them.
//!
//! Callers are told apart by their address, which the network does not let them forge; a task gets
//! nothing of another task's, whatever it asks for.
//!
//! Source: Amazon ECS Developer Guide, "Task IAM role" and "Task metadata endpoint version 4".

mod metadata;
mod stats;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::shared::Shared;
use crate::task::table::TaskEntry;

/// An answer: status and JSON.
type Answer = (StatusCode, Value);

/// How long a caller may take to send its request's head.
const HEAD_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Answers tasks until the process ends.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = shared.ended() => return,
        };
        match accepted {
            Ok((stream, from)) => {
                let task = at(&shared, from);
                let room = task.as_ref().map(|task| task.connect());
                if room.as_ref().is_some_and(Option::is_none) {
                    tracing::debug!(%from, "a task has too many connections");
                    continue;
                }
                let shared = shared.clone();
                connections.spawn(async move {
                    let _room = room;
                    let service = service_fn(move |request| {
                        let answer = answer(&shared, from, &request);
                        async move { Ok::<_, Infallible>(answer) }
                    });
                    let mut http = hyper::server::conn::http1::Builder::new();
                    http.timer(TokioTimer::new())
                        .header_read_timeout(HEAD_TIMEOUT);
                    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
                        tracing::debug!(%from, %error, "a task's connection ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a task's connection was not accepted");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// The task that has an address.
fn at(shared: &Shared, from: SocketAddr) -> Option<Arc<TaskEntry>> {
    match from.ip() {
        IpAddr::V4(address) => shared.tasks.at(address),
        IpAddr::V6(_) => None,
    }
}

fn answer(shared: &Shared, from: SocketAddr, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, value) = match at(shared, from) {
        None => (StatusCode::FORBIDDEN, json!("no task has this address")),
        Some(task) if !task.admit() => (StatusCode::TOO_MANY_REQUESTS, json!("Too Many Requests")),
        Some(task) => route(
            shared,
            &task,
            request.method(),
            request.uri().path(),
            request.uri().query(),
        ),
    };
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What a task gets for a path.
fn route(
    shared: &Shared,
    task: &Arc<TaskEntry>,
    method: &Method,
    path: &str,
    query: Option<&str>,
) -> Answer {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let not_found = || (StatusCode::NOT_FOUND, json!("404 page not found"));
    if let ["api", ..] = parts.as_slice() {
        // Task protection and fault injection are answered in their own form.
        let error = json!({
            "Code": "UnsupportedOperationException",
            "Message": "not implemented by this agent",
        });
        return (StatusCode::NOT_IMPLEMENTED, json!({ "error": error }));
    }
    if method != Method::GET {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            json!("405 method not allowed"),
        );
    }
    match parts.as_slice() {
        ["v1", "credentials"] => {
            let id = query.and_then(|q| q.split('&').find_map(|p| p.strip_prefix("id=")));
            credentials(shared, task, id, "CredentialsV1Request")
        }
        ["v2", "credentials"] => credentials(shared, task, None, "CredentialsV2Request"),
        ["v2", "credentials", id] => credentials(shared, task, Some(id), "CredentialsV2Request"),
        ["v2", "metadata"] => (
            StatusCode::OK,
            metadata::task(shared, task, metadata::Version::V2),
        ),
        ["v2", "stats"] => (StatusCode::OK, stats::task(task)),
        [version @ ("v3" | "v4"), id, rest @ ..] => {
            let version = match *version {
                "v3" => metadata::Version::V3,
                _ => metadata::Version::V4,
            };
            let own = task
                .view
                .lock()
                .containers
                .iter()
                .position(|c| c.metadata_id == *id);
            let Some(container) = own else {
                let what =
                    format!("V{version} container metadata handler: unable to get container");
                return (
                    StatusCode::NOT_FOUND,
                    json!(format!("{what} ID from request")),
                );
            };
            match rest {
                [] => (
                    StatusCode::OK,
                    metadata::container(shared, task, container, version),
                ),
                ["task"] => (StatusCode::OK, metadata::task(shared, task, version)),
                ["taskWithTags"] => (StatusCode::OK, metadata::with_tags(shared, task, version)),
                ["stats"] => (StatusCode::OK, stats::container(task, container)),
                ["task", "stats"] => (StatusCode::OK, stats::task(task)),
                _ => not_found(),
            }
        }
        _ => not_found(),
    }
}

/// The task role's credentials, for their own task and id only.
fn credentials(shared: &Shared, task: &TaskEntry, id: Option<&str>, request: &str) -> Answer {
    let error = |code: &str, what: &str| {
        let value = json!({
            "code": code,
            "message": format!("{request}: {what}"),
            "HTTPErrorCode": 400,
        });
        (StatusCode::BAD_REQUEST, value)
    };
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return error("NoIdInRequest", "No ID in the request");
    };
    match shared.credentials.serve(&task.task.arn, id) {
        None => {
            tracing::info!(
                task = task.task.arn,
                "asked for credentials that are not its own"
            );
            error("InvalidIdInRequest", "Credentials not found")
        }
        Some(found) => {
            let value = json!({
                "RoleArn": found.role_arn,
                "AccessKeyId": found.access_key_id,
                "SecretAccessKey": found.secret_access_key,
                "Token": found.session_token,
                "Expiration": found.expiration,
            });
            (StatusCode::OK, value)
        }
    }
}
