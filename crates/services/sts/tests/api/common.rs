//! What the tests of sts share.

use rolecall_base::AwsError;
use rolecall_op::Registry;
use rolecall_testkit::World;

/// An account with the operations of iam and sts.
pub(crate) async fn world() -> World {
    let registry = rolecall_sts::register(rolecall_iam::register(Registry::default()));
    let made = match World::new(registry) {
        Ok(world) => world.with_account().await,
        Err(error) => Err(AwsError::new("Test", error.to_string())),
    };
    match made {
        Ok(world) => world,
        Err(error) => unreachable!("{error}"),
    }
}

/// A policy with one statement that allows `actions` on `resource`.
pub(crate) fn allow(actions: &[&str], resource: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resource }],
    })
    .to_string()
}

/// A trust policy that allows `actions` to one principal, under a condition if it is not empty.
pub(crate) fn trust(
    kind: &str,
    principal: &str,
    actions: &[&str],
    condition: serde_json::Value,
) -> String {
    let mut statement = serde_json::json!({
        "Effect": "Allow", "Action": actions, "Principal": {kind: principal},
    });
    let conditional = condition
        .as_object()
        .is_some_and(|condition| !condition.is_empty());
    if conditional && let Some(members) = statement.as_object_mut() {
        members.insert("Condition".to_owned(), condition);
    }
    serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Calls an operation of a service with a JSON input as a caller.
macro_rules! call {
    ($world:expr, $caller:expr, $service:ident::$op:ident, $($input:tt)+) => {
        $world
            .call::<rolecall_api::$service::$op>(&$caller, serde_json::json!($($input)+))
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
