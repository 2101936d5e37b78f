//! The table of refusals, by family.

use super::*;
use crate::error::Mismatch;

fn all() -> Vec<(AuthError, [(&'static str, u16); 5])> {
    let at = AmzTime::from_unix_s(0);
    let mismatch = Mismatch {
        canonical_request: String::new(),
        string_to_sign: String::new(),
    };
    let old = AuthError::Expired {
        signed_at: at,
        limit: at,
        now: at,
        window_s: 900,
        presigned: false,
    };
    // Query, Json, RestJson, Ec2, S3.
    vec![
        (
            AuthError::Missing,
            [
                ("MissingAuthenticationToken", 403),
                ("MissingAuthenticationTokenException", 400),
                ("MissingAuthenticationTokenException", 403),
                ("MissingAuthenticationToken", 403),
                ("AccessDenied", 403),
            ],
        ),
        (
            AuthError::UnknownAccessKey,
            [
                ("InvalidClientTokenId", 403),
                ("UnrecognizedClientException", 400),
                ("UnrecognizedClientException", 403),
                ("AuthFailure", 401),
                ("InvalidAccessKeyId", 403),
            ],
        ),
        (
            AuthError::SignatureMismatch(Box::new(mismatch)),
            [
                ("SignatureDoesNotMatch", 403),
                ("InvalidSignatureException", 400),
                ("InvalidSignatureException", 403),
                ("AuthFailure", 401),
                ("SignatureDoesNotMatch", 403),
            ],
        ),
        (
            old,
            [
                ("SignatureDoesNotMatch", 403),
                ("InvalidSignatureException", 400),
                ("InvalidSignatureException", 403),
                ("RequestExpired", 400),
                ("RequestTimeTooSkewed", 403),
            ],
        ),
        (
            AuthError::ExpiredToken,
            [
                ("ExpiredToken", 403),
                ("ExpiredTokenException", 400),
                ("ExpiredTokenException", 403),
                ("RequestExpired", 400),
                ("ExpiredToken", 400),
            ],
        ),
        (
            AuthError::IncompleteHeader("x".into()),
            [
                ("IncompleteSignature", 400),
                ("IncompleteSignatureException", 400),
                ("IncompleteSignatureException", 403),
                ("AuthFailure", 401),
                ("AuthorizationHeaderMalformed", 400),
            ],
        ),
    ]
}

#[test]
fn codes_and_statuses() {
    let families = [
        Family::Query,
        Family::Json,
        Family::RestJson,
        Family::Ec2,
        Family::S3,
    ];
    for (error, expected) in all() {
        for (family, expected) in families.into_iter().zip(expected) {
            let aws = error.to_aws(family);
            assert_eq!((aws.code, aws.status), expected, "{error:?} in {family:?}");
            assert!(!aws.message.is_empty());
        }
    }
}

#[test]
fn clock_messages() {
    let now = AmzTime::parse_basic("20220127T015928Z").unwrap();
    let expired = AuthError::Expired {
        signed_at: AmzTime::parse_basic("20220127T001427Z").unwrap(),
        limit: now.plus_s(-900),
        now,
        window_s: 900,
        presigned: false,
    };
    assert_eq!(
        expired.to_aws(Family::Query).message,
        "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z \
         (20220127T015928Z - 15 min.)"
    );
    let now = AmzTime::parse_basic("20190304T212815Z").unwrap();
    let early = AuthError::NotYetCurrent {
        signed_at: AmzTime::parse_basic("20190305T002809Z").unwrap(),
        limit: now.plus_s(900),
        now,
        window_s: 900,
        presigned: false,
    };
    assert_eq!(
        early.to_aws(Family::Json).message,
        "Signature not yet current: 20190305T002809Z is still later than 20190304T214315Z \
         (20190304T212815Z + 15 min.)"
    );
}

#[test]
fn scope_messages_name_every_fault() {
    let fault = ScopeFault {
        region: true,
        service: Some("iam".into()),
        terminator: true,
        date: false,
    };
    assert_eq!(
        AuthError::Scope(fault).to_aws(Family::Query).message,
        "Credential should be scoped to a valid region. Credential should be scoped to correct \
         service: 'iam'. Credential should be scoped with a valid terminator: 'aws4_request'. "
    );
}
