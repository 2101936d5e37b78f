//! Refusals: everything that is signed is changed once, and must be noticed.

use super::*;
use crate::parse::parse;
use crate::request::sha256;
use crate::sign::{Credentials, SigningScope, presign, sign};
use proptest::prelude::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE//==";

fn now() -> AmzTime {
    AmzTime::parse_basic("20260301T101112Z").unwrap()
}

/// A request that a test may change after it was signed.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    fn ecs() -> Self {
        Self {
            method: "POST".into(),
            path: "/".into(),
            query: String::new(),
            headers: vec![
                ("host".into(), b"127.0.0.1:4566".to_vec()),
                (
                    "content-type".into(),
                    b"application/x-amz-json-1.1".to_vec(),
                ),
                (
                    "x-amz-target".into(),
                    b"AmazonEC2ContainerServiceV20141113.ListClusters".to_vec(),
                ),
            ],
            body: b"{}".to_vec(),
        }
    }

    fn view<R>(&self, run: impl FnOnce(&RequestView<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_slice()))
            .collect();
        run(&RequestView {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: BodyHash::Sha256(sha256(&self.body)),
        })
    }

    fn sign(mut self, service: &str, token: Option<&str>) -> Self {
        let added = self
            .view(|req| sign(req, &credentials(token), &scope(service)))
            .unwrap();
        self.headers.extend(
            added
                .into_iter()
                .map(|(n, v)| (n.to_owned(), v.into_bytes())),
        );
        self
    }

    fn presign(mut self, service: &str, token: Option<&str>, expires_s: u32) -> Self {
        let query = self.view(|req| presign(req, &credentials(token), &scope(service), expires_s));
        self.query = query.unwrap();
        self
    }

    fn header(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.headers.iter_mut().find(|(n, _)| n == name).unwrap().1
    }

    fn verify_at(&self, at: AmzTime) -> Result<(), AuthError> {
        self.view(|req| {
            let parsed = parse(req)?;
            let key = SigningKey::derive(SECRET, &parsed.date, &parsed.region, &parsed.service);
            verify(&parsed, &key, req, at, &Policy::default())
        })
    }

    fn verify(&self) -> Result<(), AuthError> {
        self.verify_at(now())
    }
}

fn credentials(session_token: Option<&str>) -> Credentials<'_> {
    Credentials {
        access_key_id: "AKIDEXAMPLE",
        secret_access_key: SECRET,
        session_token,
    }
}

fn scope(service: &str) -> SigningScope<'_> {
    SigningScope {
        region: "ap-northeast-1",
        service,
        time: now(),
    }
}

fn is_mismatch(result: &Result<(), AuthError>) -> bool {
    matches!(result, Err(AuthError::SignatureMismatch(_)))
}

#[test]
fn an_untouched_request_passes_in_both_forms() {
    for token in [None, Some(TOKEN)] {
        assert_eq!(Request::ecs().sign("ecs", token).verify(), Ok(()));
        assert_eq!(Request::ecs().presign("ecs", token, 60).verify(), Ok(()));
    }
}

#[test]
fn every_changed_byte_of_the_signature_is_refused() {
    let signed = Request::ecs().sign("ecs", None);
    let header = signed.clone().header("authorization").clone();
    let start = header.len() - 64;
    for at in start..header.len() {
        for flip in [1, 0x10, 0x20, 0x80] {
            let mut request = signed.clone();
            request.header("authorization")[at] ^= flip;
            assert!(request.verify().is_err(), "byte {at} with {flip:#x}");
        }
    }
    let mut shorter = signed.clone();
    shorter.header("authorization").pop();
    assert!(is_mismatch(&shorter.verify()));
    let mut longer = signed;
    longer.header("authorization").extend_from_slice(b"0");
    assert!(is_mismatch(&longer.verify()));
}

#[test]
fn every_changed_byte_of_the_header_is_refused() {
    let signed = Request::ecs().sign("ecs", None);
    let header = signed.clone().header("authorization").clone();
    for at in 0..header.len() {
        let mut request = signed.clone();
        request.header("authorization")[at] ^= 1;
        // The key id alone may change here: it is what the caller finds the secret by.
        if request.verify().is_ok() {
            let text = String::from_utf8(request.header("authorization").clone()).unwrap();
            let start = "AWS4-HMAC-SHA256 Credential=".len();
            assert!(
                (start..start + "AKIDEXAMPLE".len()).contains(&at),
                "accepted {text}"
            );
        }
    }
}

#[test]
fn what_is_signed_can_not_be_changed() {
    let signed = Request::ecs().sign("ecs", Some(TOKEN));
    let changes: [fn(&mut Request); 10] = [
        |r| r.body = b"{ }".to_vec(),
        |r| r.body.clear(),
        |r| r.method = "PUT".into(),
        |r| r.path = "/x".into(),
        |r| r.query = "a".into(),
        |r| *r.header("host") = b"127.0.0.1:4567".to_vec(),
        |r| *r.header("content-type") = b"application/json".to_vec(),
        |r| r.header("x-amz-target").push(b'X'),
        |r| r.header("x-amz-security-token").push(b'X'),
        |r| r.headers.retain(|(name, _)| name != "content-type"),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut request = signed.clone();
        change(&mut request);
        assert!(
            is_mismatch(&request.verify()),
            "change {number}: {:?}",
            request.verify()
        );
    }
    let mut second = signed.clone();
    second
        .headers
        .push(("content-type".into(), b"text/plain".to_vec()));
    assert!(is_mismatch(&second.verify()));
    let mut other_time = signed;
    *other_time.header("x-amz-date") = b"20260301T101113Z".to_vec();
    assert!(is_mismatch(&other_time.verify()));
}

#[test]
fn a_signed_header_that_is_empty_can_not_be_dropped() {
    let mut request = Request::ecs();
    request.headers.push(("x-amz-empty".into(), Vec::new()));
    let mut request = request.sign("ecs", None);
    assert_eq!(request.verify(), Ok(()));
    request.headers.retain(|(name, _)| name != "x-amz-empty");
    assert!(is_mismatch(&request.verify()));
}

#[test]
fn a_tampered_scope_is_refused() {
    let signed = Request::ecs().sign("ecs", None);
    let header = String::from_utf8(signed.clone().header("authorization").clone()).unwrap();
    for (from, to) in [
        ("AKIDEXAMPLE", "AKIDEXAMPLF"),
        ("/ap-northeast-1/", "/us-east-1/"),
        ("/ecs/", "/iam/"),
        ("/20260301/", "/20260302/"),
        ("aws4_request", "aws4_reques"),
        ("host;", ""),
        ("x-amz-target", "content-type"),
    ] {
        let mut request = signed.clone();
        *request.header("authorization") = header.replacen(from, to, 1).into_bytes();
        // Another key id alone can't be noticed here: its secret is what decides.
        assert_eq!(
            request.verify().is_ok(),
            from == "AKIDEXAMPLE",
            "{from} -> {to}"
        );
    }
    let wrong = signed.view(|req| {
        let parsed = parse(req)?;
        let key = SigningKey::derive("another", &parsed.date, &parsed.region, &parsed.service);
        verify(&parsed, &key, req, now(), &Policy::default())
    });
    assert!(is_mismatch(&wrong));
    let other = signed.view(|req| parse(req)?.check(now(), &Policy::default(), Some("iam")));
    assert_eq!(
        other,
        Err(AuthError::Scope(ScopeFault {
            service: Some("iam".into()),
            ..Default::default()
        }))
    );
}

#[test]
fn the_window_is_fifteen_minutes_both_ways() {
    let header = Request::ecs().sign("ecs", None);
    for seconds in [-900, 0, 900] {
        assert_eq!(header.verify_at(now().plus_s(seconds)), Ok(()), "{seconds}");
    }
    assert!(matches!(
        header.verify_at(now().plus_s(901)),
        Err(AuthError::Expired { .. })
    ));
    assert!(matches!(
        header.verify_at(now().plus_s(-901)),
        Err(AuthError::NotYetCurrent { .. })
    ));
}

#[test]
fn presigned_requests_end_when_they_say() {
    let s3 = Request {
        method: "GET".into(),
        body: Vec::new(),
        ..Request::ecs()
    };
    let week = s3.clone().presign("s3", None, 604_800);
    assert_eq!(week.verify_at(now().plus_s(604_800)), Ok(()));
    assert!(matches!(
        week.verify_at(now().plus_s(604_801)),
        Err(AuthError::Expired { .. })
    ));
    assert!(matches!(
        week.verify_at(now().plus_s(-901)),
        Err(AuthError::NotYetCurrent { .. })
    ));
    // Elsewhere the fifteen minutes hold however long the signer asked for.
    let sts = s3.clone().presign("sts", None, 604_800);
    assert_eq!(sts.verify_at(now().plus_s(900)), Ok(()));
    assert!(sts.verify_at(now().plus_s(901)).is_err());
    let short = s3.presign("sts", None, 60);
    assert_eq!(short.verify_at(now().plus_s(60)), Ok(()));
    assert!(short.verify_at(now().plus_s(61)).is_err());
    let mut longer = short;
    longer.query = longer
        .query
        .replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    assert!(is_mismatch(&longer.verify()));
}

#[test]
fn payload_words_are_for_s3_alone() {
    let put = Request {
        method: "PUT".into(),
        ..Request::ecs()
    };
    let mut s3 = put.clone().sign("s3", None);
    assert_eq!(s3.verify(), Ok(()));
    s3.body.push(b' ');
    assert!(matches!(
        s3.verify(),
        Err(AuthError::ContentSha256Mismatch { .. })
    ));

    let not_read = |service: &str| {
        let mut request = put.clone();
        let headers: Vec<(&str, &[u8])> = put
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_slice()))
            .collect();
        let view = RequestView {
            method: "PUT",
            path: "/",
            query: "",
            headers: &headers,
            body: BodyHash::NotRead,
        };
        let added = sign(&view, &credentials(None), &scope(service)).unwrap();
        request.headers.extend(
            added
                .into_iter()
                .map(|(n, v)| (n.to_owned(), v.into_bytes())),
        );
        request
    };
    assert_eq!(not_read("s3").verify(), Ok(()));
    assert!(is_mismatch(&not_read("ecs").verify()));

    let mut streaming = put.sign("s3", None);
    *streaming.header("x-amz-content-sha256") = b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_vec();
    assert_eq!(streaming.verify(), Err(AuthError::StreamingUnsupported));
    streaming
        .headers
        .retain(|(name, _)| name != "x-amz-content-sha256");
    assert_eq!(streaming.verify(), Err(AuthError::ContentSha256Required));
}

#[test]
fn a_body_still_to_be_read_counts_as_declared() {
    let signed = Request::ecs().sign("s3", None);
    signed.view(|req| {
        let view = RequestView {
            body: BodyHash::NotRead,
            ..*req
        };
        let parsed = parse(&view).unwrap();
        let key = SigningKey::derive(SECRET, &parsed.date, &parsed.region, &parsed.service);
        assert_eq!(
            verify(&parsed, &key, &view, now(), &Policy::default()),
            Ok(())
        );
        assert_eq!(parsed.check_body(&sha256(b"{}")), Ok(()));
        assert!(parsed.check_body(&sha256(b"{ }")).is_err());
    });
    // A service whose clients declare nothing needs the body first.
    Request::ecs().sign("ecs", None).view(|req| {
        let view = RequestView {
            body: BodyHash::NotRead,
            ..*req
        };
        let parsed = parse(&view).unwrap();
        let key = SigningKey::derive(SECRET, &parsed.date, &parsed.region, &parsed.service);
        let result = verify(&parsed, &key, &view, now(), &Policy::default());
        assert_eq!(result, Err(AuthError::ContentSha256Required));
        assert!(parsed.check_body(&sha256(b"{}")).is_err());
    });
}

#[test]
fn a_mismatch_shows_no_token() {
    for mut request in [
        Request::ecs().sign("ecs", Some(TOKEN)),
        Request::ecs().presign("ecs", Some(TOKEN), 60),
    ] {
        request.body.push(b' ');
        let Err(AuthError::SignatureMismatch(mismatch)) = request.verify() else {
            panic!("accepted");
        };
        assert!(
            mismatch.canonical_request.contains("(redacted)"),
            "{mismatch:?}"
        );
        assert!(
            !mismatch.canonical_request.contains("IQoJb3"),
            "{mismatch:?}"
        );
        assert!(mismatch.canonical_request.starts_with("POST\n/\n"));
        assert!(
            mismatch
                .string_to_sign
                .starts_with("AWS4-HMAC-SHA256\n20260301T101112Z\n")
        );
        let shown = request.view(|req| format!("{:?}", parse(req).unwrap()));
        assert!(!shown.contains("IQoJb3"), "{shown}");
    }
}

/// The examples of "Authenticating requests" in the S3 API Reference.
#[test]
fn documented_s3_examples() {
    let at = AmzTime::parse_basic("20130524T000000Z").unwrap();
    let get = Request {
        method: "GET".into(),
        path: "/test.txt".into(),
        query: String::new(),
        headers: vec![
            ("Host".into(), b"examplebucket.s3.amazonaws.com".to_vec()),
            ("Range".into(), b"bytes=0-9".to_vec()),
        ],
        body: Vec::new(),
    };
    let key = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE",
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        session_token: None,
    };
    let scope = SigningScope {
        region: "us-east-1",
        service: "s3",
        time: at,
    };
    let added = get.view(|req| sign(req, &key, &scope)).unwrap();
    let authorization = &added.last().unwrap().1;
    assert!(
        authorization.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        "{authorization}"
    );
    let mut link = get;
    link.headers.pop();
    let query = link.view(|req| presign(req, &key, &scope, 86_400)).unwrap();
    assert!(
        query.ends_with("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
        "{query}"
    );
}

fn any_request() -> impl Strategy<Value = Request> {
    let value = proptest::collection::vec(
        any::<u8>().prop_filter("not in headers", |b| !matches!(b, 0 | b'\r' | b'\n')),
        0..20,
    );
    (
        "(/([a-zA-Z0-9._~ :=+-]|%[0-9A-Fa-f]{2}|é){0,8}){0,4}/?",
        "([a-zA-Z0-9._~+-]|%[0-9A-F]{2}|&|=|é|/){0,30}",
        proptest::collection::vec(("x-[a-z]{1,6}", value), 0..4),
        proptest::collection::vec(any::<u8>(), 0..40),
    )
        .prop_map(|(path, query, headers, body)| {
            let mut request = Request {
                path,
                query,
                body,
                ..Request::ecs()
            };
            request.headers.extend(headers);
            request
        })
}

proptest! {
    #[test]
    fn what_is_signed_verifies(request in any_request(), s3: bool, token: bool) {
        let service = if s3 { "s3" } else { "ecs" };
        let token = token.then_some(TOKEN);
        prop_assert_eq!(request.clone().sign(service, token).verify(), Ok(()));
        prop_assert_eq!(request.presign(service, token, 60).verify(), Ok(()));
    }

    #[test]
    fn another_body_never_passes(request in any_request(), extra: u8) {
        let mut header = request.clone().sign("ecs", None);
        header.body.push(extra);
        prop_assert!(header.verify().is_err());
        let mut query = request.presign("ecs", None, 60);
        query.body.push(extra);
        prop_assert!(query.verify().is_err());
    }

    #[test]
    fn nonsense_never_panics_and_never_passes(
        path in ".*", query in ".*", authorization in ".*", date in ".*",
        raw in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut request = Request { path, query, ..Request::ecs() };
        request.headers.push(("x-amz-date".into(), date.into_bytes()));
        request.headers.push(("authorization".into(), authorization.clone().into_bytes()));
        prop_assert!(request.verify().is_err());
        *request.header("authorization") = raw;
        prop_assert!(request.verify().is_err());
        *request.header("authorization") = format!("AWS4-HMAC-SHA256 {authorization}").into_bytes();
        prop_assert!(request.verify().is_err());
        request.headers.retain(|(name, _)| name != "authorization");
        request.query = format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&{}", request.query);
        prop_assert!(request.verify().is_err());
    }
}
