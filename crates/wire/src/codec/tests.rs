//! Envelopes and malformed inputs.

use http::{HeaderMap, HeaderValue};
use rolecall_api::typed::FromValue;
use rolecall_api::{SERVICES, ecs, iam, logs, secretsmanager, sts};

use super::*;
use crate::route::route;

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

#[test]
fn errors_have_the_protocols_envelopes() {
    let error = AwsError::new("NoSuchEntity", "The role <r> is gone.").with_status(404);
    let answer = encode_error(Protocol::AwsQuery, Some(&iam::SERVICE), &error, "req-1");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("x-amzn-requestid"), Some("req-1"));
    assert_eq!(
        text(&answer),
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error>\
         <Type>Sender</Type><Code>NoSuchEntity</Code><Message>The role &lt;r&gt; is gone.\
         </Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
    );
    let error = AwsError::new("ClientException", "No \"x\".");
    let answer = encode_error(Protocol::AwsJson1_1, Some(&ecs::SERVICE), &error, "req-2");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-amzn-errortype"), Some("ClientException"));
    assert_eq!(
        text(&answer),
        r#"{"__type":"ClientException","message":"No \"x\"."}"#
    );
}

#[test]
fn an_error_has_its_modelled_members() {
    // Secrets Manager models its message with a capital letter.
    let error = AwsError::new("ResourceNotFoundException", "Not there.");
    let service = Some(&secretsmanager::SERVICE);
    let answer = encode_error(Protocol::AwsJson1_1, service, &error, "r");
    assert_eq!(
        text(&answer),
        r#"{"__type":"ResourceNotFoundException","Message":"Not there."}"#
    );
    let error = AwsError::new("InvalidSequenceTokenException", "Again.")
        .with_field("expectedSequenceToken", "49");
    let answer = encode_error(Protocol::AwsJson1_1, Some(&logs::SERVICE), &error, "r");
    assert_eq!(
        text(&answer),
        r#"{"__type":"InvalidSequenceTokenException","message":"Again.","expectedSequenceToken":"49"}"#
    );
    let error = AwsError::new("UnknownOperationException", "");
    let answer = encode_error(Protocol::AwsJson1_1, None, &error, "r");
    assert_eq!(text(&answer), r#"{"__type":"UnknownOperationException"}"#);
}

fn routed(service: &'static Service, operation: &str) -> Route {
    Route {
        service,
        operation: service.operation(operation).unwrap(),
        protocol: service.protocols[0],
    }
}

#[test]
fn outputs_have_the_protocols_envelopes() {
    let output = sts::GetCallerIdentityResponse {
        user_id: Some("AIDA".to_owned()),
        account: Some("123456789012".to_owned()),
        arn: None,
    };
    let route = routed(&sts::SERVICE, "GetCallerIdentity");
    let answer = encode_output(&route, &output.into_value(), "req-3");
    assert_eq!(answer.header("content-type"), Some("text/xml"));
    assert_eq!(
        text(&answer),
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><UserId>AIDA</UserId><Account>123456789012</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>req-3</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>"
    );
    let nothing = rolecall_api::Empty {}.into_value();
    let answer = encode_output(&routed(&iam::SERVICE, "DeleteRole"), &nothing, "req-4");
    assert_eq!(
        text(&answer),
        "<DeleteRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <ResponseMetadata><RequestId>req-4</RequestId></ResponseMetadata></DeleteRoleResponse>"
    );
    let answer = encode_output(&routed(&logs::SERVICE, "CreateLogGroup"), &nothing, "req-5");
    assert_eq!((answer.status, text(&answer).as_str()), (200, ""));
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-amz-json-1.1")
    );
}

/// What decoding `body` for the service's operation comes to.
fn decoded(target: &'static str, body: &str) -> Result<Value, String> {
    let mut headers = HeaderMap::new();
    let query = !target.contains('.');
    if query {
        headers.insert(
            "content-type",
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
    } else {
        headers.insert("x-amz-target", HeaderValue::from_static(target));
    }
    let body = match query {
        true => format!("Action={target}&Version=2010-05-08&{body}"),
        false => body.to_owned(),
    };
    let req = RawRequest {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
        body: body.as_bytes(),
    };
    let route = route(SERVICES, &req, None).unwrap();
    decode(&route, &req).map_err(|e| e.to_string())
}

#[test]
fn malformed_json_is_refused() {
    let run = "AmazonEC2ContainerServiceV20141113.RunTask";
    for (body, expected) in [
        ("{", ""),
        ("{} x", ""),
        ("", ""),
        ("null", ""),
        ("[]", "Start of list found where not expected"),
        (
            r#"{"count":"1"}"#,
            "STRING_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"count":3000000000}"#,
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"count":1.5}"#,
            "NUMBER_VALUE can not be converted to an Integer",
        ),
        (
            r#"{"cluster":1}"#,
            "NUMBER_VALUE can not be converted to a String",
        ),
        (
            r#"{"cluster":{}}"#,
            "Start of structure or map found where not expected",
        ),
        (
            r#"{"enableECSManagedTags":"true"}"#,
            "STRING_VALUE can not be converted to a Boolean",
        ),
    ] {
        assert_eq!(
            decoded(run, body),
            Err(format!("SerializationException: {expected}")),
            "{body}"
        );
    }
    let deep = format!("{}{}", r#"{"x":["#, "[".repeat(100_000));
    assert!(decoded(run, &deep).is_err());
    for fine in ["{}", " {} ", r#"{"moon":{"a":[1]},"cluster":null}"#] {
        assert!(decoded(run, fine).unwrap().member(0).is_none(), "{fine}");
    }
}

#[test]
fn malformed_forms_are_refused() {
    for (body, expected) in [
        ("MaxItems=x", "\"x\" is not an integer."),
        ("MaxItems=", "\"\" is not an integer."),
        ("PathPrefix=%FF", "The request is not valid UTF-8."),
    ] {
        assert_eq!(
            decoded("ListRoles", body),
            Err(format!("MalformedInput: {expected}")),
            "{body}"
        );
    }
    let bad = decoded("TagRole", "Tags.member.first.Key=k");
    assert!(bad.is_err());
}

#[test]
fn forms_are_read_in_any_order_and_empty_lists_too() {
    let body = "Tags.member.10.Key=j&Tags.member.2.Value=w&Tags.member.2.Key=b&RoleName=r\
                &Tags.member.1.Key=a&Tags.member.1.Value=";
    let request = iam::TagRoleRequest::from_value(decoded("TagRole", body).unwrap()).unwrap();
    let keys: Vec<_> = request
        .tags
        .unwrap()
        .into_iter()
        .map(|t| (t.key.unwrap(), t.value))
        .collect();
    assert_eq!(
        keys,
        [
            ("a".to_owned(), Some(String::new())),
            ("b".to_owned(), Some("w".to_owned())),
            ("j".to_owned(), None)
        ]
    );
    let empty = decoded("TagRole", "RoleName=r&Tags=").unwrap();
    let request = iam::TagRoleRequest::from_value(empty).unwrap();
    assert_eq!(request.tags, Some(Vec::new()));
}
