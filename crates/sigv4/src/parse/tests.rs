//! What is read and what is refused, by the text that a client gets.

use super::*;
use crate::aws::Family;
use crate::request::BodyHash;

const GOOD: &str = "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/iam/aws4_request, \
    SignedHeaders=host;x-amz-date, Signature=00";
const CREDENTIAL: &str = "X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fsts%2Faws4_request";

fn with<R>(
    query: &str,
    headers: &[(&str, &str)],
    run: impl FnOnce(Result<Parsed<'_>, AuthError>) -> R,
) -> R {
    let mut all: Vec<(&str, &[u8])> = vec![("Host", b"iam.amazonaws.com")];
    all.extend(headers.iter().map(|(n, v)| (*n, v.as_bytes())));
    run(parse(&RequestView {
        method: "GET",
        path: "/",
        query,
        headers: &all,
        body: BodyHash::NotRead,
    }))
}

fn refusal(query: &str, headers: &[(&str, &str)]) -> String {
    with(query, headers, |parsed| {
        let error = parsed.unwrap_err().to_aws(Family::Query);
        format!("{} {}: {}", error.status, error.code, error.message)
    })
}

fn header_refusal(authorization: &str) -> String {
    refusal(
        "",
        &[
            ("Authorization", authorization),
            ("X-Amz-Date", "20150830T123600Z"),
        ],
    )
}

#[test]
fn the_header_form_is_read() {
    for text in [
        GOOD.to_owned(),
        GOOD.replace(", ", ","),
        GOOD.replace(", ", " ,  "),
        GOOD.replace(", ", " "),
        format!("  {GOOD}  "),
    ] {
        let headers = [
            ("authorization", text.as_str()),
            ("X-AMZ-DATE", "20150830T123600Z"),
            ("X-Amz-Security-Token", "token"),
        ];
        with("", &headers, |parsed| {
            let parsed = parsed.unwrap();
            assert_eq!(parsed.form, Form::Header);
            assert_eq!(parsed.access_key_id, "AKID");
            assert_eq!(
                (&*parsed.date, &*parsed.region, &*parsed.service),
                ("20150830", "us-east-1", "iam")
            );
            assert_eq!(parsed.signed_headers, "host;x-amz-date");
            assert_eq!(parsed.security_token.as_deref(), Some("token"));
            assert_eq!(parsed.payload, Payload::Undeclared);
        });
    }
    let http = [
        ("Authorization", GOOD),
        ("Date", "Sun, 30 Aug 2015 12:36:00 GMT"),
    ];
    with("", &http, |parsed| {
        assert_eq!(parsed.unwrap().time.to_string(), "20150830T123600Z")
    });
}

#[test]
fn the_query_form_is_read() {
    let query = format!(
        "Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256&{CREDENTIAL}\
         &X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
         &X-Amz-Security-Token=a%2Fb&X-Amz-Signature=00"
    );
    with(&query, &[], |parsed| {
        let parsed = parsed.unwrap();
        assert_eq!(parsed.form, Form::Query);
        assert_eq!((&*parsed.access_key_id, &*parsed.service), ("AKID", "sts"));
        assert_eq!(parsed.security_token.as_deref(), Some("a/b"));
        assert_eq!(parsed.expires_s, Some(60));
    });
    for (expires, text) in [
        ("0", "X-Amz-Expires must be non-negative"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("604801", "X-Amz-Expires must be less than a week"),
        (
            "99999999999999999999",
            "X-Amz-Expires must be less than a week",
        ),
        ("1h", "X-Amz-Expires should be a number"),
        ("", "X-Amz-Expires should be a number"),
    ] {
        let query = query.replace("X-Amz-Expires=60", &format!("X-Amz-Expires={expires}"));
        let refusal = refusal(&query, &[]);
        assert!(
            refusal.starts_with(&format!("400 IncompleteSignature: {text}")),
            "{refusal}"
        );
    }
    assert!(refusal(&format!("{query}&X-Amz-Date=20150830T123600Z"), &[]).contains("repeated"));
    let both = refusal(&query, &[("Authorization", GOOD)]);
    assert!(both.contains("Found both 'X-Amz-Algorithm'"), "{both}");
    let token = refusal(&query, &[("X-Amz-Security-Token", "c")]);
    assert!(token.contains("must not be repeated"), "{token}");
}

#[test]
fn no_signature_is_a_missing_token() {
    let missing =
        "403 MissingAuthenticationToken: Request is missing Authentication Token".to_owned();
    assert_eq!(refusal("", &[]), missing);
    assert_eq!(header_refusal("Basic QVdTOnBhc3N3b3Jk"), missing);
    assert_eq!(header_refusal("AWS AKID:signature"), missing);
    assert_eq!(header_refusal(""), missing);
}

#[test]
fn missing_parts_are_all_named_and_the_header_is_not_shown() {
    let none = refusal("", &[("Authorization", "AWS4-HMAC-SHA256")]);
    assert_eq!(
        none,
        "400 IncompleteSignature: Authorization header requires 'Credential' parameter. \
         Authorization header requires 'Signature' parameter. Authorization header requires \
         'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
         Authorization=tA0VZ5Lx4c+sGyzB3hFGiA7ip2qRwIlTEeIg8OPyJJo="
            .replace(
                "tA0VZ5Lx4c+sGyzB3hFGiA7ip2qRwIlTEeIg8OPyJJo=",
                &header_hash(b"AWS4-HMAC-SHA256")
            )
    );
    let blank = header_refusal("AWS4-HMAC-SHA256 Credential= AKID/x, SignedHeaders=host");
    assert!(
        blank.starts_with("400 IncompleteSignature: Invalid key=value pair (missing equal-sign)"),
        "{blank}"
    );
    assert!(!blank.contains("AKID"));
    let query = refusal(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20150830T123600Z",
        &[],
    );
    assert_eq!(
        query,
        "400 IncompleteSignature: AWS query-string parameters must include 'X-Amz-Credential'. \
         AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters \
         must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters."
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let date = |text: &str| refusal("", &[("Authorization", GOOD), ("X-Amz-Date", text)]);
    assert_eq!(
        date("201"),
        "400 IncompleteSignature: Date must be in ISO-8601 'basic format'. Got '201'. See \
         http://en.wikipedia.org/wiki/ISO_8601"
    );
    assert_eq!(
        date("20150831T000000Z"),
        "403 SignatureDoesNotMatch: Date in Credential scope does not match YYYYMMDD from \
         ISO-8601 version of date from HTTP. "
    );
    for (from, to, text) in [
        (
            "host;",
            "",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            "HMAC-SHA256",
            "HMAC-SHA512",
            "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'.",
        ),
        (
            "AKID/20150830/us-east-1/iam/aws4_request",
            "AKID",
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got 'AKID'",
        ),
        (
            "us-east-1",
            "",
            "Credential should be scoped to a valid region. ",
        ),
        (
            "aws4_request",
            "aws3_request",
            "Credential should be scoped with a valid terminator: 'aws4_request'. ",
        ),
    ] {
        let refusal = header_refusal(&GOOD.replace(from, to));
        assert!(refusal.ends_with(text), "{refusal}");
    }
    let twice = header_refusal(&GOOD.replace("Signature=00", "Signature=00, Signature=01"));
    assert!(twice.contains("more than one 'Signature'"), "{twice}");
}

#[test]
fn steering_headers_must_be_signed() {
    let headers = [
        ("Authorization", GOOD),
        ("X-Amz-Date", "20150830T123600Z"),
        (
            "X-Amz-Target",
            "AmazonEC2ContainerServiceV20141113.DeleteCluster",
        ),
    ];
    assert_eq!(
        refusal("", &headers),
        "403 SignatureDoesNotMatch: There were headers present in the request which were not \
         signed: x-amz-target"
    );
    let repeated = [("Authorization", GOOD), ("Authorization", GOOD)];
    assert!(refusal("", &repeated).contains("repeated"));
    let dates = [
        ("Authorization", GOOD),
        ("X-Amz-Date", "20150830T123600Z"),
        ("x-amz-date", "20150830T123601Z"),
    ];
    assert!(refusal("", &dates).contains("repeated"));
    let hosts = [
        ("Authorization", GOOD),
        ("X-Amz-Date", "20150830T123600Z"),
        ("host", "elsewhere"),
    ];
    assert!(refusal("", &hosts).contains("'Host'"));
}
