//! The way to OpenID Connect providers: their metadata and keys, over HTTPS, kept for a while.
//!
//! A provider's certificate is good if the machine's own certificate authorities vouch for it, or
//! else if one of the certificates that it shows has a thumbprint that the provider was created
//! with and the chain ends in that certificate. Redirects are not followed.
//!
//! Source: IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM", "Obtain the
//! thumbprint for an OpenID Connect identity provider".

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rolecall_federation::certificate::thumbprint;
use rolecall_federation::fetch::Waiting;
use rolecall_federation::oidc::{DISCOVERY_PATH, Discovery};
use rolecall_federation::{FetchError, KeySet, KeysOf, Providers};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How large one answer may be, in bytes.
const BODY_MAX: usize = 256 * 1024;
/// How long keys are used without being asked for again.
const FRESH: Duration = Duration::from_secs(300);
/// How soon keys are asked for again when a token names one that is not among them, whether the
/// provider answers then or not.
const AGAIN: Duration = Duration::from_secs(10);
/// How long a provider that could not be asked is not asked again: nobody signs these calls, and
/// who makes many must not make us knock at it as often.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How many providers' keys are kept; all are dropped when there are more.
const KEPT_MAX: usize = 100;

/// What was fetched of one provider.
#[derive(Default)]
struct Kept {
    state: Mutex<State>,
    /// Held while the provider is asked, so that it is asked once, however many callers come at the
    /// same time. Whoever names a key that is known does not wait for it.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The last good keys, and when they were fetched. A failure does not take their place: whoever
    /// has no credentials can make one happen, with a token that names a key that nobody knows.
    good: Option<(Instant, Arc<KeySet>)>,
    /// When the provider was asked last, and what was wrong if it did not answer well.
    asked: Option<(Instant, Option<FetchError>)>,
}

type Fetched = Result<Arc<KeySet>, FetchError>;

impl State {
    /// What is to be answered without asking the provider; `None` if it is to be asked.
    fn answer(&self, key_id: Option<&str>, now: Instant) -> Option<Fetched> {
        let fresh = self
            .good
            .as_ref()
            .filter(|(since, _)| now.saturating_duration_since(*since) < FRESH);
        if let Some((_, keys)) = fresh
            && keys.has(key_id)
        {
            return Some(Ok(Arc::clone(keys)));
        }
        let (since, failure) = self.asked.as_ref()?;
        let age = now.saturating_duration_since(*since);
        match (failure, fresh) {
            // Without the key that is wanted: the provider is not asked again so soon.
            (_, Some((_, keys))) if age < AGAIN => Some(Ok(Arc::clone(keys))),
            (Some(failure), None) if age < AFTER_FAILURE => Some(Err(failure.clone())),
            _ => None,
        }
    }

    fn fetched(&mut self, fetched: &Fetched, now: Instant) {
        self.asked = Some((now, fetched.as_ref().err().cloned()));
        if let Ok(keys) = fetched {
            self.good = Some((now, Arc::clone(keys)));
        }
    }
}

impl Kept {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys that are kept, or else those that `fetch` fetches.
    async fn keys<F>(&self, key_id: Option<&str>, fetch: impl FnOnce() -> F) -> Fetched
    where
        F: Future<Output = Fetched>,
    {
        if let Some(answer) = self.answer(key_id) {
            return answer;
        }
        let _asking = self.asking.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(answer) = self.answer(key_id) {
            return answer;
        }
        let fetched = fetch().await;
        self.state().fetched(&fetched, Instant::now());
        fetched
    }

    fn answer(&self, key_id: Option<&str>) -> Option<Fetched> {
        self.state().answer(key_id, Instant::now())
    }
}

/// What is kept, by issuer and thumbprints.
type ByProvider = HashMap<(String, Vec<String>), Arc<Kept>>;

/// Fetches what providers publish.
#[derive(Clone, Default)]
pub(crate) struct WebProviders {
    kept: Arc<Mutex<ByProvider>>,
}

impl Providers for WebProviders {
    fn keys(&self, wanted: KeysOf) -> Waiting<Fetched> {
        let kept = self.kept(&wanted);
        Box::pin(async move {
            let fetch = || async { fetch_keys(&wanted).await.map(Arc::new) };
            kept.keys(wanted.key_id.as_deref(), fetch).await
        })
    }

    fn top_thumbprint(&self, issuer: String) -> Waiting<Result<String, FetchError>> {
        Box::pin(async move {
            let verifier = Arc::new(Verifier::new(Trust::Anything)?);
            let url = format!("{}{DISCOVERY_PATH}", issuer.trim_end_matches('/'));
            // Only the handshake matters.
            let answer = get(&url, Arc::clone(&verifier)).await;
            match (verifier.top.get(), answer) {
                (Some(top), _) => Ok(top.clone()),
                (None, Err(error)) => Err(error),
                (None, Ok(_)) => Err(FetchError::Unreachable("no certificate".to_owned())),
            }
        })
    }
}

impl WebProviders {
    fn kept(&self, wanted: &KeysOf) -> Arc<Kept> {
        let name = (wanted.issuer.clone(), wanted.thumbprints.clone());
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX && !all.contains_key(&name) {
            all.clear();
        }
        Arc::clone(all.entry(name).or_default())
    }
}

async fn fetch_keys(wanted: &KeysOf) -> Result<KeySet, FetchError> {
    let verifier = Arc::new(Verifier::new(Trust::Thumbprints(
        wanted.thumbprints.clone(),
    ))?);
    let url = format!("{}{DISCOVERY_PATH}", wanted.issuer.trim_end_matches('/'));
    let text = get(&url, Arc::clone(&verifier)).await?;
    let malformed = |error: &dyn Error| FetchError::Malformed(error.to_string());
    let found = Discovery::parse(&text, &wanted.issuer).map_err(|error| malformed(&error))?;
    let text = get(&found.jwks_uri, verifier).await?;
    KeySet::parse(&text).map_err(|error| malformed(&error))
}

async fn get(url: &str, verifier: Arc<Verifier>) -> Result<Bytes, FetchError> {
    let unreachable = |error: &dyn Error| FetchError::Unreachable(chain(error));
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unreachable(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone())
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1()
        .build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let uri = url
        .parse()
        .map_err(|_| FetchError::Malformed(format!("{url} is no URL")))?;
    let answer = async {
        let answer = client.get(uri).await;
        let answer = answer.map_err(|error| match verifier.refused.get() {
            Some(()) => FetchError::Untrusted,
            None => unreachable(&error),
        })?;
        if answer.status().is_server_error() {
            return Err(FetchError::Unreachable(format!(
                "{url}: {}",
                answer.status()
            )));
        }
        if !answer.status().is_success() {
            return Err(FetchError::Malformed(format!("{url}: {}", answer.status())));
        }
        let body = Limited::new(answer.into_body(), BODY_MAX).collect().await;
        body.map(|body| body.to_bytes())
            .map_err(|error| FetchError::Unreachable(chain(error.as_ref())))
    };
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(FetchError::Unreachable(format!("{url}: timed out"))),
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// What is trusted beside the machine's certificate authorities.
#[derive(Debug)]
enum Trust {
    /// Whatever is shown: its thumbprint is all that is wanted.
    Anything,
    /// Chains that end in a certificate with one of these thumbprints.
    Thumbprints(Vec<String>),
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    roots: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    /// The thumbprint of the topmost certificate that was shown.
    top: OnceLock<String>,
    /// Set when a certificate was refused.
    refused: OnceLock<()>,
}

impl Verifier {
    fn new(trust: Trust) -> Result<Self, FetchError> {
        let provider = provider();
        let mut store = RootCertStore::empty();
        for root in rustls_native_certs::load_native_certs().certs {
            // One that cannot be read is none.
            let _ = store.add(root);
        }
        Ok(Self {
            trust,
            roots: verifier_of(store, &provider),
            provider,
            top: OnceLock::new(),
            refused: OnceLock::new(),
        })
    }

    /// Whether the chain ends in a certificate of one of the thumbprints.
    fn is_pinned(&self, chain: &Shown<'_>) -> bool {
        let Trust::Thumbprints(thumbprints) = &self.trust else {
            return false;
        };
        let certificates = chain.intermediates.iter().chain([chain.end_entity]);
        let known = certificates.filter(|certificate| {
            let shown = thumbprint(certificate);
            thumbprints
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&shown))
        });
        known.into_iter().any(|anchor| {
            let mut store = RootCertStore::empty();
            store.add(anchor.clone()).is_ok()
                && verifier_of(store, &self.provider).is_some_and(|v| chain.verify(&v).is_ok())
        })
    }
}

fn verifier_of(
    store: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
        .build()
        .ok()
}

/// What a server shows.
struct Shown<'a> {
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

impl Shown<'_> {
    fn verify(&self, verifier: &WebPkiServerVerifier) -> Result<ServerCertVerified, rustls::Error> {
        verifier.verify_server_cert(
            self.end_entity,
            self.intermediates,
            self.name,
            self.ocsp,
            self.now,
        )
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let top = intermediates.last().unwrap_or(end_entity);
        let _ = self.top.set(thumbprint(top));
        if matches!(self.trust, Trust::Anything) {
            return Ok(ServerCertVerified::assertion());
        }
        let shown = Shown {
            end_entity,
            intermediates,
            name,
            ocsp,
            now,
        };
        let by_roots = self
            .roots
            .as_ref()
            .is_some_and(|roots| shown.verify(roots).is_ok());
        if by_roots || self.is_pinned(&shown) {
            return Ok(ServerCertVerified::assertion());
        }
        let _ = self.refused.set(());
        Err(CertificateError::UnknownIssuer.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests;
