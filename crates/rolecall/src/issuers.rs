//! What the issuers of web identity tokens publish: their metadata and their public keys, for
//! whoever verifies a token. It needs no signature, as on AWS, and gives nothing else away: an
//! issuer's id is random, and does not tell whose it is.
//!
//! Source: OpenID Connect Discovery 1.0, section 4; IAM API Reference,
//! `EnableOutboundWebIdentityFederation`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use rolecall_federation::oidc::{DISCOVERY_PATH, KEYS_PATH, metadata};
use rolecall_federation::signing::key_set;
use rolecall_identity::{IssuerAddress, TokenIssuer};
use rolecall_server::{Body, Handler, Peer, full, text};
use rolecall_store::{Snapshot, Store};
use serde_json::Value;

/// Serves everything below [`IssuerAddress::PATH`].
pub(crate) struct Issuers {
    store: Store,
    address: Arc<IssuerAddress>,
}

impl Issuers {
    pub(crate) fn new(store: Store, address: Arc<IssuerAddress>) -> Self {
        Self { store, address }
    }
}

impl Handler for Issuers {
    fn handle(
        &self,
        request: Request<Incoming>,
        _peer: Peer,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
        let snap = self.store.snapshot();
        let response = answer(request.method(), request.uri().path(), &snap, &self.address);
        Box::pin(async { response })
    }
}

fn answer(method: &Method, path: &str, snap: &Snapshot, address: &IssuerAddress) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        refused.headers_mut().insert(ALLOW, allowed);
        return refused;
    }
    let Some(document) = document(path, snap, address) else {
        return text(StatusCode::NOT_FOUND, "Not found\n");
    };
    let mut response = Response::new(full(document.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let kept = HeaderValue::from_static("public, max-age=300");
    headers.insert(CACHE_CONTROL, kept);
    response
}

fn document(path: &str, snap: &Snapshot, address: &IssuerAddress) -> Option<Value> {
    let rest = path.strip_prefix(IssuerAddress::PATH)?;
    let (id, _) = rest.split_once('/')?;
    let issuer = TokenIssuer::by_id(snap, id)?;
    match rest.strip_prefix(id)? {
        DISCOVERY_PATH => Some(metadata(&address.url(id))),
        KEYS_PATH => Some(key_set(&issuer.keys)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rolecall_base::{AccountId, AwsError, Timestamp};
    use rolecall_federation::{SigningAlgorithm, SigningKey};
    use rolecall_identity::TokenIssuerId;
    use rolecall_store::Txn;

    use super::*;

    const ID: &str = "6b1d4a2e-0f0c-4a63-9a3c-3f6d2b1c0e9f";

    async fn store() -> Store {
        let store = Store::memory();
        let account = AccountId::new("123456789012").unwrap();
        let issuer = TokenIssuer {
            account: account.clone(),
            id: ID.to_owned(),
            enabled: false,
            created: Timestamp::from_epoch_millis(0),
            keys: vec![SigningKey::generate(SigningAlgorithm::Es384).unwrap()],
        };
        let put = move |tx: &mut Txn| -> Result<(), AwsError> {
            let of = TokenIssuerId {
                account: account.clone(),
            };
            tx.put(ID, of);
            tx.put(account.as_str(), issuer.clone());
            Ok(())
        };
        store.transact(put).await.unwrap();
        store
    }

    #[tokio::test]
    async fn two_documents_of_each_issuer_are_read_and_nothing_else() {
        let snap = store().await.snapshot();
        let address = IssuerAddress {
            base: "https://rolecall.example.com".to_owned(),
        };
        let url = format!("https://rolecall.example.com/_tokens/{ID}");
        let at = |path: &str| document(&format!("/_tokens/{path}"), &snap, &address);
        let found = at(&format!("{ID}/.well-known/openid-configuration")).unwrap();
        assert_eq!(found["issuer"], url);
        assert_eq!(found["jwks_uri"], format!("{url}/.well-known/jwks.json"));
        let keys = at(&format!("{ID}/.well-known/jwks.json")).unwrap();
        let members: Vec<_> = keys["keys"][0].as_object().unwrap().keys().collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        for path in [
            "",
            ID,
            "123456789012/.well-known/jwks.json",
            &format!("{ID}/"),
            &format!("{ID}/.well-known/jwks.json/"),
            &format!("{ID}//.well-known/jwks.json"),
            &format!("{}/.well-known/jwks.json", ID.to_uppercase()),
        ] {
            assert_eq!(at(path), None, "{path}");
        }
        let path = format!("/_tokens/{ID}/.well-known/jwks.json");
        for (method, status) in [(Method::GET, 200), (Method::HEAD, 200), (Method::POST, 405)] {
            let response = answer(&method, &path, &snap, &address);
            assert_eq!(response.status(), status, "{method}");
        }
        let response = answer(&Method::GET, "/_tokens/x", &snap, &address);
        assert_eq!(response.status(), 404);
    }
}
