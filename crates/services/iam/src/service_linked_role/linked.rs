//! The services that have service-linked roles here: those of ECS and what it touches.
//!
//! Source: IAM User Guide, "AWS services that work with IAM", and each service's page on its
//! service-linked role.

/// The role of one service.
pub(crate) struct Linked {
    service: &'static str,
    role: &'static str,
    policy: &'static str,
    /// What the role is for, if the service says so.
    pub(crate) description: Option<&'static str>,
    /// Whether there may be several, told apart by a suffix.
    pub(crate) takes_suffix: bool,
}

const fn linked(service: &'static str, role: &'static str, policy: &'static str) -> Linked {
    Linked {
        service,
        role,
        policy,
        description: None,
        takes_suffix: false,
    }
}

static ALL: &[Linked] = &[
    Linked {
        description: Some("Role to enable Amazon ECS to manage your cluster."),
        ..linked("ecs.amazonaws.com", "ECS", "AmazonECSServiceRolePolicy")
    },
    linked(
        "ecs-compute.amazonaws.com",
        "ECSCompute",
        "AmazonECSComputeServiceRolePolicy",
    ),
    linked(
        "ecs.application-autoscaling.amazonaws.com",
        "ApplicationAutoScaling_ECSService",
        "AWSApplicationAutoscalingECSServicePolicy",
    ),
    Linked {
        takes_suffix: true,
        ..linked(
            "autoscaling.amazonaws.com",
            "AutoScaling",
            "AutoScalingServiceRolePolicy",
        )
    },
    linked(
        "elasticloadbalancing.amazonaws.com",
        "ElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
    ),
    linked(
        "spot.amazonaws.com",
        "EC2Spot",
        "AWSEC2SpotServiceRolePolicy",
    ),
    linked(
        "replication.ecr.amazonaws.com",
        "ECRReplication",
        "ECRReplicationServiceRolePolicy",
    ),
    linked(
        "pullthroughcache.ecr.amazonaws.com",
        "ECRPullThroughCache",
        "AWSECRPullThroughCache_ServiceRolePolicy",
    ),
    linked(
        "ssm.amazonaws.com",
        "AmazonSSM",
        "AmazonSSMServiceRolePolicy",
    ),
    linked("rds.amazonaws.com", "RDS", "AmazonRDSServiceRolePolicy"),
    linked(
        "elasticache.amazonaws.com",
        "ElastiCache",
        "ElastiCacheServiceRolePolicy",
    ),
];

/// The role of the service `name`, such as `ecs.amazonaws.com`.
pub(crate) fn find(name: &str) -> Option<&'static Linked> {
    ALL.iter().find(|linked| linked.service == name)
}

impl Linked {
    /// The role's name.
    pub(crate) fn role_name(&self, suffix: Option<&str>) -> String {
        match suffix.filter(|suffix| !suffix.is_empty()) {
            Some(suffix) => format!("AWSServiceRoleFor{}_{suffix}", self.role),
            None => format!("AWSServiceRoleFor{}", self.role),
        }
    }

    /// The ARN of the role's one policy.
    pub(crate) fn policy_arn(&self) -> String {
        format!("arn:aws:iam::aws:policy/aws-service-role/{}", self.policy)
    }

    /// The trust policy: only the service may assume it.
    pub(crate) fn trust(&self) -> String {
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Action\":[\"sts:AssumeRole\"],\
             \"Effect\":\"Allow\",\"Principal\":{{\"Service\":[\"{}\"]}}}}]}}",
            self.service
        )
    }
}
