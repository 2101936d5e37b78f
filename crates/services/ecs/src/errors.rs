//! The service's errors, in AWS's words.
//!
//! Sources: Amazon ECS API Reference, "Errors" of each operation; Developer Guide,
//! "Troubleshooting". Where the exact text is not published, it says the same in AWS's manner.

use std::fmt::Display;

use rolecall_base::AwsError;

/// `ClientException`: the request makes no sense for this resource.
pub(crate) fn client(message: impl Into<String>) -> AwsError {
    AwsError::new("ClientException", message)
}

/// `InvalidParameterException`: a parameter is not valid.
pub(crate) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

/// The cluster is not there or not active.
pub(crate) fn cluster_not_found() -> AwsError {
    AwsError::new("ClusterNotFoundException", "Cluster not found.")
}

/// `CreateCluster` with other arguments than the cluster was made with.
pub(crate) fn inconsistent_arguments() -> AwsError {
    invalid(
        "Arguments on this idempotent request are inconsistent with arguments used in previous \
         request(s).",
    )
}

/// `RunTask` with a client token that went with other parameters.
pub(crate) fn client_token_conflict() -> AwsError {
    AwsError::new(
        "ConflictException",
        "The client token was used before with other parameters. Use another client token, or \
         the same parameters, and try again.",
    )
}

/// The cluster has tasks.
pub(crate) fn cluster_contains_tasks() -> AwsError {
    AwsError::new(
        "ClusterContainsTasksException",
        "The Cluster cannot be deleted while Tasks are active.",
    )
}

/// The task definition is not there, asked for by `DescribeTaskDefinition` and the like.
pub(crate) fn unable_to_describe() -> AwsError {
    client("Unable to describe task definition.")
}

/// The task definition is not there, named by another operation.
pub(crate) fn definition_not_found() -> AwsError {
    client("TaskDefinition not found.")
}

/// The task definition was deregistered.
pub(crate) fn definition_inactive() -> AwsError {
    client("TaskDefinition is inactive")
}

/// The task is not there.
pub(crate) fn task_not_found() -> AwsError {
    invalid("The referenced task was not found.")
}

/// No container instance can take the task.
pub(crate) fn no_container_instances() -> AwsError {
    invalid("No Container Instances were found in your cluster.")
}

/// A role's ARN is not one.
pub(crate) fn invalid_role() -> AwsError {
    client("Role is not valid")
}

/// A role of another account.
pub(crate) fn cross_account_role() -> AwsError {
    AwsError::new(
        "AccessDeniedException",
        "Cross-account pass role is not allowed.",
    )
}

/// A pagination token that was not issued here.
pub(crate) fn invalid_token() -> AwsError {
    invalid("Invalid token.")
}

/// An ARN of something else.
pub(crate) fn invalid_identifier(what: impl Display) -> AwsError {
    invalid(format!("Invalid identifier: {what}"))
}

/// A limit of a listing.
pub(crate) fn max_results(max: i32) -> AwsError {
    invalid(format!("maxResults must be between 1 and {max}."))
}

/// A resource named by a full ARN that is not there.
pub(crate) fn resource_not_found(what: &str) -> AwsError {
    invalid(format!(
        "The specified {what} is not found. Specify a valid resource ARN and try again."
    ))
}
