//! What the tests of iam share.

use rolecall_op::Registry;
use rolecall_testkit::World;

/// An account with the operations of iam.
pub(crate) fn world() -> World {
    match World::new(rolecall_iam::register(Registry::default())) {
        Ok(world) => world,
        Err(error) => unreachable!("{error}"),
    }
}

/// A policy with one statement that allows `action` on `resource`.
pub(crate) fn allow(action: &str, resource: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }],
    })
    .to_string()
}

/// The trust policy of ECS tasks.
pub(crate) const TASKS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// Calls an operation with a JSON input as a caller.
macro_rules! call {
    ($world:expr, $caller:expr, $op:ident, $($input:tt)+) => {
        $world
            .call::<rolecall_api::iam::$op>(&$caller, serde_json::json!($($input)+))
            .await
    };
}

/// Asserts that a call is refused with this status and `CODE: MESSAGE`.
macro_rules! refused {
    ($answer:expr, $status:expr, $text:expr) => {{
        let error = $answer.unwrap_err();
        assert_eq!(
            (error.status, error.to_string()),
            ($status, String::from($text))
        );
    }};
}

pub(crate) use {call, refused};
