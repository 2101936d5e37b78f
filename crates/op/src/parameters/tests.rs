//! Parameters are shown, secrets are not.

use rolecall_api::typed::{ApiOperation, FromValue};
use rolecall_api::{ecr, ecs, iam, logs, sts};

use super::*;

fn shown<A: ApiOperation>(input: A::Input) -> Option<Option<String>> {
    json(A::SERVICE, A::shape().input, &input.into_value(), 1_000)
}

#[test]
fn names_and_values_are_those_of_events() {
    let input = iam::CreateRoleRequest {
        role_name: Some("a\"b\\c\n\u{1}é".to_owned()),
        max_session_duration: Some(3600),
        tags: Some(vec![iam::Tag {
            key: Some("k".to_owned()),
            value: Some("v".to_owned()),
        }]),
        ..Default::default()
    };
    let text = shown::<iam::CreateRole>(input).unwrap().unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let wanted = serde_json::json!({
        "roleName": "a\"b\\c\n\u{1}é",
        "maxSessionDuration": 3600,
        "tags": [{ "key": "k", "value": "v" }],
    });
    assert_eq!(read, wanted);
    assert_eq!(
        shown::<iam::ListUsers>(iam::ListUsersRequest::default()),
        None
    );
}

#[test]
fn secrets_are_hidden() {
    let secret = "correct-horse-battery";
    let input = ecs::RegisterTaskDefinitionRequest {
        family: Some("web".to_owned()),
        container_definitions: Some(vec![ecs::ContainerDefinition {
            environment: Some(vec![ecs::KeyValuePair {
                name: Some("PASSWORD".to_owned()),
                value: Some(secret.to_owned()),
            }]),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let text = shown::<ecs::RegisterTaskDefinition>(input)
        .unwrap()
        .unwrap();
    assert!(text.contains("web") && text.contains(HIDDEN), "{text}");
    assert!(!text.contains(secret), "{text}");
}

/// Which options of a log driver are secrets the model does not say, nor which labels are.
#[test]
fn secrets_among_options_and_labels_are_hidden() {
    let secret = "correct-horse-battery";
    let map = |pairs: &[(&str, &str)]| {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Some(pairs.iter().map(owned).collect())
    };
    let options = map(&[
        ("awslogs-group", "/ecs/web"),
        ("splunk-token", secret),
        ("Header", secret),
        ("mode", "non-blocking"),
    ]);
    let input = ecs::RegisterTaskDefinitionRequest {
        container_definitions: Some(vec![ecs::ContainerDefinition {
            log_configuration: Some(ecs::LogConfiguration {
                log_driver: Some("splunk".to_owned()),
                options: options.clone(),
                ..Default::default()
            }),
            firelens_configuration: Some(ecs::FirelensConfiguration {
                options: map(&[("config-file-value", secret)]),
                ..Default::default()
            }),
            docker_labels: map(&[("team", "web"), ("deploy.ApiKey", secret)]),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let text = shown::<ecs::RegisterTaskDefinition>(input)
        .unwrap()
        .unwrap();
    for known in [
        "/ecs/web",
        "non-blocking",
        r#""team":"web""#,
        "splunk-token",
        HIDDEN,
    ] {
        assert!(text.contains(known), "{known}: {text}");
    }
    assert!(!text.contains(secret), "{text}");
    // Tags are no place for secrets, and say what they are about.
    let tagged = logs::CreateLogGroupRequest {
        tags: map(&[("key-owner", "web")]),
        ..Default::default()
    };
    let text = shown::<logs::CreateLogGroup>(tagged).unwrap().unwrap();
    assert!(text.contains("web"), "{text}");
}

#[test]
fn one_time_codes_are_hidden() {
    let input = sts::GetSessionTokenRequest {
        token_code: Some("123456".to_owned()),
        ..Default::default()
    };
    let text = shown::<sts::GetSessionToken>(input).unwrap().unwrap();
    assert_eq!(text, format!(r#"{{"tokenCode":"{HIDDEN}"}}"#));
}

#[test]
fn lines_of_logs_are_hidden() {
    let event = logs::InputLogEvent {
        timestamp: Some(7),
        message: Some("the card is 4111".to_owned()),
    };
    let input = logs::PutLogEventsRequest {
        log_group_name: Some("/ecs/web".to_owned()),
        log_events: Some(vec![event]),
        ..Default::default()
    };
    let text = shown::<logs::PutLogEvents>(input).unwrap().unwrap();
    let events = format!(r#""logEvents":[{{"timestamp":7,"message":"{HIDDEN}"}}]"#);
    assert!(
        text.contains(&events) && text.contains("/ecs/web"),
        "{text}"
    );
}

#[test]
fn texts_are_escaped() {
    let input = iam::GetRoleRequest {
        role_name: Some("a\"b\\c\nd\te\u{1}é".to_owned()),
    };
    let text = shown::<iam::GetRole>(input).unwrap().unwrap();
    assert_eq!(text, r#"{"roleName":"a\"b\\c\nd\te\u0001é"}"#);
}

#[test]
fn what_is_too_large_is_left_out() {
    let large = iam::GetRoleRequest {
        role_name: Some("x".repeat(2_000)),
    };
    assert_eq!(shown::<iam::GetRole>(large), Some(None));
    let blob = ecr::UploadLayerPartRequest {
        layer_part_blob: Some(vec![1; 5_000].into()),
        ..Default::default()
    };
    let text = shown::<ecr::UploadLayerPart>(blob).unwrap().unwrap();
    assert_eq!(text, r#"{"layerPartBlob":"5000 bytes"}"#);
}
