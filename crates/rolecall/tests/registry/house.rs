//! All operations over a store in memory, called by signed requests as clients send them.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use rolecall_api::{Protocol, Service, Value};
use rolecall_base::AwsError;
use rolecall_identity::{AccessKey, Caller, KeyStatus};
use rolecall_op::{AccessRequest, Built, Inbound, Ports, Transport};
use rolecall_sigv4::{AmzTime, BodyHash, Credentials, RequestView, SigningScope, sha256, sign};
use rolecall_testkit::{World, from_json};
use rolecall_wire::{ClientError, RawRequest, Route, decode, decode_output, encode_input};

/// The user whose policies the tests write.
pub(crate) const WALKER: &str = "walker";
/// The secret of every key here.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// The key of the root user.
pub(crate) const ROOT_KEY: &str = "AKIAROOTEXAMPLE00000";
/// The root user's credentials.
pub(crate) const ROOT: Credentials<'static> = Credentials {
    access_key_id: ROOT_KEY,
    secret_access_key: SECRET,
    session_token: None,
};
/// The key of [`WALKER`].
pub(crate) const WALKER_KEY: &str = "AKIAWALKEREXAMPLE000";

/// One account with every operation.
pub(crate) struct House {
    pub(crate) world: World,
}

/// An answer as a client reads it.
pub(crate) type Answer = Result<Value, AwsError>;

/// A change to a request after it was signed, and its name.
pub(crate) type Change = (&'static str, fn(&mut Unsigned));

/// A request that is not signed yet.
#[derive(Clone, Debug)]
pub(crate) struct Unsigned {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The files behind the ports; gone when it is dropped.
pub(crate) struct Folder {
    _dir: tempfile::TempDir,
    pub(crate) ports: Ports,
}

impl Folder {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let content = rolecall_blob::ContentStore::open(dir.path().join("content"));
        let layers = rolecall_registry::LocalLayers::new(content.await.unwrap());
        let log_events = crate::log_events::open(&dir.path().join("logs"))
            .await
            .unwrap();
        let address = rolecall_ecr::RegistryAddress {
            local: "http://127.0.0.1:4566".to_owned(),
            public: None,
        };
        let issuers = rolecall_identity::IssuerAddress {
            base: "http://127.0.0.1:4566".to_owned(),
        };
        let ports = Ports::default()
            .with::<rolecall_identity::IssuerAddress>(Arc::new(issuers))
            .with::<dyn rolecall_record::History>(Arc::new(rolecall_record::NoHistory))
            .with::<dyn rolecall_ecr::LayerStore>(Arc::new(layers))
            .with::<rolecall_ecr::RegistryAddress>(Arc::new(address))
            .with::<dyn rolecall_logs::LogEvents>(log_events);
        Self { _dir: dir, ports }
    }
}

impl House {
    /// A house with nobody in it but root and a user without any policy.
    pub(crate) async fn new(folder: &Folder) -> Self {
        let world = World::with_ports(rolecall::operations(), folder.ports.clone()).unwrap();
        let world = world.with_account().await.unwrap();
        let house = Self { world };
        house.key(ROOT_KEY, None, KeyStatus::Active).await;
        house.key(WALKER_KEY, Some(WALKER), KeyStatus::Active).await;
        house.policy(None).await;
        house
    }

    /// Gives `user` (root, if none) the key `id`.
    pub(crate) async fn key(&self, id: &str, user: Option<&str>, status: KeyStatus) {
        let key = AccessKey {
            id: id.to_owned(),
            secret: SECRET.to_owned(),
            account: self.world.account.clone(),
            user: user.map(str::to_owned),
            status,
            created: self.world.now(),
        };
        self.world.put(id, key).await.unwrap();
    }

    /// Makes `policy` the only policy of [`WALKER`]; none takes all away.
    pub(crate) async fn policy(&self, policy: Option<&str>) -> Caller {
        self.world.user(WALKER, policy).await.unwrap()
    }

    /// What a built operation declares for `input`, called by `caller`.
    pub(crate) fn declared(
        &self,
        built: &Built,
        caller: &Caller,
        input: &Value,
    ) -> Result<rolecall_op::Access, AwsError> {
        let transport = Transport {
            source_ip: None,
            secure: false,
            user_agent: None,
        };
        let region = self.world.pipeline.settings().region.clone();
        let info = self
            .world
            .pipeline
            .request(caller.clone(), region, transport);
        let snap = self.world.pipeline.store().snapshot();
        built.access(
            input.clone(),
            &AccessRequest {
                info: &info,
                snap: &snap,
            },
        )
    }

    /// Calls `operation` in the service's preferred protocol, signed with the key `key_id`.
    pub(crate) async fn call(
        &self,
        key_id: &str,
        service: &'static Service,
        operation: &str,
        input: &Value,
    ) -> Answer {
        let protocol = service.protocols[0];
        self.call_in(key_id, service, operation, protocol, input)
            .await
    }

    /// [`House::call`] in a protocol.
    pub(crate) async fn call_in(
        &self,
        key_id: &str,
        service: &'static Service,
        operation: &str,
        protocol: Protocol,
        input: &Value,
    ) -> Answer {
        let credentials = Credentials {
            access_key_id: key_id,
            secret_access_key: SECRET,
            session_token: None,
        };
        let request = self.encoded(service, operation, protocol, input);
        let request = self.signed(request, &credentials, "us-east-1", service.signing_name);
        self.send(&request, service, operation, protocol).await
    }

    /// The request that calls `operation`.
    pub(crate) fn encoded(
        &self,
        service: &'static Service,
        operation: &str,
        protocol: Protocol,
        input: &Value,
    ) -> Unsigned {
        let shape = service.operation(operation).unwrap();
        let request = encode_input(service, shape, protocol, input).unwrap();
        let mut headers = vec![("host".to_owned(), "127.0.0.1:4566".to_owned())];
        for (name, value) in &request.headers {
            headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
        }
        Unsigned {
            method: request.method.to_owned(),
            path: request.path,
            query: String::new(),
            headers,
            body: request.body,
        }
    }

    /// The request with its signature, made now.
    pub(crate) fn signed(
        &self,
        mut request: Unsigned,
        credentials: &Credentials<'_>,
        region: &str,
        service: &str,
    ) -> Unsigned {
        let time = AmzTime::from_unix_s(self.world.now().epoch_seconds());
        let scope = SigningScope {
            region,
            service,
            time,
        };
        let added = request.view(|view| sign(view, credentials, &scope).unwrap());
        request.headers.extend(
            added
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        request
    }

    /// Sends a request and reads the answer as one of `operation` in `protocol`.
    pub(crate) async fn send(
        &self,
        request: &Unsigned,
        service: &'static Service,
        operation: &str,
        protocol: Protocol,
    ) -> Answer {
        let (status, headers, body) = self.answer(request).await;
        let shape = service.operation(operation).unwrap();
        match decode_output(service, shape, protocol, status, &headers, &body) {
            Ok(value) => Ok(value),
            Err(ClientError::Service(error)) => Err(error),
            Err(other) => panic!("{operation}: {other}"),
        }
    }

    /// Sends a request: status, headers and body of the answer.
    pub(crate) async fn answer(&self, request: &Unsigned) -> (u16, HeaderMap, Vec<u8>) {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let inbound = Inbound {
            method: &request.method,
            path: &request.path,
            query: &request.query,
            headers: &headers,
            body: request.body.clone().into(),
            source_ip: Some(std::net::IpAddr::from([127, 0, 0, 1])),
            secure: false,
        };
        let answer = self.world.pipeline.serve(&inbound).await;
        (
            answer.status,
            answer.headers.into_iter().collect(),
            answer.body,
        )
    }
}

impl Unsigned {
    /// Runs `run` on the request as signatures see it.
    pub(crate) fn view<R>(&self, run: impl FnOnce(&RequestView<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_bytes()))
            .collect();
        run(&RequestView {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: BodyHash::Sha256(sha256(&self.body)),
        })
    }

    /// Sets a header, in place if it is there.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match self.headers.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.headers.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// The service with this id.
pub(crate) fn service(id: &str) -> &'static Service {
    rolecall_api::SERVICES.iter().find(|s| s.id == id).unwrap()
}

/// The input that `json` writes down, in the API's member names.
pub(crate) fn input(service: &'static Service, operation: &str, json: &str) -> Value {
    let shape = service.operation(operation).unwrap();
    let Some(id) = shape.input else {
        return Value::Struct(Vec::new());
    };
    let spoken = |p: &Protocol| matches!(p, Protocol::AwsJson1_0 | Protocol::AwsJson1_1);
    let Some(protocol) = service.protocols.iter().copied().find(spoken) else {
        let json = serde_json::from_str(json).unwrap();
        return from_json(service, id, &json).unwrap();
    };
    // What JSON services are sent is this very text.
    let raw = RawRequest {
        method: "POST",
        path: "/",
        query: "",
        headers: &HeaderMap::new(),
        body: json.as_bytes(),
    };
    let route = Route {
        service,
        operation: shape,
        protocol,
    };
    decode(&route, &raw).unwrap_or_else(|error| panic!("{operation}: {error}: {json}"))
}
