//! From an ARN to the type and name that events give a resource.

/// A resource as events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The type, such as `AWS::IAM::Role`.
    pub kind: &'static str,
    /// The name without service, account and path.
    pub name: &'a str,
}

/// The types, by service and the first part of the ARN's resource. CloudTrail's types are those of
/// CloudFormation and AWS Config.
///
/// Source: AWS Config Developer Guide, "Supported Resource Types"; CloudFormation User Guide,
/// "Resource and property types".
const TYPES: &[(&str, &str, &str)] = &[
    ("cloudtrail", "trail", "AWS::CloudTrail::Trail"),
    ("ecr", "repository", "AWS::ECR::Repository"),
    ("ecs", "capacity-provider", "AWS::ECS::CapacityProvider"),
    ("ecs", "cluster", "AWS::ECS::Cluster"),
    ("ecs", "container-instance", "AWS::ECS::ContainerInstance"),
    ("ecs", "service", "AWS::ECS::Service"),
    ("ecs", "task", "AWS::ECS::Task"),
    ("ecs", "task-definition", "AWS::ECS::TaskDefinition"),
    ("iam", "group", "AWS::IAM::Group"),
    ("iam", "instance-profile", "AWS::IAM::InstanceProfile"),
    ("iam", "mfa", "AWS::IAM::VirtualMFADevice"),
    ("iam", "oidc-provider", "AWS::IAM::OIDCProvider"),
    ("iam", "policy", "AWS::IAM::Policy"),
    ("iam", "role", "AWS::IAM::Role"),
    ("iam", "saml-provider", "AWS::IAM::SAMLProvider"),
    ("iam", "server-certificate", "AWS::IAM::ServerCertificate"),
    ("iam", "user", "AWS::IAM::User"),
    ("logs", "log-group", "AWS::Logs::LogGroup"),
    ("organizations", "account", "AWS::Organizations::Account"),
    (
        "organizations",
        "organization",
        "AWS::Organizations::Organization",
    ),
    (
        "organizations",
        "ou",
        "AWS::Organizations::OrganizationalUnit",
    ),
    ("organizations", "policy", "AWS::Organizations::Policy"),
    ("secretsmanager", "secret", "AWS::SecretsManager::Secret"),
    ("ssm", "parameter", "AWS::SSM::Parameter"),
];

/// The resource that an ARN names; `None` if it is of a type that events do not name.
pub fn resource(arn: &str) -> Option<Resource<'_>> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next()?;
    let rest = parts.nth(2)?;
    let (kind, name) = rest.split_once(['/', ':'])?;
    let (_, _, kind) = TYPES
        .iter()
        .find(|(s, prefix, _)| *s == service && *prefix == kind)?;
    // A repository's and a parameter's slashes are part of its name; the others' are a path, a
    // cluster, an organization.
    let name = match service {
        "ecr" | "ssm" => name,
        "logs" => name.split(':').next().unwrap_or(name),
        _ => name.rsplit('/').next().unwrap_or(name),
    };
    Some(Resource { kind, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_named_by_type_and_name() {
        for (arn, kind, name) in [
            (
                "arn:aws:iam::123456789012:role/team/ci",
                "AWS::IAM::Role",
                "ci",
            ),
            (
                "arn:aws:ecs:us-east-1:123456789012:task/web/0123",
                "AWS::ECS::Task",
                "0123",
            ),
            (
                "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3",
                "AWS::ECS::TaskDefinition",
                "web:3",
            ),
            (
                "arn:aws:ecr:us-east-1:123456789012:repository/team/app",
                "AWS::ECR::Repository",
                "team/app",
            ),
            (
                "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/app:*",
                "AWS::Logs::LogGroup",
                "/ecs/app",
            ),
        ] {
            assert_eq!(resource(arn), Some(Resource { kind, name }), "{arn}");
        }
        for arn in ["", "*", "arn:aws:s3:::bucket", "arn:aws:iam::1:root"] {
            assert_eq!(resource(arn), None, "{arn}");
        }
    }
}
