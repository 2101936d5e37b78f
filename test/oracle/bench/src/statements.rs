//! The statements, in both languages, and the questions.

/// An action that the last statement allows.
pub const ALLOWED: &str = "ecs:RunTask";

/// An action of the same service that nothing allows.
pub const UNKNOWN: &str = "ecs:DeleteService";

/// What is asked for.
pub const RESOURCE: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7";

/// The keys of a request, beside the resource.
pub const CONTEXT: &[(&str, &str)] = &[
    ("aws:RequestedRegion", "us-east-1"),
    ("aws:SourceIp", "192.0.2.10"),
    ("aws:PrincipalTag/team", "blue"),
    (
        "ecs:cluster",
        "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
    ),
];

const SERVICES: &[&str] = &[
    "glue",
    "sqs",
    "sns",
    "logs",
    "kms",
    "ssm",
    "ecr",
    "ec2",
    "rds",
    "events",
    "lambda",
    "dynamodb",
    "cloudwatch",
    "secretsmanager",
    "states",
];

/// Statement `n` of those that are about something else: three actions, and an ARN's beginning.
fn other(n: usize) -> ([String; 3], String) {
    let service = SERVICES.get(n % SERVICES.len()).copied().unwrap_or("glue");
    let actions = ["Get", "List", "Put"].map(|verb| format!("{service}:{verb}Thing{n}"));
    let resource = format!("arn:aws:{service}:us-east-1:123456789012:thing/{n}/*");
    (actions, resource)
}

const OWN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:*";

/// An identity policy of `size` statements, the last of which allows the question.
pub fn iam(size: usize) -> String {
    let mut all: Vec<String> = (1..size)
        .map(|n| {
            let (actions, resource) = other(n);
            let actions = actions.join("\",\"");
            format!(r#"{{"Effect":"Allow","Action":["{actions}"],"Resource":"{resource}"}}"#)
        })
        .collect();
    all.push(format!(
        r#"{{"Effect":"Allow","Action":["ecs:RunTask","ecs:StartTask"],"Resource":"{OWN}",
            "Condition":{{"StringEquals":{{"aws:RequestedRegion":"us-east-1"}}}}}}"#
    ));
    document(&all)
}

/// A policy that allows whole services, for boundary, session and service control.
pub fn iam_wide() -> String {
    let all: Vec<String> = ["ecs", "ecr", "logs"]
        .iter()
        .map(|service| format!(r#"{{"Effect":"Allow","Action":"{service}:*","Resource":"*"}}"#))
        .collect();
    document(&all)
}

fn document(statements: &[String]) -> String {
    let all = statements.join(",");
    format!(r#"{{"Version":"2012-10-17","Statement":[{all}]}}"#)
}

/// The same policies for Cedar: the resource's ARN is in the context.
pub fn cedar(size: usize) -> String {
    cedar_of("alice", size)
}

/// As [`cedar`], for a user of this name.
pub fn cedar_of(user: &str, size: usize) -> String {
    let mut all = String::new();
    for n in 1..size {
        let (actions, resource) = other(n);
        let actions = actions
            .map(|action| format!("Action::\"{action}\""))
            .join(", ");
        all.push_str(&format!(
            "permit(principal == User::\"{user}\", action in [{actions}], resource) \
             when {{ context.resource like \"{resource}\" }};\n"
        ));
    }
    all.push_str(&format!(
        "permit(principal == User::\"{user}\", action in [Action::\"ecs:RunTask\", \
         Action::\"ecs:StartTask\"], resource) when {{ context.resource like \"{OWN}\" && \
         context[\"aws:RequestedRegion\"] == \"us-east-1\" }};\n"
    ));
    all
}

/// As [`iam_wide`]: there are no wildcards in Cedar's actions, so the name is in the context, too.
pub fn cedar_wide() -> String {
    ["ecs", "ecr", "logs"]
        .iter()
        .map(|service| {
            format!(
                "permit(principal, action, resource) when {{ context.action like \
                 \"{service}:*\" }};\n"
            )
        })
        .collect()
}
