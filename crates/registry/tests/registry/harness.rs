//! A server with a registry on a free port, and a client made of a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_api::ecr as api;
use rolecall_blob::ContentStore;
use rolecall_ecr::manifest::digest_of;
use rolecall_ecr::{LayerStore, RegistryAddress};
use rolecall_identity::Caller;
use rolecall_op::{Pipeline, Ports, Registry as Operations};
use rolecall_registry::{LocalLayers, Registry};
use rolecall_server::{Limits, Server};
use rolecall_testkit::World;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const REPOSITORY: &str = "arn:aws:ecr:us-east-1:123456789012:repository/team/app";

/// A world whose registry is served.
pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    pub(crate) layers: LocalLayers,
    server: Server,
}

fn ports(layers: &LocalLayers, address: SocketAddr) -> Ports {
    let address = RegistryAddress {
        local: format!("http://{address}"),
        public: None,
    };
    Ports::default()
        .with::<dyn LayerStore>(Arc::new(layers.clone()))
        .with::<RegistryAddress>(Arc::new(address))
}

fn operations() -> Operations {
    rolecall_ecr::register(Operations::default())
}

impl Served {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let listener = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let content = ContentStore::open(folder.path()).await.unwrap();
        let layers = LocalLayers::new(content.clone());
        let world = World::with_ports(operations(), ports(&layers, address)).unwrap();
        let world = world.with_account().await.unwrap();
        let server = serve(world.pipeline.clone(), content, listener);
        let served = Self {
            world,
            address,
            folder,
            layers,
            server,
        };
        served.create("team/app").await;
        served
    }

    /// Another server over the same documents and folder, on another port.
    pub(crate) async fn restarted(mut self) -> Self {
        self.server.stop();
        let listener = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let content = ContentStore::open(self.folder.path()).await.unwrap();
        let old = &self.world.pipeline;
        self.layers = LocalLayers::new(content.clone());
        let ports = ports(&self.layers, self.address);
        let pipeline = Pipeline::new(
            old.settings().clone(),
            old.store().clone(),
            ports,
            operations(),
        );
        self.world.pipeline = pipeline.clone();
        self.server = serve(pipeline, content, listener);
        self
    }

    pub(crate) async fn create(&self, name: &str) {
        let input = json!({"repositoryName": name});
        self.world
            .call::<api::CreateRepository>(&self.world.root(), input)
            .await
            .unwrap();
    }

    /// What `docker login` sends for `caller`: `Basic …`.
    pub(crate) async fn login(&self, caller: &Caller) -> String {
        let pipeline = &self.world.pipeline;
        let input = api::GetAuthorizationTokenRequest::default();
        let answer = pipeline
            .invoke::<api::GetAuthorizationToken>(caller.clone(), input)
            .await
            .unwrap();
        let data = answer.authorization_data.unwrap().pop().unwrap();
        format!("Basic {}", data.authorization_token.unwrap())
    }

    /// The password of `docker login` for `caller`.
    pub(crate) async fn password(&self, caller: &Caller) -> String {
        let basic = self.login(caller).await;
        let decoded = STANDARD
            .decode(basic.strip_prefix("Basic ").unwrap())
            .unwrap();
        String::from_utf8(decoded)
            .unwrap()
            .strip_prefix("AWS:")
            .unwrap()
            .to_owned()
    }

    /// One request, with credentials if given.
    pub(crate) async fn send(
        &self,
        login: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str(&format!("host: {}\r\n", self.address));
        }
        if !login.is_empty() {
            head.push_str(&format!("authorization: {login}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        Answer::read(&answer)
    }

    pub(crate) async fn get(&self, login: &str, path: &str) -> Answer {
        self.send(login, "GET", path, &[], b"").await
    }

    /// A blob pushed at once; its digest.
    pub(crate) async fn push_blob(&self, login: &str, repository: &str, bytes: &[u8]) -> String {
        let digest = digest_of(bytes);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.send(login, "POST", &path, &[], bytes).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }

    /// A manifest of a config and one layer, pushed under a tag; its digest.
    pub(crate) async fn push_image(&self, login: &str, repository: &str, tag: &str) -> String {
        let config = self
            .push_blob(login, repository, format!("config {tag}").as_bytes())
            .await;
        let layer = self
            .push_blob(login, repository, format!("layer {tag}").as_bytes())
            .await;
        let manifest = manifest(&config, &layer, None);
        let path = format!("/v2/{repository}/manifests/{tag}");
        let answer = self
            .send(
                login,
                "PUT",
                &path,
                &[("content-type", OCI_MANIFEST)],
                manifest.as_bytes(),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        digest_of(manifest.as_bytes())
    }
}

fn serve(pipeline: Pipeline, content: ContentStore, listener: tokio::net::TcpListener) -> Server {
    let registry = Registry::new(pipeline.clone(), content);
    let server = Server::new(pipeline, Limits::default()).with_prefix("/v2/", Arc::new(registry));
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    server
}

pub(crate) fn manifest(config: &str, layer: &str, subject: Option<&str>) -> String {
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 1},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": 1}],
    });
    if let Some(subject) = subject {
        manifest["artifactType"] = json!("application/vnd.example.signature");
        manifest["annotations"] = json!({"org.example": "yes"});
        manifest["subject"] = json!({"mediaType": OCI_MANIFEST, "digest": subject, "size": 1});
    }
    manifest.to_string()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Code and message of the first error.
    pub(crate) fn error(&self) -> (String, String) {
        let json = self.json();
        let text = |name: &str| json["errors"][0][name].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    }
}
