//! Requests that were not signed as they came: refused in every protocol, whatever was changed.

use rolecall_api::Protocol;
use rolecall_identity::KeyStatus;
use rolecall_sigv4::{AmzTime, Credentials, SigningScope, presign};

use crate::house::{
    Change, Folder, House, ROOT, ROOT_KEY, SECRET, Unsigned, WALKER_KEY, input, service,
};

/// A call that succeeds when it is signed, in each protocol.
const CALLS: &[(&str, &str, &str, Protocol)] = &[
    ("sts", "GetCallerIdentity", "{}", Protocol::AwsQuery),
    ("iam", "ListRoles", "{}", Protocol::AwsQuery),
    ("ecs", "ListClusters", "{}", Protocol::AwsJson1_1),
    ("ecr", "DescribeRepositories", "{}", Protocol::AwsJson1_1),
    ("logs", "DescribeLogGroups", "{}", Protocol::AwsJson1_1),
];

const CHANGES: &[Change] = &[
    ("another body", |r| r.body.push(b' ')),
    ("no body", |r| {
        r.body.clear();
        r.body
            .extend_from_slice(b"Action=ListUsers&Version=2010-05-08");
    }),
    ("another method", |r| "PUT".clone_into(&mut r.method)),
    ("another path", |r| r.path.push('x')),
    ("a query", |r| "x=y".clone_into(&mut r.query)),
    ("another host", |r| r.set("host", "example.com")),
    ("no host", |r| r.headers.retain(|(n, _)| n != "host")),
    ("two hosts", |r| {
        r.headers.push(("host".into(), "127.0.0.1:4566".into()))
    }),
    ("another content type", |r| {
        r.set("content-type", "application/x-amz-json-1.0")
    }),
    ("another target", |r| {
        r.set(
            "x-amz-target",
            "AmazonEC2ContainerServiceV20141113.DeleteCluster",
        );
    }),
    ("a second target", |r| {
        let target = "AmazonEC2ContainerServiceV20141113.DeleteCluster";
        r.headers.insert(0, ("x-amz-target".into(), target.into()));
    }),
    ("an unsigned header of AWS's", |r| r.set("x-amz-meta", "1")),
    ("a token that nobody signed", |r| {
        r.set("x-amz-security-token", "token")
    }),
    ("a declared hash", |r| {
        r.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    }),
    ("no date", |r| r.headers.retain(|(n, _)| n != "x-amz-date")),
    ("two dates", |r| {
        let date = header(r, "x-amz-date").clone();
        r.headers.push(("x-amz-date".into(), date));
    }),
    ("another time of the day", |r| {
        r.set("x-amz-date", "20261122T000001Z")
    }),
    ("another day", |r| r.set("x-amz-date", "20261123T000000Z")),
    ("two signatures", |r| {
        let again = header(r, "authorization").clone();
        r.headers.push(("authorization".into(), again));
    }),
    ("no signature", |r| {
        r.headers.retain(|(n, _)| n != "authorization")
    }),
    ("an empty signature", |r| r.set("authorization", "")),
    ("another scheme", |r| {
        r.set("authorization", "Basic QUtJQTpzZWNyZXQ=")
    }),
    ("a bearer", |r| r.set("authorization", "Bearer token")),
    ("another algorithm", |r| {
        edit(r, "HMAC-SHA256", "ECDSA-P256-SHA256")
    }),
    ("an empty key", |r| edit(r, ROOT_KEY, "")),
    ("an unknown key", |r| {
        edit(r, ROOT_KEY, "AKIANOBODYEXAMPLE000")
    }),
    ("another's key", |r| {
        edit(r, ROOT_KEY, "AKIASTRANGEREXAMPLE0")
    }),
    ("another region", |r| edit(r, "us-east-1", "eu-west-1")),
    ("a region that is none", |r| {
        edit(r, "us-east-1", "US-EAST-1")
    }),
    ("a region with a path", |r| {
        edit(r, "us-east-1", "us-east-1/..")
    }),
    ("no region", |r| edit(r, "/us-east-1/", "//")),
    ("another service", |r| {
        edit(r, "/aws4_request", "x/aws4_request")
    }),
    ("another end of the scope", |r| {
        edit(r, "aws4_request", "aws4_other")
    }),
    ("fewer signed headers", |r| edit(r, "host;", "")),
    ("more signed headers", |r| {
        edit(r, "SignedHeaders=", "SignedHeaders=accept;")
    }),
    ("a shorter signature", |r| {
        let mut shorter = header(r, "authorization").clone();
        shorter.pop();
        r.set("authorization", &shorter);
    }),
    ("a signature in capitals", |r| {
        let whole = header(r, "authorization").clone();
        let (before, signature) = whole.split_once("Signature=").unwrap();
        r.set(
            "authorization",
            &format!("{before}Signature={}", signature.to_uppercase()),
        );
    }),
];

fn header<'a>(request: &'a Unsigned, name: &str) -> &'a String {
    &request.headers.iter().find(|(n, _)| n == name).unwrap().1
}

fn edit(request: &mut Unsigned, from: &str, to: &str) {
    let whole = header(request, "authorization").clone();
    assert!(whole.contains(from), "{whole}");
    request.set("authorization", &whole.replace(from, to));
}

#[tokio::test]
async fn a_request_that_was_changed_after_it_was_signed_is_refused() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    house
        .key("AKIASTRANGEREXAMPLE0", Some("nobody"), KeyStatus::Active)
        .await;
    let mut problems = Vec::new();
    for (id, operation, json, protocol) in CALLS {
        let service = service(id);
        let value = input(service, operation, json);
        let request = house.encoded(service, operation, *protocol, &value);
        let signed = house.signed(request, &ROOT, "us-east-1", service.signing_name);
        house
            .send(&signed, service, operation, *protocol)
            .await
            .unwrap();
        for (what, change) in CHANGES {
            let mut changed = signed.clone();
            change(&mut changed);
            let (status, _, body) = house.answer(&changed).await;
            let body = String::from_utf8_lossy(&body).into_owned();
            if !(400..500).contains(&status) {
                problems.push(format!("{id}:{operation} with {what}: {status} {body}"));
            }
            if body.contains(SECRET) {
                problems.push(format!("{id}:{operation} with {what} tells the secret"));
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[tokio::test]
async fn a_signature_for_one_service_opens_no_other() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    for (id, operation, json, protocol) in CALLS {
        for (other, ..) in CALLS.iter().filter(|call| call.0 != *id) {
            let called = service(id);
            let value = input(called, operation, json);
            let request = house.encoded(called, operation, *protocol, &value);
            let signed = house.signed(request, &ROOT, "us-east-1", service(other).signing_name);
            let (status, _, body) = house.answer(&signed).await;
            let body = String::from_utf8_lossy(&body).into_owned();
            assert!(
                (400..500).contains(&status),
                "{id} signed for {other}: {status} {body}"
            );
        }
        let called = service(id);
        let value = input(called, operation, json);
        let request = house.encoded(called, operation, *protocol, &value);
        let signed = house.signed(request, &ROOT, "us-east-1", "s3");
        assert!(
            (400..500).contains(&house.answer(&signed).await.0),
            "{id} signed for s3"
        );
    }
}

#[tokio::test]
async fn a_request_is_taken_for_a_quarter_of_an_hour() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    for (id, operation, json, protocol) in CALLS {
        let called = service(id);
        let value = input(called, operation, json);
        let request = house.encoded(called, operation, *protocol, &value);
        let signed = house.signed(request, &ROOT, "us-east-1", called.signing_name);
        house.world.advance(std::time::Duration::from_secs(899));
        house
            .send(&signed, called, operation, *protocol)
            .await
            .unwrap();
        house.world.advance(std::time::Duration::from_secs(2));
        let error = house
            .send(&signed, called, operation, *protocol)
            .await
            .unwrap_err();
        let wanted = match protocol {
            Protocol::AwsQuery => "SignatureDoesNotMatch",
            _ => "InvalidSignatureException",
        };
        assert_eq!(error.code, wanted);
        assert!(
            error.message.contains("Signature expired"),
            "{}",
            error.message
        );
    }
}

/// A presigned GET of `GetCallerIdentity`, as some programs use to prove who they are.
fn presigned(house: &House, expires_s: u32) -> Unsigned {
    let mut request = Unsigned {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
        headers: vec![("host".to_owned(), "127.0.0.1:4566".to_owned())],
        body: Vec::new(),
    };
    let time = AmzTime::from_unix_s(house.world.now().epoch_seconds());
    let scope = SigningScope {
        region: "us-east-1",
        service: "sts",
        time,
    };
    request.query = request.view(|view| presign(view, &ROOT, &scope, expires_s).unwrap());
    request
}

#[tokio::test]
async fn a_presigned_call_is_that_call_and_no_other_and_not_for_long() {
    const CHANGES: &[Change] = &[
        ("another action", |r| {
            r.query = r.query.replace("GetCallerIdentity", "GetSessionToken")
        }),
        ("a second action first", |r| {
            r.query = format!("Action=GetSessionToken&{}", r.query);
        }),
        ("a second action last", |r| {
            r.query.push_str("&Action=GetSessionToken")
        }),
        ("the action in a body", |r| {
            r.set("content-type", "application/x-www-form-urlencoded");
            r.body = b"Action=GetSessionToken&Version=2011-06-15".to_vec();
        }),
        ("another method", |r| "POST".clone_into(&mut r.method)),
        ("a target", |r| {
            r.set(
                "x-amz-target",
                "AmazonEC2ContainerServiceV20141113.ListClusters",
            );
        }),
        ("another life", |r| {
            r.query = r.query.replace("Expires=60", "Expires=600")
        }),
        ("two keys", |r| r.query.push_str("&X-Amz-Credential=x")),
        ("both forms", |r| {
            r.set("authorization", "AWS4-HMAC-SHA256 Credential=x")
        }),
        ("a token that nobody signed", |r| {
            r.query.push_str("&X-Amz-Security-Token=x")
        }),
    ];
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let signed = presigned(&house, 60);
    let (status, _, body) = house.answer(&signed).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    // A header that steers the route and that nobody signed does not change the call.
    let mut steered = signed.clone();
    steered.set("smithy-protocol", "rpc-v2-cbor");
    let (status, _, body) = house.answer(&steered).await;
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(
        (400..500).contains(&status) || body.contains("GetCallerIdentity"),
        "{status} {body}"
    );
    for (what, change) in CHANGES {
        let mut changed = signed.clone();
        change(&mut changed);
        let (status, _, body) = house.answer(&changed).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!((400..500).contains(&status), "{what}: {status} {body}");
    }
    house.world.advance(std::time::Duration::from_secs(61));
    assert_eq!(house.answer(&signed).await.0, 403);
    // Elsewhere than at S3 no life is longer than that of a signed request.
    let long = presigned(&house, 604_800);
    house.world.advance(std::time::Duration::from_secs(901));
    assert_eq!(house.answer(&long).await.0, 403);
}

#[tokio::test]
async fn what_is_said_twice_is_authorized_as_it_is_done() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let may = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetRole",
        "Resource":"arn:aws:iam::123456789012:role/mine"}}"#;
    house.policy(Some(may)).await;
    let walker = Credentials {
        access_key_id: WALKER_KEY,
        ..ROOT
    };
    let root = house.world.root();
    for name in ["mine", "others"] {
        let trust = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": { "Service": "ec2.amazonaws.com" },
            },
        });
        let role = serde_json::json!({ "RoleName": name, "AssumeRolePolicyDocument": trust });
        house
            .world
            .call::<rolecall_api::iam::CreateRole>(&root, role)
            .await
            .unwrap();
    }
    let version = "Version=2010-05-08";
    let cases = [
        (
            "",
            format!("Action=GetRole&{version}&RoleName=mine&RoleName=others"),
        ),
        (
            "",
            format!("Action=GetRole&{version}&RoleName=others&RoleName=mine"),
        ),
        (
            "RoleName=others",
            format!("Action=GetRole&{version}&RoleName=mine"),
        ),
        (
            "RoleName=mine",
            format!("Action=GetRole&{version}&RoleName=others"),
        ),
        (
            "Action=DeleteRole",
            format!("Action=GetRole&{version}&RoleName=mine"),
        ),
        (
            "Action=GetRole",
            format!("Action=DeleteRole&{version}&RoleName=mine"),
        ),
        (
            "",
            format!("Action=GetRole&Action=DeleteRole&{version}&RoleName=mine"),
        ),
        (
            "",
            format!("Action=DeleteRole&Action=GetRole&{version}&RoleName=mine"),
        ),
    ];
    for (query, body) in cases {
        let request = Unsigned {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: query.to_owned(),
            headers: vec![
                ("host".to_owned(), "127.0.0.1:4566".to_owned()),
                (
                    "content-type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ),
            ],
            body: body.clone().into_bytes(),
        };
        let signed = house.signed(request, &walker, "us-east-1", "iam");
        let (status, _, answer) = house.answer(&signed).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        // Either it was the one call that is allowed, or nothing was done.
        let mine = status == 200 && answer.contains("<RoleName>mine</RoleName>");
        assert!(
            mine || (400..500).contains(&status),
            "{query} {body}: {status} {answer}"
        );
        assert!(
            !answer.contains("<RoleName>others</RoleName>"),
            "{query} {body}: {answer}"
        );
    }
    let snap = house.world.pipeline.store().snapshot();
    let key = rolecall_identity::name_key(&house.world.account, "mine");
    assert!(snap.get::<rolecall_identity::Role>(&key).is_some());
}
