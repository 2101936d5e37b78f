//! Stand-ins for ECR, its registry and CloudWatch Logs: they keep what they get, and refuse what a
//! test tells them to.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use base64::Engine as _;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::image::Image;

pub(crate) const PASSWORD: &str = "let-me-in";

/// What the services know.
#[derive(Default)]
pub(crate) struct State {
    /// Images by `repository:tag`.
    pub(crate) images: BTreeMap<String, Image>,
    /// Actions that are refused.
    pub(crate) denied: BTreeSet<&'static str>,
    /// Log streams with their lines.
    pub(crate) streams: BTreeMap<String, Vec<String>>,
    /// Every action that was called, with the access key that called it.
    pub(crate) calls: Vec<(String, String)>,
}

/// The services at an address.
pub(crate) struct Services {
    pub(crate) endpoint: String,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) changed: watch::Sender<u64>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Services {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Services {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let changed = watch::Sender::new(0);
        let (s, c) = (state.clone(), changed.clone());
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (s, c) = (s.clone(), c.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let (s, c) = (s.clone(), c.clone());
                        async move {
                            let answer = answer(&s, request).await;
                            c.send_modify(|n| *n += 1);
                            Ok::<_, Infallible>(answer)
                        }
                    });
                    let http = hyper::server::conn::http1::Builder::new();
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            endpoint,
            state,
            changed,
            server,
        }
    }

    /// The lines of a stream once there are so many.
    pub(crate) async fn lines(&self, stream: &str, count: usize) -> Vec<String> {
        let mut changed = self.changed.subscribe();
        let wait = changed.wait_for(|_| {
            self.state
                .lock()
                .streams
                .get(stream)
                .is_some_and(|l| l.len() >= count)
        });
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), wait).await;
        let lines = self
            .state
            .lock()
            .streams
            .get(stream)
            .cloned()
            .unwrap_or_default();
        assert!(waited.is_ok(), "only {lines:?}");
        lines
    }

    pub(crate) fn deny(&self, action: &'static str, denied: bool) {
        let mut state = self.state.lock();
        if denied {
            state.denied.insert(action);
        } else {
            state.denied.remove(action);
        }
    }
}

/// The caller's access key, from the signature's scope.
fn access_key(request: &Request<Incoming>) -> String {
    let header = request
        .headers()
        .get("authorization")
        .and_then(|h| h.to_str().ok());
    let key = header.and_then(|h| h.split("Credential=").nth(1)?.split('/').next());
    key.unwrap_or_default().to_owned()
}

async fn answer(state: &Mutex<State>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    if path.starts_with("/v2/") {
        return registry(state, &request, &path);
    }
    let target = request
        .headers()
        .get("x-amz-target")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let key = access_key(&request);
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut state = state.lock();
    state.calls.push((operation.clone(), key));
    let service = if target.starts_with("Logs") {
        "logs"
    } else {
        "ecr"
    };
    let action = format!("{service}:{operation}");
    if state.denied.contains(action.as_str()) {
        let message = denial(&action, "*");
        return json_answer(
            400,
            &json!({ "__type": "AccessDeniedException", "message": message }),
        );
    }
    let stream = body["logStreamName"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    match operation.as_str() {
        "GetAuthorizationToken" => {
            let basic = format!("AWS:{PASSWORD}");
            let token = base64::engine::general_purpose::STANDARD.encode(basic);
            let data = json!([{ "authorizationToken": token, "expiresAt": 4_000_000_000_u64 }]);
            json_answer(200, &json!({ "authorizationData": data }))
        }
        "CreateLogStream" if state.streams.contains_key(&stream) => json_answer(
            400,
            &json!({ "__type": "ResourceAlreadyExistsException", "message": "" }),
        ),
        "CreateLogStream" => {
            state.streams.insert(stream, Vec::new());
            json_answer(200, &json!({}))
        }
        "PutLogEvents" => {
            let events = body["logEvents"].as_array().unwrap();
            let lines = events
                .iter()
                .map(|e| e["message"].as_str().unwrap().to_owned());
            state.streams.get_mut(&stream).unwrap().extend(lines);
            json_answer(200, &json!({}))
        }
        other => json_answer(
            400,
            &json!({ "__type": "UnknownOperationException", "message": other }),
        ),
    }
}

pub(crate) fn denial(action: &str, resource: &str) -> String {
    format!(
        "User: arn:aws:sts::123456789012:assumed-role/exec/t is not authorized to perform: {action} \
         on resource: {resource} because no identity-based policy allows the {action} action"
    )
}

fn registry(
    state: &Mutex<State>,
    request: &Request<Incoming>,
    path: &str,
) -> Response<Full<Bytes>> {
    let state = state.lock();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("AWS:{PASSWORD}"));
    let given = request
        .headers()
        .get("authorization")
        .and_then(|h| h.to_str().ok());
    let error = |status, code: &str, message: &str| {
        json_answer(
            status,
            &json!({ "errors": [{ "code": code, "message": message }] }),
        )
    };
    if given != Some(&format!("Basic {basic}")) {
        return error(401, "UNAUTHORIZED", "authentication required");
    }
    let rest = path.trim_start_matches("/v2/");
    if let Some((name, tag)) = rest.split_once("/manifests/") {
        if state.denied.contains("ecr:BatchGetImage") {
            let resource = format!("arn:aws:ecr:us-east-1:123456789012:repository/{name}");
            return error(403, "DENIED", &denial("ecr:BatchGetImage", &resource));
        }
        let Some(image) = state.images.get(&format!("{name}:{tag}")) else {
            return error(404, "MANIFEST_UNKNOWN", "Requested image not found");
        };
        let body = Full::new(Bytes::from(image.manifest.clone()));
        let kind = "application/vnd.oci.image.manifest.v1+json";
        return Response::builder()
            .header("content-type", kind)
            .body(body)
            .unwrap();
    }
    let digest = rest.rsplit('/').next().unwrap();
    let blobs = state.images.values().flat_map(|i| &i.blobs);
    match blobs.clone().find(|(d, _)| d == digest) {
        Some((_, bytes)) => Response::new(Full::new(Bytes::from(bytes.clone()))),
        None => error(404, "BLOB_UNKNOWN", "no such blob"),
    }
}

fn json_answer(status: u16, value: &Value) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(value.to_string())));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    let id = "0f0e0d0c-0b0a-0908-0706-050403020100";
    answer
        .headers_mut()
        .insert("x-amzn-requestid", id.parse().unwrap());
    answer
}
