//! Refusals in AWS's words: code, message and HTTP status by family of protocols.
//!
//! Where the sources disagree, `docs/decisions/0003-authentication-errors.md` says what was
//! chosen and why.

use crate::error::{AuthError, ScopeFault};
use crate::time::AmzTime;

/// The families whose authentication errors differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// awsQuery: IAM, STS, CloudFormation, ELB, RDS.
    Query,
    /// ec2Query: EC2.
    Ec2,
    /// awsJson1.0 and 1.1: ECS, ECR, Logs, SSM, Secrets Manager, DynamoDB.
    Json,
    /// restJson1: Lambda, EKS.
    RestJson,
    /// restXml: S3.
    S3,
}

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAuthError {
    /// The code (`__type` in JSON).
    pub code: &'static str,
    /// The message.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

/// The codes of the common errors, before a family names them.
#[derive(Clone, Copy)]
enum Kind {
    Missing,
    Incomplete,
    UnknownKey,
    Signature,
    ExpiredToken,
    Query,
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";
const NOT_SIGNED: &str = "There were headers present in the request which were not signed";

impl AuthError {
    /// The error that AWS gives for this refusal.
    #[must_use]
    pub fn to_aws(&self, family: Family) -> AwsAuthError {
        match family {
            Family::S3 => s3(self),
            Family::Ec2 => ec2(self),
            Family::Query | Family::Json | Family::RestJson => {
                let (kind, message) = common(self);
                let (code, status) = name(kind, family);
                AwsAuthError {
                    code,
                    message,
                    status,
                }
            }
        }
    }
}

fn name(kind: Kind, family: Family) -> (&'static str, u16) {
    let (query, query_status, json) = match kind {
        Kind::Missing => (
            "MissingAuthenticationToken",
            403,
            "MissingAuthenticationTokenException",
        ),
        Kind::Incomplete => ("IncompleteSignature", 400, "IncompleteSignatureException"),
        Kind::UnknownKey => ("InvalidClientTokenId", 403, "UnrecognizedClientException"),
        Kind::Signature => ("SignatureDoesNotMatch", 403, "InvalidSignatureException"),
        Kind::ExpiredToken => ("ExpiredToken", 403, "ExpiredTokenException"),
        Kind::Query => ("MalformedQueryString", 400, "MalformedQueryStringException"),
    };
    match family {
        Family::Json => (json, 400),
        Family::RestJson => (json, 403),
        Family::Query | Family::Ec2 | Family::S3 => (query, query_status),
    }
}

fn common(error: &AuthError) -> (Kind, String) {
    let text = |kind, text: &str| (kind, text.to_owned());
    match error {
        AuthError::Missing => text(Kind::Missing, "Request is missing Authentication Token"),
        AuthError::BothForms => text(
            Kind::Signature,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP \
             header.",
        ),
        AuthError::IncompleteHeader(message) | AuthError::IncompleteQuery(message) => {
            text(Kind::Incomplete, message)
        }
        AuthError::UnknownAlgorithm(name) => (
            Kind::Incomplete,
            format!("Unsupported AWS 'algorithm': '{name}'."),
        ),
        AuthError::MalformedCredential(given) => (Kind::Incomplete, five_parts(given)),
        AuthError::MalformedDate(given) => (
            Kind::Incomplete,
            format!(
                "Date must be in ISO-8601 'basic format'. Got '{given}'. \
                 See http://en.wikipedia.org/wiki/ISO_8601"
            ),
        ),
        AuthError::HostNotSigned => text(
            Kind::Signature,
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        AuthError::HeadersNotSigned(names) => (
            Kind::Signature,
            format!("{NOT_SIGNED}: {}", names.join(", ")),
        ),
        AuthError::MalformedQuery | AuthError::MalformedPath => {
            text(Kind::Query, "The query string contains a syntax error.")
        }
        AuthError::Scope(fault) => (Kind::Signature, scope(fault)),
        AuthError::Expired {
            signed_at,
            limit,
            now,
            window_s,
            ..
        } => (
            Kind::Signature,
            expired(*signed_at, *limit, *now, *window_s),
        ),
        AuthError::NotYetCurrent {
            signed_at,
            limit,
            now,
            window_s,
            ..
        } => (
            Kind::Signature,
            format!(
                "Signature not yet current: {signed_at} is still later than {limit} \
                 ({now} + {})",
                window(*window_s)
            ),
        ),
        AuthError::BadExpires(message) => text(Kind::Incomplete, message),
        AuthError::SignatureMismatch(_)
        | AuthError::MalformedContentSha256
        | AuthError::ContentSha256Required
        | AuthError::ContentSha256Mismatch { .. }
        | AuthError::StreamingUnsupported => text(Kind::Signature, MISMATCH),
        AuthError::UnknownAccessKey => text(
            Kind::UnknownKey,
            "The security token included in the request is invalid.",
        ),
        AuthError::InvalidToken => text(
            Kind::UnknownKey,
            "The security token included in the request is invalid",
        ),
        AuthError::ExpiredToken => text(
            Kind::ExpiredToken,
            "The security token included in the request is expired",
        ),
    }
}

fn five_parts(given: &str) -> String {
    format!(
        "Credential must have exactly 5 slash-delimited elements, e.g. \
         keyid/date/region/service/term, got '{given}'"
    )
}

fn window(seconds: i64) -> String {
    if seconds % 60 == 0 {
        format!("{} min.", seconds / 60)
    } else {
        format!("{seconds} sec.")
    }
}

fn expired(signed_at: AmzTime, limit: AmzTime, now: AmzTime, window_s: i64) -> String {
    format!(
        "Signature expired: {signed_at} is now earlier than {limit} ({now} - {})",
        window(window_s)
    )
}

fn scope(fault: &ScopeFault) -> String {
    let mut text = String::new();
    if fault.region {
        text.push_str("Credential should be scoped to a valid region. ");
    }
    if let Some(service) = &fault.service {
        text.push_str(&format!(
            "Credential should be scoped to correct service: '{service}'. "
        ));
    }
    if fault.terminator {
        text.push_str("Credential should be scoped with a valid terminator: 'aws4_request'. ");
    }
    if fault.date {
        text.push_str(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP. ",
        );
    }
    text
}

/// EC2 folds most failures into `AuthFailure` (EC2 API Reference, "Error codes").
fn ec2(error: &AuthError) -> AwsAuthError {
    let (code, message, status) = match error {
        AuthError::Expired { .. } | AuthError::NotYetCurrent { .. } | AuthError::ExpiredToken => {
            ("RequestExpired", "Request has expired.".to_owned(), 400)
        }
        AuthError::MalformedCredential(given) => ("AuthFailure", five_parts(given), 401),
        AuthError::Scope(fault) => ("AuthFailure", scope(fault), 401),
        AuthError::Missing => {
            let (code, status) = name(Kind::Missing, Family::Ec2);
            (code, common(error).1, status)
        }
        _ => (
            "AuthFailure",
            "AWS was not able to validate the provided access credentials".to_owned(),
            401,
        ),
    };
    AwsAuthError {
        code,
        message,
        status,
    }
}

/// S3's own codes (S3 API Reference, "Error responses").
fn s3(error: &AuthError) -> AwsAuthError {
    let malformed = |detail: &str| {
        (
            "AuthorizationHeaderMalformed",
            format!("The authorization header is malformed; {detail}"),
            400,
        )
    };
    let (code, message, status) = match error {
        AuthError::Missing => ("AccessDenied", "Access Denied".to_owned(), 403),
        AuthError::BothForms => (
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature \
             query string parameter or the Authorization header should be specified"
                .to_owned(),
            400,
        ),
        AuthError::IncompleteHeader(detail) => malformed(detail),
        AuthError::MalformedCredential(_) => malformed(
            "the Credential is mal-formed; expecting \
             \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        ),
        AuthError::Scope(fault) => malformed(scope(fault).trim_end()),
        AuthError::IncompleteQuery(_) => (
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, \
             X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
             X-Amz-Expires parameters."
                .to_owned(),
            400,
        ),
        AuthError::BadExpires(text) => {
            ("AuthorizationQueryParametersError", (*text).to_owned(), 400)
        }
        AuthError::UnknownAlgorithm(_) => (
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use \
             AWS4-HMAC-SHA256."
                .to_owned(),
            400,
        ),
        AuthError::MalformedDate(_) => (
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header".to_owned(),
            403,
        ),
        AuthError::HostNotSigned | AuthError::HeadersNotSigned(_) => {
            ("AccessDenied", NOT_SIGNED.to_owned(), 403)
        }
        AuthError::Expired { .. } | AuthError::NotYetCurrent { .. } => s3_time(error),
        _ => s3_content(error),
    };
    AwsAuthError {
        code,
        message,
        status,
    }
}

fn s3_time(error: &AuthError) -> (&'static str, String, u16) {
    match error {
        AuthError::Expired {
            presigned: true, ..
        } => ("AccessDenied", "Request has expired".to_owned(), 403),
        AuthError::NotYetCurrent {
            presigned: true, ..
        } => ("AccessDenied", "Request is not yet valid".to_owned(), 403),
        _ => (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.".to_owned(),
            403,
        ),
    }
}

fn s3_content(error: &AuthError) -> (&'static str, String, u16) {
    let (code, message, status) = match error {
        AuthError::MalformedQuery | AuthError::MalformedPath => {
            ("InvalidURI", "Couldn't parse the specified URI.", 400)
        }
        AuthError::MalformedContentSha256 => (
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
             STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
             STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            400,
        ),
        AuthError::ContentSha256Required => (
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
            400,
        ),
        AuthError::ContentSha256Mismatch { .. } => (
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        ),
        AuthError::StreamingUnsupported => (
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            501,
        ),
        AuthError::UnknownAccessKey => (
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
        ),
        AuthError::InvalidToken => (
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
            400,
        ),
        AuthError::ExpiredToken => ("ExpiredToken", "The provided token has expired.", 400),
        _ => (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check \
             your key and signing method.",
            403,
        ),
    };
    (code, message.to_owned(), status)
}

#[cfg(test)]
mod tests;
