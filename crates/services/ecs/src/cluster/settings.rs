//! Settings and configuration of a cluster.

use rolecall_api::ecs::{
    ClusterConfiguration, ClusterServiceConnectDefaultsRequest, ClusterSetting,
};
use rolecall_base::AwsError;

use crate::errors;

/// The value of `containerInsights` in a request; `None` if it does not set it.
///
/// Source: Amazon ECS API Reference, `ClusterSetting`.
pub(super) fn container_insights(
    settings: Option<&[ClusterSetting]>,
) -> Result<Option<String>, AwsError> {
    let mut insights = None;
    for setting in settings.unwrap_or_default() {
        if setting.name.as_deref() != Some("containerInsights") {
            return Err(errors::invalid("Invalid cluster setting name."));
        }
        let value = setting.value.clone().unwrap_or_default();
        if !matches!(value.as_str(), "enabled" | "disabled" | "enhanced") {
            return Err(errors::invalid(
                "Invalid value for cluster setting containerInsights. \
                 Valid values are enabled, disabled and enhanced.",
            ));
        }
        if insights.replace(value).is_some() {
            return Err(errors::invalid("Duplicate cluster settings found."));
        }
    }
    Ok(insights)
}

/// Checks how `ExecuteCommand` is logged.
pub(super) fn check_configuration(given: Option<&ClusterConfiguration>) -> Result<(), AwsError> {
    let exec = given.and_then(|c| c.execute_command_configuration.as_ref());
    let Some(exec) = exec else { return Ok(()) };
    let logging = exec.logging.as_deref().unwrap_or("DEFAULT");
    match &exec.log_configuration {
        Some(_) if logging != "OVERRIDE" => Err(errors::invalid(
            "You must set logging to 'OVERRIDE' when you supply a log configuration.",
        )),
        Some(log) if log.cloud_watch_log_group_name.is_none() && log.s3_bucket_name.is_none() => {
            Err(log_target_missing())
        }
        None if logging == "OVERRIDE" => Err(log_target_missing()),
        _ => Ok(()),
    }
}

fn log_target_missing() -> AwsError {
    errors::invalid(
        "A CloudWatch log group name or S3 bucket name must be specified when overriding the \
         default log configuration.",
    )
}

/// The namespace of Service Connect in a request: absent if it says nothing, an empty one removes
/// it.
pub(super) fn namespace(
    given: Option<&ClusterServiceConnectDefaultsRequest>,
) -> Option<Option<String>> {
    let given = given?;
    Some(given.namespace.clone().filter(|n| !n.is_empty()))
}
