//! The operations that are measured.

use clap::ValueEnum;

use crate::signed::Call;

/// The trust policy of the roles.
pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// How many families requests of RegisterTaskDefinition go round.
const FAMILIES: usize = 1000;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum Operation {
    GetCallerIdentity,
    RegisterTaskDefinition,
    ListTaskDefinitions,
    CreateRole,
}

impl Operation {
    /// The `n`-th request of a run; `run` makes names distinct between runs.
    pub(crate) fn call(self, run: &str, n: usize) -> Call {
        match self {
            Self::GetCallerIdentity => Call::query("sts", "GetCallerIdentity", &[]),
            Self::ListTaskDefinitions => Call::ecs("ListTaskDefinitions", "{}".to_owned()),
            Self::RegisterTaskDefinition => register(&format!("load-{run}-{}", n % FAMILIES)),
            Self::CreateRole => role(&format!("load-{run}-{n}")),
        }
    }

    /// Whether a request may be sent again.
    pub(crate) fn repeats(self) -> bool {
        self != Self::CreateRole
    }

    /// How many distinct requests there are at most.
    pub(crate) fn distinct(self) -> usize {
        match self {
            Self::GetCallerIdentity | Self::ListTaskDefinitions => 1,
            Self::RegisterTaskDefinition => FAMILIES,
            Self::CreateRole => usize::MAX,
        }
    }
}

/// CreateRole for tasks.
pub(crate) fn role(name: &str) -> Call {
    let form = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    Call::query("iam", "CreateRole", &form)
}

/// RegisterTaskDefinition of a Fargate service as people have it: a port, an environment, logs.
pub(crate) fn register(family: &str) -> Call {
    let body = serde_json::json!({
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/load-execution",
        "taskRoleArn": "arn:aws:iam::123456789012:role/load-task",
        "containerDefinitions": [{
            "name": "app",
            "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:latest",
            "essential": true,
            "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
            "environment": [{"name": "STAGE", "value": "prod"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/app",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "app"
                }
            }
        }]
    });
    Call::ecs("RegisterTaskDefinition", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_distinct_where_they_must_be() {
        let body = |op: Operation, n| op.call("r", n).body;
        assert_ne!(
            body(Operation::CreateRole, 1),
            body(Operation::CreateRole, 1001)
        );
        let register = Operation::RegisterTaskDefinition;
        assert_ne!(body(register, 1), body(register, 2));
        assert_eq!(body(register, 1), body(register, 1001));
    }
}
