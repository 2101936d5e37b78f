//! The request path.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use rolecall_api::shape::Protocol;
use rolecall_api::typed::{ApiOperation, FromValue};
use rolecall_api::value::Value;
use rolecall_base::{AwsError, Region, Timestamp};
use rolecall_identity::Caller;
use rolecall_record::Recorder;
use rolecall_sigv4::{BodyHash, RequestView};
use rolecall_store::Store;
use rolecall_wire::{RawRequest, Response, Route};

use crate::Ports;
use crate::audit::Audit;
use crate::authenticate::Authenticator;
use crate::authorize::{Refused, authorize};
use crate::core::{Core, Settings, Signature};
use crate::last_uses::LastUses;
use crate::record::Ongoing;
use crate::registry::{Call, Registry};
use crate::request::{RequestInfo, Transport};
use crate::ruling::Trail;

/// A request as the server received it.
#[derive(Debug)]
pub struct Inbound<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The path as received.
    pub path: &'a str,
    /// The query as received, without the `?`.
    pub query: &'a str,
    /// The headers, `host` among them.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The address that it came from.
    pub source_ip: Option<IpAddr>,
    /// Whether it came over TLS.
    pub secure: bool,
}

impl Inbound<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What a request is given when it arrives.
struct Received {
    now: Timestamp,
    request_id: String,
    seed: [u8; 32],
}

impl Received {
    fn info(&self, caller: Caller, region: Region, inbound: &Inbound<'_>) -> RequestInfo {
        RequestInfo {
            request_id: self.request_id.clone(),
            now: self.now,
            region,
            caller,
            transport: Transport {
                source_ip: inbound.source_ip,
                secure: inbound.secure,
                user_agent: inbound.header("user-agent").map(str::to_owned),
            },
            called_via: Vec::new(),
            seed: self.seed,
        }
    }
}

/// The one path that every call takes. Cheap to clone.
#[derive(Clone)]
pub struct Pipeline(Arc<Core>);

impl Pipeline {
    /// A pipeline over `store` with these operations, that keeps no record.
    pub fn new(settings: Settings, store: Store, ports: Ports, registry: Registry) -> Self {
        Self::with_recorder(settings, store, ports, registry, None)
    }

    /// [`Pipeline::new`] that keeps a record of every call.
    pub fn with_recorder(
        settings: Settings,
        store: Store,
        ports: Ports,
        registry: Registry,
        recorder: Option<Recorder>,
    ) -> Self {
        Self(Arc::new(Core {
            settings,
            store,
            ports: Arc::new(ports),
            registry,
            audit: Audit::default(),
            recorder,
            authenticator: Authenticator::default(),
            last_uses: LastUses::default(),
        }))
    }

    /// Writes when keys and roles were last used, as far as that is new.
    pub async fn write_last_uses(&self) {
        self.0.last_uses.write(&self.0.store).await;
    }

    /// The documents.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The operations that are built.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// What keeps the record, if one is kept.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.0.recorder.as_ref()
    }

    /// The refusals of late.
    pub fn audit(&self) -> &Audit {
        &self.0.audit
    }

    /// Serves one request, whatever it is.
    pub async fn serve(&self, inbound: &Inbound<'_>) -> Response {
        let seed = (self.0.settings.seed)();
        let received = Received {
            now: (self.0.settings.now)(),
            request_id: request_id(&seed),
            seed,
        };
        let headers: Vec<(&str, &[u8])> = inbound
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_bytes()))
            .collect();
        let view = RequestView {
            method: inbound.method,
            path: inbound.path,
            query: inbound.query,
            headers: &headers,
            body: BodyHash::NotRead,
        };
        let parsed = rolecall_sigv4::parse(&view);
        let raw = RawRequest {
            method: inbound.method,
            path: inbound.path,
            query: inbound.query,
            headers: inbound.headers,
            body: &inbound.body,
        };
        let scope = parsed.as_ref().ok().map(|p| p.service.as_ref());
        let route = match rolecall_wire::route(rolecall_api::SERVICES, &raw, scope) {
            Ok(route) => route,
            Err(lost) => {
                return rolecall_wire::encode_error(
                    lost.protocol,
                    lost.service,
                    &lost.error,
                    &received.request_id,
                );
            }
        };
        let signature = Signature {
            view: &view,
            parsed: parsed.as_ref(),
        };
        match self.run(&route, &raw, inbound, &signature, &received).await {
            Ok(output) => output,
            Err(error) => rolecall_wire::encode_error(
                route.protocol,
                Some(route.service),
                &error,
                &received.request_id,
            ),
        }
    }

    async fn run(
        &self,
        route: &Route,
        raw: &RawRequest<'_>,
        inbound: &Inbound<'_>,
        signature: &Signature<'_>,
        received: &Received,
    ) -> Result<Response, AwsError> {
        let authenticated = self.0.authenticator.authenticate(
            &self.0,
            route,
            signature,
            &inbound.body,
            received.now,
        );
        let (caller, region) = match authenticated {
            Ok(authenticated) => authenticated,
            Err(error) => {
                let info = self.named(inbound, signature, received);
                self.not_authenticated(route, info, &error).await;
                return Err(error);
            }
        };
        let info = Arc::new(received.info(caller, region, inbound));
        let input = rolecall_wire::decode(route, raw);
        let output = self.call(route, info, input).await?;
        Ok(rolecall_wire::encode_output(
            route,
            &output,
            &received.request_id,
        ))
    }

    /// Who signed a request that was refused, as far as its credentials are known.
    fn named(
        &self,
        inbound: &Inbound<'_>,
        signature: &Signature<'_>,
        received: &Received,
    ) -> Option<RequestInfo> {
        self.0.recorder.as_ref()?;
        let parsed = signature.parsed.ok()?;
        let caller = self.0.authenticator.named(&self.0, parsed)?;
        let region = Region::new(&parsed.region).ok()?;
        Some(received.info(caller, region, inbound))
    }

    /// Records a refused signature, if its credentials are known: nobody without any may fill the
    /// record.
    async fn not_authenticated(&self, route: &Route, info: Option<RequestInfo>, error: &AwsError) {
        if let (Some(recorder), Some(info)) = (&self.0.recorder, info) {
            let info = Arc::new(info);
            Ongoing::new(recorder, &info, route.service, route.operation, None).ended(Some(error));
            recorder.room().await;
        }
    }

    /// Validates, authorizes and runs a call, and records it.
    async fn call(
        &self,
        route: &Route,
        info: Arc<RequestInfo>,
        input: Result<Value, AwsError>,
    ) -> Result<Value, AwsError> {
        let Some(recorder) = &self.0.recorder else {
            return self.answer(route, info, input, Trail::default()).await;
        };
        let known = input.as_ref().ok();
        let ongoing = Ongoing::new(recorder, &info, route.service, route.operation, known);
        let result = self.answer(route, info, input, ongoing.trail()).await;
        ongoing.ended(result.as_ref().err());
        recorder.room().await;
        result
    }

    async fn answer(
        &self,
        route: &Route,
        info: Arc<RequestInfo>,
        input: Result<Value, AwsError>,
        trail: Trail,
    ) -> Result<Value, AwsError> {
        let input = input?;
        rolecall_wire::validate(route.service, route.operation.input, &input)?;
        let built = self.0.registry.get(route.service.id, route.operation.name);
        let built = built.ok_or_else(|| not_built(route))?;
        let query = query_protocol(route.protocol);
        let call = Call {
            core: Arc::clone(&self.0),
            info,
            input,
            query,
            trail,
        };
        (built.run)(call)
            .await
            .map_err(|refused| self.refused(refused))
    }

    /// Runs an operation from inside Rolecall as `caller`: validated, authorized and recorded like
    /// any call.
    ///
    /// # Errors
    /// What a client would get.
    pub async fn invoke<A: ApiOperation>(
        &self,
        caller: Caller,
        input: A::Input,
    ) -> Result<A::Output, AwsError> {
        let region = self.0.settings.region.clone();
        self.invoke_in::<A>(caller, region, input).await
    }

    /// [`Pipeline::invoke`] in another region.
    ///
    /// # Errors
    /// What a client would get.
    pub async fn invoke_in<A: ApiOperation>(
        &self,
        caller: Caller,
        region: Region,
        input: A::Input,
    ) -> Result<A::Output, AwsError> {
        self.invoke_from::<A>(caller, region, Transport::inside(), input)
            .await
    }

    /// [`Pipeline::invoke_in`] for a request that came another way than by an AWS protocol, such
    /// as the image registry's: its address and agent count in conditions.
    ///
    /// # Errors
    /// What a client would get.
    pub async fn invoke_from<A: ApiOperation>(
        &self,
        caller: Caller,
        region: Region,
        transport: Transport,
        input: A::Input,
    ) -> Result<A::Output, AwsError> {
        let info = self.request(caller, region, transport);
        self.invoke_as::<A>(info, input).await
    }

    /// Runs an operation that `service`, such as `cloudformation.amazonaws.com`, makes for the
    /// caller of `request`: a forward access session. The caller's own policies decide, and
    /// conditions see `aws:ViaAWSService` and `aws:CalledVia`; the address of the client is not
    /// the call's any more.
    ///
    /// Source: IAM User Guide, "Forward access sessions" and "AWS global condition context keys".
    ///
    /// # Errors
    /// What a client would get.
    pub async fn invoke_via<A: ApiOperation>(
        &self,
        request: &RequestInfo,
        service: &str,
        input: A::Input,
    ) -> Result<A::Output, AwsError> {
        let transport = Transport {
            user_agent: Some(service.to_owned()),
            ..Transport::inside()
        };
        let mut info = self.request(request.caller.clone(), request.region.clone(), transport);
        info.called_via.clone_from(&request.called_via);
        info.called_via.push(service.to_owned());
        self.invoke_as::<A>(info, input).await
    }

    async fn invoke_as<A: ApiOperation>(
        &self,
        info: RequestInfo,
        input: A::Input,
    ) -> Result<A::Output, AwsError> {
        let route = Route {
            service: A::SERVICE,
            operation: A::shape(),
            protocol: A::SERVICE
                .protocols
                .first()
                .copied()
                .unwrap_or(Protocol::AwsJson1_1),
        };
        let info = Arc::new(info);
        let input = input.into_value();
        let output = self.call(&route, info, Ok(input)).await?;
        A::Output::from_value(output).map_err(|mismatch| {
            tracing::error!(
                operation = A::NAME,
                ?mismatch,
                "an output has another shape"
            );
            AwsError::internal()
        })
    }

    /// Whether `caller` may do everything that `checks` names: the authorization of a byte stream
    /// that has no operation of its own (a layer pulled by the distribution protocol).
    ///
    /// # Errors
    /// AWS's `AccessDeniedException`.
    pub fn permit(
        &self,
        info: &RequestInfo,
        checks: Vec<crate::AccessCheck>,
    ) -> Result<(), AwsError> {
        let ongoing = self.0.recorder.as_ref().map(|recorder| {
            let action = checks.first().map_or("", |check| check.action);
            Ongoing::stream(recorder, &Arc::new(info.clone()), action)
        });
        let trail = ongoing.as_ref().map(Ongoing::trail).unwrap_or_default();
        let access = crate::Access::Checks(checks);
        let result = authorize(access, info, &self.0.store.snapshot(), false, &trail)
            .map_err(|denied| self.refused(Refused::Denied(denied)));
        if let (Some(recorder), Some(ongoing)) = (&self.0.recorder, ongoing) {
            ongoing.ended(result.as_ref().err());
            recorder.room_blocking();
        }
        result
    }

    /// A request that is no call of an operation, for [`Pipeline::permit`].
    pub fn request(&self, caller: Caller, region: Region, transport: Transport) -> RequestInfo {
        let seed = (self.0.settings.seed)();
        RequestInfo {
            request_id: request_id(&seed),
            now: (self.0.settings.now)(),
            region,
            caller,
            transport,
            called_via: Vec::new(),
            seed,
        }
    }

    fn refused(&self, refused: Refused) -> AwsError {
        match refused {
            Refused::Error(error) => error,
            Refused::Denied(denied) => {
                self.0.audit.denied(*denied.denial);
                denied.error
            }
        }
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pipeline({:?})", self.0.settings)
    }
}

/// A UUID from the first bytes of the request's seed, hashed so that the seed stays unknown.
fn request_id(seed: &[u8; 32]) -> String {
    struct Once([u8; 32]);
    impl rolecall_base::rng::IdSource for Once {
        fn fill(&mut self, out: &mut [u8]) {
            for (to, from) in out.iter_mut().zip(self.0) {
                *to = from;
            }
        }
    }
    rolecall_base::rng::uuid(&mut Once(rolecall_sigv4::sha256(seed)))
}

/// Whether errors take the query protocol's codes and statuses.
pub(crate) fn query_protocol(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::AwsQuery | Protocol::Ec2Query)
}

/// An operation of the model that is not built: the protocol's own 4xx, since clients retry a 5xx
/// for minutes.
fn not_built(route: &Route) -> AwsError {
    let name = route.operation.name;
    if query_protocol(route.protocol) {
        AwsError::new(
            "InvalidAction",
            format!("The action {name} is not built in Rolecall."),
        )
    } else {
        AwsError::new(
            "UnknownOperationException",
            format!("The operation {name} is not built in Rolecall."),
        )
    }
}
