//! Which service, operation and protocol a request is for.
//!
//! Decided by the SigV4 signing scope, `X-Amz-Target`, the `Action` parameter, or the path of
//! rpcv2Cbor; never by the host, since every service answers on one endpoint.

use rolecall_api::shape::by_signing_name;
use rolecall_api::{OperationShape, Protocol, Service};
use rolecall_base::AwsError;

use crate::query;
use crate::request::RawRequest;

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The service.
    pub service: &'static Service,
    /// The operation.
    pub operation: &'static OperationShape,
    /// The protocol of the request, and so of the answer.
    pub protocol: Protocol,
}

/// A request that goes nowhere.
#[derive(Clone, Debug, thiserror::Error)]
#[error("no route for the request")]
pub struct RouteError {
    /// The protocol to answer in.
    pub protocol: Protocol,
    /// The service, as far as it is known.
    pub service: Option<&'static Service>,
    /// The error to answer with, status 400.
    #[source]
    pub error: AwsError,
}

/// Finds the operation of `services` that `req` calls.
///
/// `scope_service` is the service in the SigV4 credential scope; `None` for unsigned requests,
/// which are told apart by target prefix, or by action and version.
///
/// # Errors
/// `UnknownOperationException` in the JSON and CBOR protocols, `InvalidAction` or `MissingAction`
/// in the query protocols, as AWS answers.
pub fn route(
    services: &[&'static Service],
    req: &RawRequest<'_>,
    scope_service: Option<&str>,
) -> Result<Route, RouteError> {
    let signed_for = scope_service.and_then(|name| by_signing_name(services, name));
    // A scope that names no service of ours must not fall back to guessing.
    let candidates: &[&'static Service] = match (&signed_for, scope_service) {
        (Some(service), _) => std::slice::from_ref(service),
        (None, Some(_)) => &[],
        (None, None) => services,
    };
    if let Some(target) = req.header("x-amz-target") {
        return by_target(candidates, req, target);
    }
    if req.header("smithy-protocol") == Some("rpc-v2-cbor") {
        return by_path(candidates, req.path);
    }
    by_action(candidates, req)
}

/// AWS's answer to an operation that a JSON or CBOR service lacks.
fn unknown_operation() -> AwsError {
    AwsError::new("UnknownOperationException", "")
}

/// awsJson: `X-Amz-Target: Prefix.Operation`.
fn by_target(
    candidates: &[&'static Service],
    req: &RawRequest<'_>,
    target: &str,
) -> Result<Route, RouteError> {
    let asked = match req.media_type() {
        "application/x-amz-json-1.0" => Protocol::AwsJson1_0,
        _ => Protocol::AwsJson1_1,
    };
    let (prefix, name) = target.rsplit_once('.').unwrap_or(("", target));
    let service = candidates
        .iter()
        .copied()
        .find(|s| s.target_prefix == Some(prefix));
    let json = |s: &Service| {
        let other = match asked {
            Protocol::AwsJson1_0 => Protocol::AwsJson1_1,
            _ => Protocol::AwsJson1_0,
        };
        [asked, other].into_iter().find(|p| s.speaks(*p))
    };
    let found = service.and_then(|s| Some((s, s.operation(name)?, json(s)?)));
    match found {
        Some((service, operation, protocol)) => Ok(Route {
            service,
            operation,
            protocol,
        }),
        None => Err(RouteError {
            protocol: service.and_then(json).unwrap_or(asked),
            service,
            error: unknown_operation(),
        }),
    }
}

/// rpcv2Cbor: `/service/Prefix/operation/Name`, below any path.
fn by_path(candidates: &[&'static Service], path: &str) -> Result<Route, RouteError> {
    let mut parts = path.rsplit('/');
    let (name, word) = (parts.next().unwrap_or_default(), parts.next());
    let (prefix, first) = (parts.next().unwrap_or_default(), parts.next());
    let protocol = Protocol::RpcV2Cbor;
    let service = candidates.iter().copied().find(|s| {
        // A name may be written with its namespace: com.amazonaws.logs.Logs_20140328.
        let short = prefix.rsplit('.').next();
        s.speaks(protocol) && s.target_prefix.is_some() && s.target_prefix == short
    });
    let well_formed = word == Some("operation") && first == Some("service");
    match service.and_then(|s| Some((s, s.operation(name)?))) {
        Some((service, operation)) if well_formed => Ok(Route {
            service,
            operation,
            protocol,
        }),
        _ => Err(RouteError {
            protocol,
            service,
            error: unknown_operation(),
        }),
    }
}

/// awsQuery and ec2Query: `Action` and `Version` in the query string or the body.
fn by_action(candidates: &[&'static Service], req: &RawRequest<'_>) -> Result<Route, RouteError> {
    let form = match req.media_type() {
        "application/x-www-form-urlencoded" => req.body,
        // aws CLI and SDKs always say so; a GET has no body to speak of.
        "" => req.body,
        _ => &[],
    };
    let action = query::find(req.query, form, "Action");
    let version = query::find(req.query, form, "Version");
    let speaks = |s: &Service| {
        [Protocol::AwsQuery, Protocol::Ec2Query]
            .into_iter()
            .find(|p| s.speaks(*p))
    };
    let mut service = None;
    for s in candidates.iter().copied() {
        let Some(protocol) = speaks(s) else {
            continue;
        };
        if version.as_deref().is_some_and(|v| v != s.api_version) && candidates.len() > 1 {
            continue;
        }
        let right_version = version.as_deref().is_none_or(|v| v == s.api_version);
        service = Some((s, protocol));
        if let Some(operation) = action.as_deref().and_then(|a| s.operation(a))
            && right_version
        {
            return Ok(Route {
                service: s,
                operation,
                protocol,
            });
        }
    }
    let error = match (&action, candidates.first()) {
        (Some(action), _) => {
            let version = version.as_deref().unwrap_or("");
            AwsError::new(
                "InvalidAction",
                format!("Could not find operation {action} for version {version}"),
            )
        }
        (None, Some(s)) if speaks(s).is_none() => unknown_operation(),
        (None, _) => AwsError::new(
            "MissingAction",
            "The request is missing an action or a required parameter.",
        ),
    };
    let first = candidates.first().copied();
    Err(RouteError {
        protocol: service
            .map(|s| s.1)
            .or_else(|| first.and_then(|s| s.protocols.first().copied()))
            .unwrap_or(Protocol::AwsQuery),
        service: service
            .map(|s| s.0)
            .or(first.filter(|_| candidates.len() == 1)),
        error,
    })
}

#[cfg(test)]
mod tests;
