//! Requests as the SDKs send them, and those that go nowhere.

use http::{HeaderMap, HeaderName, HeaderValue};
use rolecall_api::SERVICES;

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
        .collect()
}

/// Where the request goes, as text.
fn went(
    pairs: &[(&'static str, &'static str)],
    path: &str,
    query: &str,
    body: &str,
    scope: Option<&str>,
) -> String {
    let headers = headers(pairs);
    let req = RawRequest {
        method: "POST",
        path,
        query,
        headers: &headers,
        body: body.as_bytes(),
    };
    match route(SERVICES, &req, scope) {
        Ok(r) => format!("{} {} {:?}", r.service.id, r.operation.name, r.protocol),
        Err(e) => {
            assert_eq!(e.error.status, 400);
            format!("{:?} {}", e.protocol, e.error)
        }
    }
}

const FORM: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=utf-8",
);
const RUN_TASK: (&str, &str) = ("x-amz-target", "AmazonEC2ContainerServiceV20141113.RunTask");

#[test]
fn json_goes_by_target() {
    let json = ("content-type", "application/x-amz-json-1.1");
    assert_eq!(
        went(&[json, RUN_TASK], "/", "", "{}", Some("ecs")),
        "ecs RunTask AwsJson1_1"
    );
    assert_eq!(
        went(&[json, RUN_TASK], "/", "", "{}", None),
        "ecs RunTask AwsJson1_1"
    );
    // A target of another service than the signature's is not honoured.
    assert_eq!(
        went(&[json, RUN_TASK], "/", "", "{}", Some("ecr")),
        "AwsJson1_1 UnknownOperationException: "
    );
    assert_eq!(
        went(
            &[json, ("x-amz-target", "Logs_20140328.Fly")],
            "/",
            "",
            "{}",
            Some("logs")
        ),
        "AwsJson1_1 UnknownOperationException: "
    );
}

#[test]
fn query_goes_by_action_and_version() {
    let body = "Action=GetRole&Version=2010-05-08&RoleName=r";
    assert_eq!(
        went(&[FORM], "/", "", body, Some("iam")),
        "iam GetRole AwsQuery"
    );
    assert_eq!(went(&[FORM], "/", "", body, None), "iam GetRole AwsQuery");
    assert_eq!(
        went(
            &[],
            "/",
            "Action=GetCallerIdentity&Version=2011-06-15",
            "",
            Some("sts")
        ),
        "sts GetCallerIdentity AwsQuery"
    );
    assert_eq!(
        went(
            &[FORM],
            "/",
            "",
            "Action=Fly&Version=2010-05-08",
            Some("iam")
        ),
        "AwsQuery InvalidAction: Could not find operation Fly for version 2010-05-08"
    );
    assert_eq!(
        went(&[FORM], "/", "", "Action=GetRole&Version=1", Some("iam")),
        "AwsQuery InvalidAction: Could not find operation GetRole for version 1"
    );
    assert_eq!(
        went(&[FORM], "/", "", body, Some("sts")),
        "AwsQuery InvalidAction: Could not find operation GetRole for version 2010-05-08"
    );
    assert_eq!(
        went(&[FORM], "/", "", "", Some("iam")),
        "AwsQuery MissingAction: The request is missing an action or a required parameter."
    );
}

#[test]
fn a_scope_of_no_service_of_ours_goes_nowhere() {
    let body = "Action=GetRole&Version=2010-05-08";
    assert_eq!(
        went(&[FORM], "/", "", body, Some("moon")),
        "AwsQuery InvalidAction: Could not find operation GetRole for version 2010-05-08"
    );
    assert_eq!(
        went(&[RUN_TASK], "/", "", "{}", Some("moon")),
        "AwsJson1_1 UnknownOperationException: "
    );
}

#[test]
fn cbor_is_refused_where_the_service_does_not_speak_it() {
    assert_eq!(
        went(
            &[("smithy-protocol", "rpc-v2-cbor")],
            "/service/AmazonEC2ContainerServiceV20141113/operation/RunTask",
            "",
            "",
            Some("ecs")
        ),
        "RpcV2Cbor UnknownOperationException: "
    );
}
