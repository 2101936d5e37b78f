//! A record is the same after it was bytes, and no larger than its bounds.

use super::*;

/// A call with everything in it.
pub(crate) fn call(number: u64) -> CallRecord<'static> {
    CallRecord {
        at: Timestamp::from_epoch_millis(1_795_310_523_456 + i64::try_from(number).unwrap()),
        request_id: format!("request-{number}").into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        source: "ecs.amazonaws.com".into(),
        operation: "RunTask".into(),
        kind: CallKind::Management,
        caller: Identity {
            kind: IdentityKind::AssumedRole,
            arn: "arn:aws:sts::123456789012:assumed-role/ci/s1".into(),
            principal_id: "AROAEXAMPLE:s1".into(),
            account: "123456789012".into(),
            access_key_id: Some("ASIAEXAMPLE".into()),
            user_name: None,
            issuer_arn: Some("arn:aws:iam::123456789012:role/ci".into()),
            issuer_id: Some("AROAEXAMPLE".into()),
            session_name: Some("s1".into()),
            session_issued: Some(Timestamp::from_epoch_seconds(1_795_310_000)),
            mfa: false,
            source_identity: None,
            invoked_by: None,
            called_via: Cow::Borrowed(&[]),
            identity_provider: None,
            assumed_root: false,
        },
        source_ip: Some("127.0.0.1".into()),
        user_agent: Some("aws-cli/2".into()),
        secure: false,
        read_only: false,
        outcome: Outcome::Ok,
        parameters: Some(r#"{"taskDefinition":"web"}"#.into()),
        parameters_omitted: false,
        resources: Vec::new(),
        decisions: vec![decided()],
        shared_keys: Vec::new(),
        further: Vec::new(),
    }
}

fn decided() -> Decided<'static> {
    Decided {
        keys: vec![Key {
            name: "aws:TagKeys".into(),
            values: vec!["a".to_owned(), "b".to_owned()].into(),
            many: true,
        }],
        allowed: true,
        reason: Reason::Allow,
        deciding: Some(Deciding {
            layer: "identity-based policy".into(),
            policy: "arn:aws:iam::123456789012:policy/ci".into(),
            statement: 2,
            sid: None,
        }),
        ..Decided::new(
            "ecs:RunTask".into(),
            "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1".into(),
        )
    }
}

/// The same call, denied.
pub(crate) fn denied(number: u64) -> CallRecord<'static> {
    let mut call = call(number);
    let message = format!("User: x is not authorized to perform: ecs:RunTask ({number})");
    call.outcome = Outcome::Error {
        code: "AccessDeniedException".into(),
        message: message.clone().into(),
    };
    let decided = &mut call.decisions[0];
    decided.allowed = false;
    decided.reason = Reason::ImplicitDeny {
        layer: "identity-based policy".into(),
    };
    decided.message = Some(message.into());
    decided.closest = Some(Closest {
        at: decided.deciding.take().unwrap(),
        failed: Failed::Condition {
            operator: "StringEquals".into(),
            key: "aws:RequestedRegion".into(),
            wanted: vec!["eu-west-1".into()],
            seen: None,
        },
        also: vec![Failed::Principal],
        hint: None,
        statement: r#"{"Effect":"Allow"}"#.into(),
    });
    call
}

#[test]
fn there_and_back() {
    for call in [call(1), denied(2)] {
        let bytes = minicbor::to_vec(&call).unwrap();
        assert!(bytes.len() < 1_200, "{} bytes", bytes.len());
        assert_eq!(minicbor::decode::<CallRecord<'_>>(&bytes).unwrap(), call);
    }
}

#[test]
fn texts_are_bounded() {
    let mut large = denied(1);
    large.user_agent = Some("é".repeat(5_000).into());
    large.parameters = Some("x".repeat(PARAMETERS_MAX + 1).into());
    large.decisions[0].keys[0].values = vec!["v".repeat(100_000)].into();
    large.decisions[0].resource = "r".repeat(100_000).into();
    large.bound();
    assert_eq!(large.user_agent.unwrap().len(), 1_024);
    assert_eq!(large.parameters, None);
    assert!(large.parameters_omitted);
    assert_eq!(large.decisions[0].keys[0].values[0].len(), TEXT_MAX);
    assert_eq!(large.decisions[0].resource.len(), TEXT_MAX);
}

#[test]
fn shared_keys_are_written_once_and_read_with_each_decision() {
    let key = |name: &'static str| Key {
        name: name.into(),
        values: vec!["v".to_owned()].into(),
        many: false,
    };
    let mut call = call(1);
    call.shared_keys = vec![key("aws:PrincipalTag/team"), key("AWS:TagKeys")];
    let call = call.expanded();
    let names: Vec<&str> = call.decisions[0].keys.iter().map(|k| &*k.name).collect();
    let wanted = [
        "aws:TagKeys",
        "aws:RequestedRegion",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:SecureTransport",
        "aws:ViaAWSService",
        "aws:SourceIp",
        "aws:UserAgent",
        "aws:TokenIssueTime",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalTag/team",
    ];
    assert_eq!(names, wanted);
    assert!(call.shared_keys.is_empty());
    let resources = call.resources.iter().map(|touched| &*touched.arn);
    assert!(resources.eq(["arn:aws:ecs:us-east-1:123456789012:task-definition/web:1"]));
    assert_eq!(call.resources[0].account, "123456789012");
}
