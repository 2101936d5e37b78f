//! Rules of log configurations.

use rolecall_api::ecs::TaskDefinition;
use rolecall_base::AwsError;

use super::containers;
use crate::errors::client;

/// What the `awslogs` driver must be told.
const AWSLOGS_REQUIRED: [&str; 2] = ["awslogs-group", "awslogs-region"];
/// What it may be told beside.
const AWSLOGS_ALLOWED: [&str; 10] = [
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-endpoint",
    "awslogs-force-flush-interval-seconds",
    "awslogs-max-buffered-events",
    "awslogs-multiline-pattern",
    "awslogs-stream",
    "awslogs-stream-prefix",
    "max-buffer-size",
    "mode",
];

/// Source: Amazon ECS API Reference, `LogConfiguration`; Developer Guide, "Send Amazon ECS logs
/// to CloudWatch".
pub(super) fn check(definition: &TaskDefinition) -> Result<(), AwsError> {
    let all = containers(definition);
    let routers = all
        .iter()
        .filter(|c| c.firelens_configuration.is_some())
        .count();
    let mut routed = false;
    for log in all.iter().filter_map(|c| c.log_configuration.as_ref()) {
        let options = log.options.clone().unwrap_or_default();
        match log.log_driver.as_deref().unwrap_or_default() {
            "awslogs" => {
                let missing: Vec<&str> = AWSLOGS_REQUIRED
                    .into_iter()
                    .filter(|o| !options.contains_key(*o))
                    .collect();
                if !missing.is_empty() {
                    return Err(client(format!(
                        "Log driver awslogs requires options: {}",
                        missing.join(", ")
                    )));
                }
                let known = |o: &str| AWSLOGS_REQUIRED.contains(&o) || AWSLOGS_ALLOWED.contains(&o);
                let unknown: Vec<&str> = options
                    .keys()
                    .map(String::as_str)
                    .filter(|o| !known(o))
                    .collect();
                if !unknown.is_empty() {
                    return Err(client(format!(
                        "Log driver awslogs disallows options: {}",
                        unknown.join(", ")
                    )));
                }
            }
            "awsfirelens" => routed = true,
            _ => {}
        }
    }
    match (routed, routers) {
        (true, 0) => Err(client(
            "When awsfirelens log driver is specified in log configuration, a firelens \
             configuration object must be specified.",
        )),
        (false, 1..) => Err(client(
            "When a firelensConfiguration object is specified, at least one container has to be \
             configured with the awsfirelens log driver.",
        )),
        (_, 2..) => Err(client(
            "Only one firelensConfiguration object may be specified.",
        )),
        _ => Ok(()),
    }
}
