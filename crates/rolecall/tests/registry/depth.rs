//! Bodies and policies that are built to do harm.

use rolecall_api::Protocol;

use crate::house::{Folder, House, ROOT, ROOT_KEY, Unsigned, WALKER_KEY, input, service};

#[tokio::test]
async fn a_body_of_any_depth_does_no_harm() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    const DEEP: usize = 200_000;
    let nested = |open: &str, close: &str| open.repeat(DEEP) + &close.repeat(DEEP);
    let json = [
        nested("[", "]"),
        "[".repeat(DEEP),
        nested("{\"a\":", "}"),
        format!("{{\"unknown\":{}}}", nested("[", "]")),
        format!(
            "{{\"family\":\"a\",\"containerDefinitions\":{}}}",
            nested("[{\"a\":", "}]")
        ),
    ];
    let ecs = service("ecs");
    for body in json {
        let value = rolecall_api::Value::Struct(Vec::new());
        let mut request =
            house.encoded(ecs, "RegisterTaskDefinition", Protocol::AwsJson1_1, &value);
        request.body = body.into_bytes();
        let signed = house.signed(request, &ROOT, "us-east-1", "ecs");
        assert_eq!(house.answer(&signed).await.0, 400);
    }
    for service in rolecall_api::SERVICES
        .iter()
        .filter(|s| s.speaks(Protocol::RpcV2Cbor))
    {
        for item in [0x81_u8, 0x9f, 0xbf, 0xa1, 0xc1, 0xd8, 0x7f, 0x5f] {
            let operation = service.operations[0].name;
            let value = rolecall_api::Value::Struct(Vec::new());
            let mut request = house.encoded(service, operation, Protocol::RpcV2Cbor, &value);
            request.set("content-type", "application/cbor");
            request.body = vec![item; DEEP];
            let signed = house.signed(request, &ROOT, "us-east-1", service.signing_name);
            assert_eq!(house.answer(&signed).await.0, 400, "{item:#x}");
        }
    }
    let names = [
        ".member.1".repeat(DEEP),
        ".a".repeat(DEEP),
        ".entry.1.value".repeat(DEEP),
    ];
    for name in names {
        let request = Unsigned {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![
                ("host".to_owned(), "127.0.0.1:4566".to_owned()),
                (
                    "content-type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ),
            ],
            body: format!("Action=TagRole&Version=2010-05-08&RoleName=a&Tags{name}=1").into_bytes(),
        };
        let signed = house.signed(request, &ROOT, "us-east-1", "iam");
        assert!((400..500).contains(&house.answer(&signed).await.0));
    }
}

#[tokio::test]
async fn a_policy_of_any_depth_or_shape_does_no_harm() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let iam = service("iam");
    let all = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*",
                "Resource":"{resource}"}}}}"#
        )
    };
    let documents = [
        "[".repeat(60_000),
        "{\"Statement\":".repeat(8_000),
        all(&"*a".repeat(2_000)),
        all(&format!(
            "arn:aws:iam::123456789012:role/{}b",
            "*a".repeat(2_000)
        )),
        all(&format!(
            "arn:aws:iam::123456789012:role/{}",
            "${aws:username}".repeat(300)
        )),
    ];
    for document in documents {
        let user = serde_json::json!({
            "UserName": "walker", "PolicyName": "p", "PolicyDocument": document,
        });
        let value = input(iam, "PutUserPolicy", &user.to_string());
        let put = house.call(ROOT_KEY, iam, "PutUserPolicy", &value).await;
        // Whether it was taken or not, a decision under it comes, and soon.
        let long = "a".repeat(64);
        let role = input(
            iam,
            "GetRole",
            &serde_json::json!({ "RoleName": long }).to_string(),
        );
        let started = std::time::Instant::now();
        let _ = house.call(WALKER_KEY, iam, "GetRole", &role).await;
        assert!(
            started.elapsed() < std::time::Duration::from_secs(2),
            "{put:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_caller_cannot_fill_the_record_of_refusals() {
    let folder = Folder::new().await;
    let house = House::new(&folder).await;
    let ecs = service("ecs");
    let long = "é".repeat(2_000_000);
    let run = serde_json::json!({ "taskDefinition": long }).to_string();
    let error = house
        .call(WALKER_KEY, ecs, "RunTask", &input(ecs, "RunTask", &run))
        .await
        .unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
    let kept = serde_json::to_string(&house.world.pipeline.audit().denials()).unwrap();
    assert!(kept.contains("ecs:RunTask"), "{kept}");
    assert!(kept.len() < 50_000, "{} bytes are kept", kept.len());
}
