//! What the fuzz targets do: everything that reads bytes of strangers, and none of it may panic,
//! overflow, hang or eat the memory. Where reading is followed by writing, what was written must be
//! read again.

use http::HeaderMap;
use rolecall_api::{Protocol, SERVICES};
use rolecall_federation::saml::{Metadata, Response};
use rolecall_federation::{Certificate, KeySet, PrivateKey, Token};
use rolecall_identity::TokenKey;
use rolecall_policy::{
    Context, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request, evaluate, explain,
};
use rolecall_sigv4::{AmzTime, BodyHash, RequestView, SigningKey};
use rolecall_wire::{RawRequest, Route, decode, encode_input, route, validate};

const KINDS: &[PolicyKind] = &[
    PolicyKind::Identity,
    PolicyKind::Managed,
    PolicyKind::Resource,
    PolicyKind::Trust,
    PolicyKind::Session,
    PolicyKind::Scp,
    PolicyKind::Rcp,
];

/// Policy documents: parsed and loaded as every kind, decided, explained, printed.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for kind in KINDS {
        let parsed = Policy::parse(text, *kind);
        let loaded = Policy::load(text, *kind);
        assert!(
            parsed.is_err() || loaded.is_ok(),
            "accepted, but cannot be loaded"
        );
        let Ok(policy) = loaded else {
            continue;
        };
        for statement in policy.statements() {
            let json = statement.json();
            let read = serde_json::from_str::<serde_json::Value>(json);
            assert!(read.is_ok(), "printed what is no JSON: {json}");
        }
        decide(&policy, *kind);
    }
}

fn decide(policy: &Policy, kind: PolicyKind) {
    let principal = Principal::role_session(
        "123456789012",
        "arn:aws:sts::123456789012:assumed-role/deploy/s1",
        "arn:aws:iam::123456789012:role/team/deploy",
        "AROADEPLOYEXAMPLE001",
        "s1",
    );
    let mut context = Context::new();
    context
        .set("aws:RequestedRegion", "us-east-1")
        .set("aws:PrincipalTag/team", "blue")
        .set("aws:SourceIp", "192.0.2.1")
        .set(
            "aws:SourceArn",
            "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
        )
        .set_epoch_s("aws:CurrentTime", 1_782_907_200)
        .set_int("ecs:task-cpu", 256)
        .set_bool("aws:SecureTransport", true)
        .set_list("aws:TagKeys", ["a", "b"]);
    let one = [NamedPolicy {
        name: "fuzz",
        policy,
    }];
    let levels: [&[NamedPolicy<'_>]; 1] = [&one];
    let mut layers = Layers::default();
    match kind {
        PolicyKind::Identity | PolicyKind::Managed => {
            layers.identity = &one;
            layers.boundary = Some(&one);
        }
        PolicyKind::Session => layers.session = Some(&one),
        PolicyKind::Resource | PolicyKind::Trust => layers.resource = one.first().copied(),
        PolicyKind::Scp => layers.scps = &levels,
        PolicyKind::Rcp => layers.rcps = &levels,
    }
    for (action, resource) in [
        (
            "ecs:RunTask",
            "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7",
        ),
        ("s3:GetObject", "arn:aws:s3:::bucket/alice/x"),
        (
            "sts:AssumeRole",
            "arn:aws:iam::123456789012:role/team/deploy",
        ),
        ("ecs:ListClusters", "*"),
    ] {
        let request = Request {
            principal: &principal,
            action,
            resource,
            resource_account: None,
            context: &context,
        };
        let decision = evaluate(&request, &layers);
        let _ = explain(&request, &layers, &decision);
        let _ = decision.denial_message(principal.arn, action, resource);
    }
}

/// Session tokens: the text itself, and the bytes as what was sealed.
pub fn token(data: &[u8]) {
    let Ok(key) = TokenKey::from_hex(&"0b".repeat(32)) else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(key.open(text).is_err(), "opened what nobody sealed");
        let _ = TokenKey::from_hex(text);
    }
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(data) else {
        return;
    };
    let Ok(sealed) = key.seal_as(b"RS1", &value, [7; 12]) else {
        return;
    };
    // Not held to be equal: numbers with fractions, which no claim has, may come back rounded.
    let opened = key.open_as::<serde_json::Value>(b"RS1", &sealed);
    assert!(opened.is_ok(), "what was sealed cannot be opened");
    if let Ok(claims) = key.open(&sealed) {
        let again = key.seal(&claims, [8; 12]).and_then(|text| key.open(&text));
        assert!(again.is_ok(), "what was opened cannot be opened again");
    }
    let mut altered = sealed.into_bytes();
    if let Some(byte) = altered.last_mut().filter(|byte| **byte != b'=') {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    let _ = std::str::from_utf8(&altered).map(|text| key.open(text));
}

/// Requests as lines: method, path, query, then headers; both forms of signature.
pub fn signature(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut text = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(method), Some(path), Some(query)) = (text(), text(), text()) else {
        return;
    };
    let mut headers: Vec<(&str, &[u8])> = Vec::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        if let (Ok(name), Some(value)) = (std::str::from_utf8(name), value.get(1..)) {
            headers.push((name, value));
        }
    }
    for body in [
        BodyHash::NotRead,
        BodyHash::Sha256(rolecall_sigv4::sha256(b"")),
    ] {
        let request = RequestView {
            method,
            path,
            query,
            headers: &headers,
            body,
        };
        let Ok(parsed) = rolecall_sigv4::parse(&request) else {
            continue;
        };
        let key = SigningKey::derive("secret", &parsed.date, &parsed.region, &parsed.service);
        let now = parsed.time;
        let policy = rolecall_sigv4::Policy::default();
        let _ = parsed.check(now, &policy, Some("ecs"));
        let _ = parsed.check_body(&[0; 32]);
        if let Err(error) = rolecall_sigv4::verify(&parsed, &key, &request, now, &policy) {
            for family in [rolecall_sigv4::Family::Json, rolecall_sigv4::Family::Query] {
                let _ = error.to_aws(family);
            }
        }
        let _ = rolecall_sigv4::verify(&parsed, &key, &request, AmzTime::from_unix_s(0), &policy);
    }
}

const PROTOCOLS: &[Protocol] = &[
    Protocol::AwsJson1_0,
    Protocol::AwsJson1_1,
    Protocol::AwsQuery,
    Protocol::Ec2Query,
    Protocol::RpcV2Cbor,
];

/// Bodies of requests: a byte for the protocol, one for the service, two for the operation, then
/// the body. What decodes must encode and decode again.
pub fn wire(data: &[u8]) {
    let [protocol, service, high, low, body @ ..] = data else {
        return;
    };
    let pick = |n: usize, count: usize| n.checked_rem(count).unwrap_or(0);
    let (Some(protocol), Some(service)) = (
        PROTOCOLS.get(pick((*protocol).into(), PROTOCOLS.len())),
        SERVICES.get(pick((*service).into(), SERVICES.len())),
    ) else {
        return;
    };
    let n = usize::from(u16::from_be_bytes([*high, *low]));
    let Some(operation) = service.operations.get(pick(n, service.operations.len())) else {
        return;
    };
    let headers = HeaderMap::new();
    let request = RawRequest {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
        body,
    };
    let _ = route(SERVICES, &request, None);
    let found = Route {
        service,
        operation,
        protocol: *protocol,
    };
    let Ok(value) = decode(&found, &request) else {
        return;
    };
    let _ = validate(service, operation.input, &value);
    let Ok(written) = encode_input(service, operation, *protocol, &value) else {
        return;
    };
    let again = RawRequest {
        body: &written.body,
        ..request
    };
    assert!(
        decode(&found, &again).is_ok(),
        "what was written is not read"
    );
}

/// JSON Web Tokens and sets of keys: a line of token, then a set.
pub fn jwt(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (first, second) = (parts.next().unwrap_or(data), parts.next().unwrap_or(data));
    let keys = KeySet::parse(second);
    let Ok(text) = std::str::from_utf8(first) else {
        return;
    };
    let Ok(token) = Token::parse(text) else {
        return;
    };
    let _ = (token.issuer().is_ok(), token.key_id().is_some());
    if let Ok(keys) = keys {
        let _ = keys.has(token.key_id());
        let _ = token.verify(&keys);
    }
}

const METADATA: &str = include_str!("../../crates/federation/tests/data/saml/metadata.xml");
const PRIVATE_KEY: &str = include_str!("../../crates/federation/tests/data/other.key");

/// SAML responses and metadata.
pub fn saml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let own = Metadata::parse(text);
    let theirs = Metadata::parse(METADATA);
    for metadata in [own, theirs].into_iter().flatten() {
        if let Ok(assertion) = Response::new(text).verify(&metadata.certificates, &[PRIVATE_KEY]) {
            let _ = assertion.attribute("https://aws.amazon.com/SAML/Attributes/Role");
        }
    }
}

/// Certificates and private keys.
pub fn certificate(data: &[u8]) {
    let certificate = Certificate::from_der(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Certificate::from_pem(text);
        let _ = Certificate::chain_from_pem(text);
        let _ = PrivateKey::from_pem(text);
    }
    if let Ok(certificate) = certificate {
        let _ = certificate.thumbprint();
        let _ = certificate.is_issued_by(&certificate);
    }
}
