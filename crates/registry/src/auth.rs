//! Who calls: the bearer of an authorization token.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, Response, header};
use rolecall_base::{AccountId, Region, Timestamp};
use rolecall_ecr::{RegistryToken, registry_host, registry_of_host};
use rolecall_identity::Caller;
use rolecall_server::Body;
use rolecall_store::Snapshot;

use crate::error::Error;

/// The caller of a request, and the registry that it addresses.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) caller: Caller,
    /// The account whose repositories are meant.
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

/// The bearer of the request's token, by basic authentication as `AWS`.
///
/// The registry is that of the `Host`, if it has AWS's form, and else that of the token.
///
/// # Errors
/// `UNAUTHORIZED` without a token, with one that is not ours or over, and when its bearer is gone.
pub(crate) fn bearer(
    headers: &HeaderMap,
    snap: &Snapshot,
    server: &AccountId,
    now: Timestamp,
) -> Result<Bearer, Error> {
    let refused = || Error::unauthorized("Not Authorized");
    let token = password(headers).ok_or_else(refused)?;
    let token = RegistryToken::open(snap, server, &token).map_err(|_| refused())?;
    if token.expires <= now {
        return Err(Error::unauthorized(
            "Your authorization token has expired. Reauthenticate and try again.",
        ));
    }
    let caller = token
        .origin
        .caller(snap, &token.account)
        .ok_or_else(refused)?;
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let (account, region) = host
        .and_then(registry_of_host)
        .unwrap_or((token.account, token.region));
    Ok(Bearer {
        caller,
        account,
        region,
    })
}

fn password(headers: &HeaderMap) -> Option<String> {
    let (scheme, credentials) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    decoded.strip_prefix("AWS:").map(str::to_owned)
}

/// The answer to who is not known: how to be, in AWS's words.
pub(crate) fn challenge(error: Error, account: &AccountId, region: &Region) -> Response<Body> {
    let mut response = error.respond();
    let host = registry_host(account, region);
    let basic = format!("Basic realm=\"https://{host}/\",service=\"ecr.amazonaws.com\"");
    if let Ok(basic) = HeaderValue::from_str(&basic) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, basic);
    }
    response
}
