//! Which actions there are, for `rolecall policy check`.

use rolecall_advise::check::{Finding, check_with};
use rolecall_api::SERVICES;
use rolecall_policy::{Known, PolicyKind};

/// Actions that are permissions only: no operation of the service's model has their name.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys" of each service.
const PERMISSIONS: &[(&str, &[&str])] = &[
    (
        "ecs",
        &[
            "AllowVendedLogDeliveryForResource",
            "Poll",
            "PutSystemLogEvents",
            "StartTelemetrySession",
        ],
    ),
    (
        "ecr",
        &[
            "BatchImportUpstreamImage",
            "GetImageCopyStatus",
            "ReplicateImage",
        ],
    ),
    (
        "iam",
        &[
            "DeleteCloudFrontPublicKey",
            "GetAccountEmailAddress",
            "GetAccountName",
            "GetCloudFrontPublicKey",
            "ListCloudFrontPublicKeys",
            "ListSTSRegionalEndpointsStatus",
            "PassRole",
            "SetSTSRegionalEndpointStatus",
            "UpdateAccountEmailAddress",
            "UpdateAccountName",
            "UpdateCloudFrontPublicKey",
            "UploadCloudFrontPublicKey",
        ],
    ),
    (
        "sts",
        &[
            "GetServiceBearerToken",
            "SetContext",
            "SetSourceIdentity",
            "TagGetWebIdentityToken",
            "TagSession",
        ],
    ),
    (
        "logs",
        &[
            "CallWithBearerToken",
            "CreateLogDelivery",
            "DeleteLogDelivery",
            "DeletePipelineRule",
            "GetLogDelivery",
            "IntegrateWithDataset",
            "IntegrateWithS3Table",
            "Link",
            "ListEntitiesForLogGroup",
            "ListLogDeliveries",
            "ListLogGroupsForEntity",
            "ProcessWithPipeline",
            "PutPipelineRule",
            "StopLiveTail",
            "UpdateLogDelivery",
        ],
    ),
    (
        "cloudtrail",
        &[
            "CreateServiceLinkedChannel",
            "DeleteServiceLinkedChannel",
            "GenerateQueryResultsSummary",
            "GetEventDataStoreData",
            "GetServiceLinkedChannel",
            "ListServiceLinkedChannels",
            "UpdateServiceLinkedChannel",
        ],
    ),
    (
        "ssm",
        &[
            "DescribeDocumentParameters",
            "ExecuteAPI",
            "GetCalendar",
            "GetManifest",
            "ListInstanceAssociations",
            "PutCalendar",
            "PutConfigurePackageResult",
            "RegisterManagedInstance",
            "RequestManagedInstanceRoleToken",
            "UpdateInstanceAssociationStatus",
            "UpdateInstanceInformation",
            "UpdateManagedInstancePublicKey",
        ],
    ),
];

/// The operations of the service models, and [`PERMISSIONS`]. Actions of other services, and
/// condition keys, are not judged.
struct Models;

impl Known for Models {
    fn has_service(&self, service: &str) -> bool {
        SERVICES
            .iter()
            .any(|known| known.id.eq_ignore_ascii_case(service))
    }

    fn actions(&self, service: &str) -> Vec<String> {
        let is = |known: &str| known.eq_ignore_ascii_case(service);
        let operations = SERVICES
            .iter()
            .filter(|known| is(known.id))
            .flat_map(|known| known.operations.iter().map(|operation| operation.name));
        let permissions = PERMISSIONS
            .iter()
            .filter(|(known, _)| is(known))
            .flat_map(|(_, names)| names.iter().copied());
        operations.chain(permissions).map(str::to_owned).collect()
    }

    fn has_key(&self, _: &str) -> bool {
        true
    }
}

/// What is wrong with a policy, without what cannot be judged: services that have no model here.
pub(super) fn check(text: &str, kind: PolicyKind) -> Vec<Finding> {
    let mut findings = check_with(text, kind, &Models);
    findings.retain(|finding| !finding.message.ends_with("whose service is not known"));
    findings
}

#[cfg(test)]
mod tests {
    use rolecall_policy::PolicyKind;

    use super::check;

    #[test]
    fn misspelt_actions_are_found_and_permissions_are_not() {
        let policy = |action: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}",
                    "Resource":"arn:aws:ecs:us-east-1:123456789012:cluster/a"}}]}}"#
            )
        };
        for (action, found) in [
            ("ecs:DescribeCluster", true),
            ("ecs:DescribeClusters", false),
            ("ECS:describe*", false),
            ("ecs:Poll", false),
            ("ssmmessages:CreateDataChanel", false),
        ] {
            let findings = check(&policy(action), PolicyKind::Identity);
            let unknown = findings.iter().any(|f| f.rule == "unknown-action");
            assert_eq!(unknown, found, "{action}: {findings:?}");
        }
    }
}
