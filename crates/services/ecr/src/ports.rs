//! What the operations on bytes need from outside: where layers are kept, and where the registry is
//! reached.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use rolecall_base::{AccountId, AwsError, Region};

use crate::place::registry_host;

/// A layer store's answer, when it comes.
pub type LayerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, LayerStoreError>> + Send + 'a>>;

/// Where the bytes of layers are kept, by digest, and uploaded in parts.
pub trait LayerStore: Send + Sync {
    /// Begins an upload; its id, a UUID.
    fn begin(&self) -> LayerFuture<'_, String>;

    /// How many bytes of an upload were received.
    fn received<'a>(&'a self, upload_id: &'a str) -> LayerFuture<'a, u64>;

    /// Adds bytes to an upload which stands at `first_byte`; how many bytes it has then.
    fn append<'a>(
        &'a self,
        upload_id: &'a str,
        first_byte: u64,
        bytes: Bytes,
    ) -> LayerFuture<'a, u64>;

    /// Ends an upload: its bytes are kept durably under `digest`, which must be theirs. Their
    /// number.
    fn finish<'a>(&'a self, upload_id: &'a str, digest: &'a str) -> LayerFuture<'a, u64>;

    /// Forgets an upload.
    fn abort<'a>(&'a self, upload_id: &'a str) -> LayerFuture<'a, ()>;
}

/// Why a layer store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum LayerStoreError {
    /// There is no such upload: never begun, finished, aborted or expired.
    #[error("there is no such upload")]
    UnknownUpload,
    /// The bytes do not continue where the upload stands.
    #[error("the upload has {received} bytes")]
    NotConsecutive {
        /// Bytes received so far.
        received: u64,
    },
    /// The bytes have another digest, or the digest is of an algorithm that is not kept.
    #[error("the digest does not match")]
    DigestMismatch,
    /// The store failed.
    #[error("the layer store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl LayerStoreError {
    /// The error of an operation that has no better words for it; the cause is logged.
    pub(crate) fn internal(self) -> AwsError {
        tracing::error!(error = &self as &dyn Error, source = ?self.source(), "the layer store");
        AwsError::new(
            "ServerException",
            "These errors are usually caused by a server-side issue.",
        )
        .with_status(500)
    }
}

/// Where clients reach the registry. See `docs/decisions/0005-registry-addresses.md`.
#[derive(Clone, Debug)]
pub struct RegistryAddress {
    /// Where this server listens, such as `http://127.0.0.1:4566`: what download URLs begin with
    /// unless there is a public address.
    pub local: String,
    /// The address that the operator says clients use, such as `https://registry.example.com`.
    pub public: Option<String>,
}

impl RegistryAddress {
    /// What `GetAuthorizationToken` answers as `proxyEndpoint`.
    pub fn proxy_endpoint(&self, account: &AccountId, region: &Region) -> String {
        match &self.public {
            Some(public) => public.clone(),
            None => format!("https://{}", registry_host(account, region)),
        }
    }

    /// What the URLs of layers begin with.
    pub fn download_base(&self) -> &str {
        self.public.as_deref().unwrap_or(&self.local)
    }
}
