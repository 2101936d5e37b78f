//! What holds for every input.

use proptest::prelude::*;
use rolecall_policy::{
    Context, Layers, NamedPolicy, Policy, PolicyKind, Principal, Request, evaluate, explain,
};

const KINDS: [PolicyKind; 7] = [
    PolicyKind::Identity,
    PolicyKind::Managed,
    PolicyKind::Resource,
    PolicyKind::Trust,
    PolicyKind::Session,
    PolicyKind::Scp,
    PolicyKind::Rcp,
];

/// Texts that are nearly policies: known words and odd values in the right places.
fn near_policy() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("*".to_owned()),
        Just("ecs:RunTask".to_owned()),
        Just("arn:aws:ecs:*:123456789012:task/*".to_owned()),
        Just("${aws:username}".to_owned()),
        Just("${aws:x, 'y'}${*}".to_owned()),
        Just("arn:aws:iam::123456789012:root".to_owned()),
        Just("2020-01-01T00:00:00Z".to_owned()),
        Just("10.0.0.0/8".to_owned()),
        "[ -~é]{0,12}",
    ];
    let operator = prop_oneof![
        Just("StringLike"),
        Just("ForAnyValue:ArnLikeIfExists"),
        Just("DateLessThan"),
        Just("NotIpAddress"),
        Just("NumericEquals"),
        Just("BinaryEquals"),
        Just("Null"),
        Just("Bool"),
    ];
    let element = prop_oneof![
        Just("Action"),
        Just("NotAction"),
        Just("Resource"),
        Just("NotResource"),
        Just("Principal"),
        Just("Sid"),
        Just("Effect"),
    ];
    (
        proptest::collection::vec((element, word.clone()), 0..5),
        operator,
        word.clone(),
        word,
    )
        .prop_map(|(elements, operator, key, value)| {
            let mut statement = serde_json::Map::new();
            statement.insert("Effect".to_owned(), "Allow".into());
            for (name, value) in elements {
                statement.insert(name.to_owned(), value.into());
            }
            statement.insert(
                "Condition".to_owned(),
                serde_json::json!({operator: {key: [value.clone(), 1]}}),
            );
            serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
        })
}

fn exercise(text: &str) {
    for kind in KINDS {
        let strict = Policy::parse(text, kind);
        let loaded = Policy::load(text, kind);
        assert!(
            strict.is_err() || loaded.is_ok(),
            "what parses also loads: {text}"
        );
        let Ok(policy) = loaded else { continue };
        let principal = Principal::user(
            "123456789012",
            "arn:aws:iam::123456789012:user/al",
            "AIDAEXAMPLE",
        );
        let mut context = Context::new();
        context.set("a", "b").set_list("aws:TagKeys", ["x", "é"]);
        let request = Request {
            principal: &principal,
            action: "ecs:RunTask",
            resource: "arn:aws:ecs:us-east-1:123456789012:task/é:x",
            resource_account: None,
            context: &context,
        };
        let named = NamedPolicy {
            name: "p",
            policy: &policy,
        };
        let layers = Layers {
            identity: &[named],
            resource: Some(named),
            ..Layers::default()
        };
        let decision = evaluate(&request, &layers);
        let _ = explain(&request, &layers, &decision);
    }
}

proptest! {
    #[test]
    fn the_parser_never_panics(text in any::<String>()) {
        exercise(&text);
    }

    #[test]
    fn near_policies_never_panic(text in near_policy()) {
        exercise(&text);
    }

    #[test]
    fn cut_policies_never_panic(text in near_policy(), at in any::<prop::sample::Index>()) {
        let end = at.index(text.len() + 1);
        exercise(text.get(..end).unwrap_or(&text));
    }

    /// Letter case of an action never changes a decision (a Deny in mixed case must deny).
    #[test]
    fn actions_have_no_letter_case(
        flips in proptest::collection::vec(any::<bool>(), 40),
        pattern in prop_oneof![
            Just("ecs:RunTask"), Just("ecs:Run*"), Just("ECS:r?ntask"), Just("*")
        ],
    ) {
        let flip = |text: &str| -> String {
            let upper = |(c, flip): (char, &bool)| {
                if *flip { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
            };
            text.chars().zip(&flips).map(upper).collect()
        };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Action":"*","Resource":"*"}},
                {{"Effect":"Deny","Action":"{}","Resource":"*"}}]}}"#,
            flip(pattern)
        );
        let policy = Policy::parse(&text, PolicyKind::Identity).unwrap();
        let principal =
            Principal::user("123456789012", "arn:aws:iam::123456789012:user/al", "AIDAEXAMPLE");
        let action = flip("ecs:runtask");
        let request = Request {
            principal: &principal,
            action: &action,
            resource: "*",
            resource_account: None,
            context: &Context::new(),
        };
        let identity = [NamedPolicy { name: "p", policy: &policy }];
        let layers = Layers { identity: &identity, ..Layers::default() };
        prop_assert!(!evaluate(&request, &layers).allowed());
    }
}
