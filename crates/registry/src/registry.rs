//! The handler of everything under `/v2/`.

use std::future::Future;
use std::pin::Pin;

use http::header::{HeaderName, USER_AGENT};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use rolecall_api::typed::ApiOperation;
use rolecall_base::AwsError;
use rolecall_blob::ContentStore;
use rolecall_ecr::{Place, repository_checks};
use rolecall_op::{Pipeline, RequestInfo, Transport};
use rolecall_server::{Body, Handler, Peer};
use rolecall_store::Snapshot;

use crate::answer::Answer;
use crate::auth::{Bearer, bearer, challenge};
use crate::error::Error;
use crate::route::{Named, Query, Route, Target};
use crate::{blobs, manifests, tags, uploads};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// The registry: ECR's operations and layers behind the distribution protocol. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    pipeline: Pipeline,
    content: ContentStore,
}

/// One request of a known caller about one repository.
pub(crate) struct Asked<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) info: RequestInfo,
    pub(crate) place: Place,
    /// The repository as the path names it, which locations refer to.
    pub(crate) path: String,
    pub(crate) parts: &'a Parts,
    pub(crate) query: Query,
}

impl Registry {
    /// A registry whose documents are the pipeline's and whose layers are in `content`; the
    /// pipeline needs [`LocalLayers`](crate::LocalLayers) over the same store among its ports.
    pub fn new(pipeline: Pipeline, content: ContentStore) -> Self {
        Self { pipeline, content }
    }

    pub(crate) fn content(&self) -> &ContentStore {
        &self.content
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.pipeline.store().snapshot()
    }

    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let settings = self.pipeline.settings();
        let mut response = match self.route(&parts, body, peer).await {
            Ok(response) => response,
            Err(error) if error.status == StatusCode::UNAUTHORIZED => {
                challenge(error, &settings.account, &settings.region)
            }
            Err(error) => error.respond(),
        };
        response
            .headers_mut()
            .insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
        response
    }

    async fn route(
        &self,
        parts: &Parts,
        body: Incoming,
        peer: Peer,
    ) -> Result<Response<Body>, Error> {
        let settings = self.pipeline.settings();
        let now = (settings.now)();
        let route = Route::parse(parts.uri.path());
        if let Some(Route::Layer(token)) = &route {
            return blobs::by_token(self, parts, token, now).await;
        }
        let bearer = bearer(&parts.headers, &self.snapshot(), &settings.account, now)?;
        match route {
            None => Err(Error::not_found()),
            Some(Route::Base | Route::Layer(_)) => Ok(Answer::new(StatusCode::OK).done()),
            Some(Route::Catalog) => {
                let named = Named {
                    path: String::new(),
                    registry: None,
                    name: String::new(),
                };
                tags::catalog(&self.asked(bearer, named, parts, peer)).await
            }
            Some(Route::In(named, target)) => {
                let asked = self.asked(bearer, named, parts, peer);
                asked.dispatch(target, body).await
            }
        }
    }

    fn asked<'a>(
        &'a self,
        bearer: Bearer,
        named: Named,
        parts: &'a Parts,
        peer: Peer,
    ) -> Asked<'a> {
        let (account, region) = named.registry.unwrap_or((bearer.account, bearer.region));
        let agent = parts
            .headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok());
        let transport = Transport {
            source_ip: Some(peer.ip()),
            secure: peer.secure,
            user_agent: agent.map(str::to_owned),
        };
        Asked {
            registry: self,
            info: self
                .pipeline
                .request(bearer.caller, region.clone(), transport),
            place: Place {
                account,
                region,
                name: named.name,
            },
            path: named.path,
            parts,
            query: Query::parse(parts.uri.query()),
        }
    }
}

impl Handler for Registry {
    fn handle(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        let registry = self.clone();
        Box::pin(async move { registry.answer(request, peer).await })
    }
}

impl Asked<'_> {
    async fn dispatch(self, target: Target, body: Incoming) -> Result<Response<Body>, Error> {
        let method = self.parts.method.clone();
        match (target, method) {
            (Target::Manifest(reference), Method::GET | Method::HEAD) => {
                manifests::get(&self, &reference).await
            }
            (Target::Manifest(reference), Method::PUT) => {
                manifests::put(&self, &reference, body).await
            }
            (Target::Manifest(reference), Method::DELETE) => {
                manifests::delete(&self, &reference).await
            }
            (Target::Blob(digest), Method::HEAD) => blobs::head(&self, &digest).await,
            (Target::Blob(digest), Method::GET) => blobs::get(&self, &digest).await,
            (Target::Uploads, Method::POST) => uploads::post(&self, body).await,
            (Target::Upload(id), Method::PATCH) => uploads::patch(&self, &id, body).await,
            (Target::Upload(id), Method::PUT) => uploads::put(&self, &id, body).await,
            (Target::Upload(id), Method::GET) => uploads::get(&self, &id).await,
            (Target::Upload(id), Method::DELETE) => uploads::delete(&self, &id).await,
            (Target::Tags, Method::GET) => tags::list(&self).await,
            (Target::Referrers(digest), Method::GET) => manifests::referrers(&self, &digest).await,
            _ => Err(Error::method()),
        }
    }

    /// Whether the caller may do `action` on `place`.
    ///
    /// # Errors
    /// AWS's `AccessDeniedException`.
    pub(crate) fn permit_on(&self, action: &'static str, place: &Place) -> Result<(), AwsError> {
        let snap = self.registry.snapshot();
        let checks = repository_checks(action, &snap, self.info.account(), place);
        self.registry.pipeline.permit(&self.info, checks)
    }

    /// Whether the caller may do `action` on the repository.
    ///
    /// # Errors
    /// AWS's `AccessDeniedException`.
    pub(crate) fn permit(&self, action: &'static str) -> Result<(), AwsError> {
        self.permit_on(action, &self.place)
    }

    /// Calls an operation of ECR as the bearer.
    ///
    /// Its checks are decided with the request's own address and user agent first, which a call
    /// from inside does not have.
    ///
    /// # Errors
    /// What a client of the API would get.
    pub(crate) async fn call<A: ApiOperation>(
        &self,
        input: A::Input,
    ) -> Result<A::Output, AwsError> {
        let (caller, region) = (self.info.caller.clone(), self.place.region.clone());
        let transport = self.info.transport.clone();
        self.registry
            .pipeline
            .invoke_from::<A>(caller, region, transport, input)
            .await
    }

    /// The registry id and the name that operations take.
    pub(crate) fn names(&self) -> (Option<String>, Option<String>) {
        (
            Some(self.place.account.to_string()),
            Some(self.place.name.clone()),
        )
    }

    /// A path in the repository.
    pub(crate) fn location(&self, rest: &str) -> String {
        format!("/v2/{}/{rest}", self.path)
    }
}
