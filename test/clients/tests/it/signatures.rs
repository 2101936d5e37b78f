//! Requests that are not signed, or not signed well, are refused on every service, in the words
//! and with the status of the service's protocol.
//!
//! Codes and statuses: `docs/decisions/0003-authentication-errors.md`.

use rolecall_sigv4::AmzTime;
use rolecall_testkit::raw::{RawRequest, RawResponse, now};
use rolecall_testkit::{Key, Node};
use serde_json::json;

const REGION: &str = "us-east-1";
const MINUTE_S: i64 = 60;
const MISMATCH: &str = "The request signature we calculated does not match the signature you \
                        provided. Check your AWS Secret Access Key and signing method. Consult \
                        the service documentation for details.";
const UNKNOWN: &str = "The security token included in the request is invalid.";

/// Signing name, and a call that needs no input: an action and its version, or a target.
const SERVICES: &[(&str, &str, &str)] = &[
    ("iam", "ListUsers", "2010-05-08"),
    ("sts", "GetCallerIdentity", "2011-06-15"),
    ("ecs", "AmazonEC2ContainerServiceV20141113.ListClusters", ""),
    (
        "ecr",
        "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
        "",
    ),
    ("logs", "Logs_20140328.DescribeLogGroups", ""),
    // Nothing of these is built: that must not be told to strangers.
    ("secretsmanager", "secretsmanager.ListSecrets", ""),
    ("ssm", "AmazonSSM.DescribeParameters", ""),
];

struct Target<'a> {
    node: &'a Node,
    service: &'static str,
    call: RawRequest,
    is_query: bool,
}

impl Target<'_> {
    fn signed_by(&self, key: &Key, time: AmzTime) -> RawRequest {
        let credentials = key.credentials();
        self.call
            .clone()
            .signed(&credentials, REGION, self.service, time)
            .unwrap()
    }

    fn signed(&self) -> RawRequest {
        self.signed_by(&self.node.root, now())
    }

    fn send(&self, request: &RawRequest) -> RawResponse {
        request.send(&self.node.address).unwrap()
    }

    /// The request is refused with the code and the status that its protocol has for this, and a
    /// message that holds `words`.
    fn refused(&self, request: &RawRequest, codes: (&str, u16, &str), words: &str) {
        let (query, query_status, json) = codes;
        let expected = if self.is_query {
            (query_status, query)
        } else {
            (400, json)
        };
        let answer = self.send(request);
        let service = self.service;
        let code = answer.error_code().unwrap_or_default();
        assert_eq!(
            (answer.status, code.as_str()),
            expected,
            "{service}: {}",
            answer.body
        );
        let body = answer.body.replace("&apos;", "'").replace("&#39;", "'");
        assert!(
            body.contains(words),
            "{service}: {words:?} is not in {body}"
        );
        let id = answer.header("x-amzn-requestid").unwrap_or_default();
        assert!(
            !id.is_empty(),
            "{service}: no request id: {:?}",
            answer.headers
        );
    }
}

const MISSING: (&str, u16, &str) = (
    "MissingAuthenticationToken",
    403,
    "MissingAuthenticationTokenException",
);
const INCOMPLETE: (&str, u16, &str) = ("IncompleteSignature", 400, "IncompleteSignatureException");
const SIGNATURE: (&str, u16, &str) = ("SignatureDoesNotMatch", 403, "InvalidSignatureException");
const UNKNOWN_KEY: (&str, u16, &str) = ("InvalidClientTokenId", 403, "UnrecognizedClientException");

/// Runs `check` against each service of one node.
fn on_every_service(node: &Node, check: impl Fn(&Target<'_>)) {
    for (service, action, version) in SERVICES {
        let is_query = !version.is_empty();
        let call = if is_query {
            RawRequest::query(&node.address, action, version, &[])
        } else {
            RawRequest::json(&node.address, action, "{}")
        };
        check(&Target {
            node,
            service,
            call,
            is_query,
        });
    }
}

#[test]
fn unsigned_requests() {
    let node = Node::start().unwrap();
    on_every_service(&node, |at| {
        at.refused(&at.call, MISSING, "Request is missing Authentication Token");
        let mut other = at.call.clone();
        other.set("authorization", "Bearer eyJhbGciOiJub25lIn0");
        at.refused(&other, MISSING, "Request is missing Authentication Token");
    });
}

#[test]
fn a_signature_by_another_secret() {
    let node = Node::start().unwrap();
    let wrong = Key::new(
        &node.root.access_key_id,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    );
    on_every_service(&node, |at| {
        at.refused(&at.signed_by(&wrong, now()), SIGNATURE, MISMATCH);
    });
}

#[test]
fn a_date_out_of_the_window() {
    let node = Node::start().unwrap();
    on_every_service(&node, |at| {
        let then = |minutes: i64| AmzTime::from_unix_s(now().unix_s() + minutes * MINUTE_S);
        let sign = |minutes: i64| at.signed_by(&at.node.root, then(minutes));
        at.refused(&sign(-16), SIGNATURE, "Signature expired: ");
        at.refused(&sign(16), SIGNATURE, "Signature not yet current: ");
        at.refused(&sign(-60 * 24 * 365), SIGNATURE, "Signature expired: ");
        let late = at.send(&sign(-10));
        assert!(
            !late.body.contains("Signature"),
            "{}: {}",
            at.service,
            late.body
        );
    });
}

#[test]
fn a_request_changed_after_signing() {
    let node = Node::start().unwrap();
    on_every_service(&node, |at| {
        let mut body = at.signed();
        body.body = match at.service {
            "iam" => b"Action=CreateUser&Version=2010-05-08&UserName=mallory".to_vec(),
            "sts" => b"Action=GetCallerIdentity&Version=2011-06-15&More=1".to_vec(),
            _ => br#"{"maxResults":1}"#.to_vec(),
        };
        at.refused(&body, SIGNATURE, MISMATCH);
        let mut query = at.signed();
        "More=1".clone_into(&mut query.query);
        at.refused(&query, SIGNATURE, MISMATCH);
        if let Some((name, target)) = at
            .call
            .headers
            .iter()
            .find(|(name, _)| name == "x-amz-target")
        {
            let mut other = at.signed();
            other.set(
                name,
                &target
                    .replace("List", "Delete")
                    .replace("Describe", "Delete"),
            );
            let answer = at.send(&other);
            assert_eq!(answer.status, 400, "{}: {}", at.service, answer.body);
        }
        let mut date = at.signed();
        date.set("x-amz-date", "20200101T000000Z");
        let answer = at.send(&date);
        assert!(answer.status >= 400, "{}: {}", at.service, answer.body);
    });
}

#[test]
fn a_key_that_nobody_has() {
    let node = Node::start().unwrap();
    let nobody = Key::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    );
    let empty = Key::new("", "");
    on_every_service(&node, |at| {
        at.refused(&at.signed_by(&nobody, now()), UNKNOWN_KEY, UNKNOWN);
        let answer = at.send(&at.signed_by(&empty, now()));
        assert!(answer.status >= 400, "{}: {}", at.service, answer.body);
    });
}

#[test]
fn a_header_that_is_cut_off() {
    let node = Node::start().unwrap();
    on_every_service(&node, |at| {
        let mut request = at.signed();
        request.set("authorization", "AWS4-HMAC-SHA256 Credential=a/b/c");
        at.refused(
            &request,
            INCOMPLETE,
            "Authorization header requires 'Signature' parameter.",
        );
    });
}

#[test]
fn a_scope_of_another_service() {
    let node = Node::start().unwrap();
    on_every_service(&node, |at| {
        let other = if at.service == "ecs" { "ecr" } else { "ecs" };
        let credentials = at.node.root.credentials();
        let signed = at
            .call
            .clone()
            .signed(&credentials, REGION, other, now())
            .unwrap();
        let answer = at.send(&signed);
        assert!(answer.status >= 400, "{}: {}", at.service, answer.body);
        let code = answer.error_code().unwrap_or_default();
        let known = [
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            // The scope decides which service is asked, and that one has no such operation.
            "UnknownOperationException",
            "InvalidAction",
        ];
        assert!(
            known.contains(&code.as_str()),
            "{}: {}",
            at.service,
            answer.body
        );
    });
}

#[test]
fn a_key_that_was_made_inactive_or_deleted() {
    let node = Node::start().unwrap();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    let user = node.user("dave", &policy).unwrap();
    on_every_service(&node, |at| {
        let answer = at.send(&at.signed_by(&user, now()));
        assert!(
            !answer.body.contains(UNKNOWN),
            "{}: {}",
            at.service,
            answer.body
        );
    });
    let id = &user.access_key_id;
    let off = json!({"UserName": "dave", "AccessKeyId": id, "Status": "Inactive"});
    assert_eq!(
        node.boto3(&[("iam", "update_access_key", off)]).unwrap()[0].status,
        200
    );
    on_every_service(&node, |at| {
        at.refused(&at.signed_by(&user, now()), UNKNOWN_KEY, UNKNOWN);
    });
    let gone = json!({"UserName": "dave", "AccessKeyId": id});
    assert_eq!(
        node.boto3(&[("iam", "delete_access_key", gone)]).unwrap()[0].status,
        200
    );
    on_every_service(&node, |at| {
        at.refused(&at.signed_by(&user, now()), UNKNOWN_KEY, UNKNOWN);
    });
}

#[test]
fn a_session_without_its_token_or_with_anothers() {
    let node = Node::start().unwrap();
    let answers = node
        .boto3(&[
            ("iam", "create_user", json!({"UserName": "erin"})),
            ("iam", "create_access_key", json!({"UserName": "erin"})),
        ])
        .unwrap();
    let erin = Key::new(
        answers[1].text("/AccessKey/AccessKeyId"),
        answers[1].text("/AccessKey/SecretAccessKey"),
    );
    let token = || {
        let answer = &node
            .boto3_as(&erin, &[("sts", "get_session_token", json!({}))])
            .unwrap()[0];
        Key {
            access_key_id: answer.text("/Credentials/AccessKeyId").to_owned(),
            secret_access_key: answer.text("/Credentials/SecretAccessKey").to_owned(),
            session_token: Some(answer.text("/Credentials/SessionToken").to_owned()),
        }
    };
    let (one, other) = (token(), token());
    let none = Key {
        session_token: None,
        ..one.clone()
    };
    let mixed = Key {
        session_token: other.session_token.clone(),
        ..one.clone()
    };
    let mut cut = one.clone();
    cut.session_token = cut
        .session_token
        .map(|token| token.split_at(token.len() - 4).0.to_owned());
    on_every_service(&node, |at| {
        let well = at.send(&at.signed_by(&one, now()));
        // Such a session may not call IAM: GetSessionToken, "You cannot call any IAM API
        // operations unless MFA authentication information is included in the request".
        let refused = at.service == "iam";
        assert_eq!(
            well.body.contains("security token"),
            refused,
            "{}: {}",
            at.service,
            well.body
        );
        for bad in [&none, &mixed, &cut] {
            let words = "The security token included in the request is invalid";
            at.refused(&at.signed_by(bad, now()), UNKNOWN_KEY, words);
        }
    });
}
