//! What ECS users run into, by action: a line that AWS's message does not give.

/// A line about a denied action that AWS's own message leaves out, or `None`.
///
/// Sources: Amazon ECS Developer Guide, "Amazon ECS task execution IAM role", "Amazon ECS task IAM
/// role", "Grant permission to tag resources on creation", "Using the awslogs log driver"; IAM User
/// Guide, "Grant a user permissions to pass a role to an AWS service".
///
/// ```
/// let note = rolecall_advise::note("ecr:GetAuthorizationToken", "*", &[]);
/// assert!(note.unwrap().contains("execution role"));
/// ```
pub fn note(action: &str, resource: &str, keys: &[(String, Vec<String>)]) -> Option<String> {
    let value = |name: &str| {
        keys.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .and_then(|(_, values)| values.first())
    };
    let lower = action.to_ascii_lowercase();
    let text = match lower.as_str() {
        "ecr:getauthorizationtoken" => {
            "The task's execution role pulls its images, and first asks the registry for a token. \
             The action has no resource type: it is allowed on \"*\" only, never on a repository."
        }
        "ecr:batchgetimage" | "ecr:getdownloadurlforlayer" | "ecr:batchchecklayeravailability" => {
            "The task's execution role pulls its images. A pull takes ecr:GetAuthorizationToken on \
             \"*\", and ecr:BatchCheckLayerAvailability, ecr:BatchGetImage and \
             ecr:GetDownloadUrlForLayer on the repository; AmazonECSTaskExecutionRolePolicy has \
             them all."
        }
        "logs:createloggroup" => {
            "awslogs-create-group makes the execution role create the log group, and \
             AmazonECSTaskExecutionRolePolicy does not allow that. Either allow it or make the log \
             group yourself."
        }
        "logs:createlogstream" | "logs:putlogevents" => {
            "The awslogs driver ships the container's output as the task's execution role; \
             AmazonECSTaskExecutionRolePolicy allows it. A log stream's ARN begins with its \
             group's and a colon."
        }
        "secretsmanager:getsecretvalue" | "ssm:getparameters" => {
            "Values of `secrets` in a task definition are read as the task's execution role, not \
             as its task role."
        }
        "iam:passrole" => {
            return Some(format!(
                "Whoever names a role for a task hands it out, and so needs iam:PassRole on \
                 exactly that role{}. It is a permission, not an operation.",
                value("iam:PassedToService")
                    .map(|service| format!(", passed to {service}"))
                    .unwrap_or_default()
            ));
        }
        "ecs:tagresource" => {
            return value("ecs:CreateAction").map(|create| {
                format!(
                    "The call gave tags, so beside ecs:{create} it needs ecs:TagResource with \
                     ecs:CreateAction {create}."
                )
            });
        }
        "ecs:runtask" | "ecs:starttask" if resource.contains(":task-definition/") => {
            let family = resource.rsplit('/').next().unwrap_or_default();
            if family.contains(':') {
                "RunTask is checked on the task definition; which cluster is the condition key \
                 ecs:cluster."
            } else {
                "The call named a family without a revision, so it is checked on the family's ARN \
                 without one: \"task-definition/family:*\" does not cover it. List both."
            }
        }
        "sts:assumerole" => {
            "Who may assume a role is said by the role's trust policy. Tasks' roles are assumed by \
             ecs-tasks.amazonaws.com, not by ecs.amazonaws.com. AWS gives no reason, so that \
             nobody learns which roles exist."
        }
        "ssmmessages:createcontrolchannel"
        | "ssmmessages:createdatachannel"
        | "ssmmessages:opencontrolchannel"
        | "ssmmessages:opendatachannel" => {
            "ECS Exec runs beside the container as its task role; without the four ssmmessages \
             actions AWS only says \"internal error\"."
        }
        _ => return None,
    };
    Some(text.to_owned())
}
