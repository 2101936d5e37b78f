//! The way to a provider, which whoever runs this crate gives: nothing here opens a connection.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::KeySet;

/// An answer that takes time.
pub type Waiting<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Whose keys are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysOf {
    /// The provider's URL, `https://HOST/PATH`.
    pub issuer: String,
    /// SHA-1 fingerprints of certificates that are trusted beside the machine's own roots.
    pub thumbprints: Vec<String>,
    /// The key that a token names: a set that was fetched before and lacks it is fetched again.
    pub key_id: Option<String>,
}

/// Why a provider could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It does not answer, or answers with an error.
    #[error("the provider does not answer: {0}")]
    Unreachable(String),
    /// Its certificate is neither trusted here nor one of the thumbprints.
    #[error("the provider's certificate is not trusted and matches no thumbprint")]
    Untrusted,
    /// What it answers is not what a provider answers.
    #[error("the provider answers with something else: {0}")]
    Malformed(String),
}

/// Fetches what providers publish.
pub trait Providers: Send + Sync {
    /// The keys of a provider.
    fn keys(&self, wanted: KeysOf) -> Waiting<Result<Arc<KeySet>, FetchError>>;

    /// The thumbprint of the topmost certificate that the provider at this URL shows.
    fn top_thumbprint(&self, issuer: String) -> Waiting<Result<String, FetchError>>;
}
