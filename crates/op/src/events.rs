//! How CloudTrail files a call: its source, whether it only reads, whether it is a data event.

use rolecall_record::CallKind;

/// Operations that CloudTrail calls data events, by service and name; all others are management
/// events. Event history (`LookupEvents`) has management events only.
///
/// Sources: CloudTrail User Guide, "Logging data events"; Amazon CloudWatch Logs User Guide, "Logging
/// API and console operations"; Amazon ECS Developer Guide, "Log Amazon ECS API calls using AWS
/// CloudTrail". Layers that are pulled and pushed are management events, as the Amazon ECR User
/// Guide has it, "Logging Amazon ECR actions with AWS CloudTrail".
const DATA_EVENTS: &[(&str, &[&str])] = &[
    (
        "ecs",
        &["Poll", "PutSystemLogEvents", "StartTelemetrySession"],
    ),
    (
        "logs",
        &[
            "FilterLogEvents",
            "GetLogEvents",
            "PutLogEvents",
            "StartLiveTail",
        ],
    ),
];

/// Operations that only read though their names do not say it.
const READING: &[(&str, &[&str])] = &[
    ("ecr", &["BatchCheckLayerAvailability", "BatchGetImage"]),
    ("ecs", &["DiscoverPollEndpoint", "Poll"]),
    (
        "iam",
        &[
            "GenerateCredentialReport",
            "GenerateOrganizationsAccessReport",
            "GenerateServiceLastAccessedDetails",
            "SimulateCustomPolicy",
            "SimulatePrincipalPolicy",
        ],
    ),
    (
        "logs",
        &["FilterLogEvents", "StartQuery", "TestMetricFilter"],
    ),
    (
        "sts",
        &[
            "AssumeRole",
            "AssumeRoleWithSAML",
            "AssumeRoleWithWebIdentity",
            "AssumeRoot",
            "DecodeAuthorizationMessage",
        ],
    ),
];

/// The names of operations that only read begin with one of these.
const READING_PREFIXES: &[&str] = &[
    "Describe",
    "Get",
    "List",
    "Lookup",
    "Search",
    "BatchDescribe",
];

fn stands_in(table: &[(&str, &[&str])], service: &str, operation: &str) -> bool {
    table
        .iter()
        .any(|(name, operations)| *name == service && operations.contains(&operation))
}

/// Whether an operation is a management or a data event.
pub(crate) fn kind(service: &str, operation: &str) -> CallKind {
    if stands_in(DATA_EVENTS, service, operation) {
        CallKind::Data
    } else {
        CallKind::Management
    }
}

/// Whether an operation changes nothing.
pub(crate) fn is_read_only(service: &str, operation: &str) -> bool {
    READING_PREFIXES
        .iter()
        .any(|prefix| operation.starts_with(prefix))
        || stands_in(READING, service, operation)
}

/// The service's name in events, such as `ecs.amazonaws.com`.
pub(crate) fn source(signing_name: &str) -> String {
    format!("{signing_name}.amazonaws.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_filed_as_cloudtrail_does() {
        assert_eq!(kind("logs", "PutLogEvents"), CallKind::Data);
        assert_eq!(kind("ecs", "Poll"), CallKind::Data);
        assert_eq!(kind("ecr", "GetDownloadUrlForLayer"), CallKind::Management);
        assert_eq!(kind("ecs", "RunTask"), CallKind::Management);
        for (service, operation) in [("ecs", "DescribeTasks"), ("sts", "AssumeRole")] {
            assert!(is_read_only(service, operation), "{operation}");
        }
        for (service, operation) in [("ecs", "RunTask"), ("iam", "CreateRole")] {
            assert!(!is_read_only(service, operation), "{operation}");
        }
    }

    #[test]
    fn the_tables_are_sorted() {
        for table in [DATA_EVENTS, READING] {
            assert!(table.is_sorted_by_key(|(service, _)| service));
            for (_, operations) in table {
                assert!(operations.is_sorted(), "{operations:?}");
            }
        }
    }
}
