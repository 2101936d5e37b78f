//! The aws command line makes an organization, an account in it, and a policy that really limits
//! the account's administrator, in AWS's words.

use std::path::PathBuf;
use std::process::Command;

use rolecall_testkit::clients::{Said, aws_v1, aws_v2};
use rolecall_testkit::image::busybox;
use rolecall_testkit::{Key, Node};
use serde_json::{Value, json};

use crate::host::{Host, allow};
use crate::terraform::Terraform;

struct Shell<'a> {
    node: &'a Node,
    aws: PathBuf,
}

impl Shell<'_> {
    fn run(&self, key: &Key, line: &[&str]) -> Said {
        let mut command = self.node.command_as(key, &self.aws);
        Said::by(command.args(line).args(["--output", "json"])).unwrap()
    }

    /// A command that must succeed: what it answers, as JSON.
    fn ok(&self, key: &Key, line: &[&str]) -> Value {
        let said = self.run(key, line);
        assert_eq!(said.status, 0, "{line:?}: {}", said.err);
        said.json()
    }

    /// A command of the root user that must succeed: the text at a pointer of what it answers.
    fn text(&self, line: &[&str], pointer: &str) -> String {
        let answer = self.ok(&self.node.root, line);
        let text = answer.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("{line:?}: no {pointer} in {answer}"))
            .to_owned()
    }

    /// A command that must be refused, with this last line.
    fn refused(&self, key: &Key, line: &[&str], error: &str) {
        let said = self.run(key, line);
        assert_ne!(said.status, 0, "{line:?}: {}", said.out);
        // Version 2 says its name before it.
        let text = said.err.trim();
        let text = text.strip_prefix("aws: [ERROR]: ").unwrap_or(text);
        assert_eq!(text, error, "{line:?}");
    }

    /// The administrator of a member account, by a user of the management account.
    fn administrator(&self, ann: &Key, account: &str) -> Key {
        let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
        let line = [
            "sts",
            "assume-role",
            "--role-arn",
            &role,
            "--role-session-name",
            "ann",
        ];
        let given = self.ok(ann, &line);
        let text = |name: &str| given["Credentials"][name].as_str().unwrap().to_owned();
        Key {
            access_key_id: text("AccessKeyId"),
            secret_access_key: text("SecretAccessKey"),
            session_token: Some(text("SessionToken")),
        }
    }

    /// A service control policy of one statement; its id and ARN.
    fn policy(&self, name: &str, statement: &Value) -> (String, String) {
        let content = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let line = [
            "organizations",
            "create-policy",
            "--name",
            name,
            "--description",
            name,
            "--type",
            "SERVICE_CONTROL_POLICY",
            "--content",
            &content,
        ];
        let made = self.ok(&self.node.root, &line);
        let text = |member: &str| {
            let summary = &made["Policy"]["PolicySummary"];
            summary[member].as_str().unwrap().to_owned()
        };
        (text("Id"), text("Arn"))
    }

    fn attach(&self, verb: &str, policy: &str, target: &str) {
        let line = [
            "organizations",
            verb,
            "--policy-id",
            policy,
            "--target-id",
            target,
        ];
        self.ok(&self.node.root, &line);
    }

    /// A member account named `name`.
    fn member(&self, name: &str) -> String {
        let email = format!("{name}@example.com");
        let line = [
            "organizations",
            "create-account",
            "--email",
            &email,
            "--account-name",
            name,
        ];
        let id = self.text(&line, "/CreateAccountStatus/Id");
        let line = [
            "organizations",
            "describe-create-account-status",
            "--create-account-request-id",
            &id,
        ];
        assert_eq!(self.text(&line, "/CreateAccountStatus/State"), "SUCCEEDED");
        self.text(&line, "/CreateAccountStatus/AccountId")
    }
}

fn flow(aws: PathBuf) {
    let mut node = Node::start().unwrap();
    let (account, root, admin) = made(&Shell {
        node: &node,
        aws: aws.clone(),
    });
    // A member is not taken for the account of the data directory.
    node.stop().unwrap();
    node.restart().unwrap();
    let shell = Shell { node: &node, aws };
    let own = shell.text(&["sts", "get-caller-identity"], "/Account");
    assert_eq!(own, "123456789012");
    closed(&shell, &admin, &account, &root);
}

/// An organization with a limited member: the account, the root's id, the account's administrator.
fn made(shell: &Shell<'_>) -> (String, String, Key) {
    let root_key = &shell.node.root;
    shell.refused(
        root_key,
        &["organizations", "describe-organization"],
        "An error occurred (AWSOrganizationsNotInUseException) when calling the \
         DescribeOrganization operation: Your account is not a member of an organization.",
    );
    let line = [
        "organizations",
        "create-organization",
        "--feature-set",
        "ALL",
    ];
    shell.ok(root_key, &line);
    let root = shell.text(&["organizations", "list-roots"], "/Roots/0/Id");
    let line = [
        "organizations",
        "enable-policy-type",
        "--root-id",
        &root,
        "--policy-type",
        "SERVICE_CONTROL_POLICY",
    ];
    shell.ok(root_key, &line);
    let line = [
        "organizations",
        "create-organizational-unit",
        "--parent-id",
        &root,
        "--name",
        "sandbox",
    ];
    let unit = shell.text(&line, "/OrganizationalUnit/Id");
    let account = shell.member("member");
    let line = [
        "organizations",
        "move-account",
        "--account-id",
        &account,
        "--source-parent-id",
        &root,
        "--destination-parent-id",
        &unit,
    ];
    shell.ok(root_key, &line);

    let all = json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    let ann = shell.node.user("ann", &all).unwrap();
    let admin = shell.administrator(&ann, &account);
    let who = shell.ok(&admin, &["sts", "get-caller-identity"]);
    assert_eq!(who["Account"], json!(account));
    limits(shell, &admin, &account, &unit);
    shell.ok(&ann, &["ecs", "create-cluster", "--cluster-name", "ours"]);
    (account, root, admin)
}

/// A deny on the unit, then nothing that allows.
fn limits(shell: &Shell<'_>, admin: &Key, account: &str, unit: &str) {
    let create = ["ecs", "create-cluster", "--cluster-name", "web"];
    let denied = |why: &str| {
        format!(
            "An error occurred (AccessDeniedException) when calling the CreateCluster operation: \
             User: arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/ann is not \
             authorized to perform: ecs:CreateCluster on resource: \
             arn:aws:ecs:us-east-1:{account}:cluster/web {why}"
        )
    };
    let deny = json!({"Effect": "Deny", "Action": "ecs:CreateCluster", "Resource": "*"});
    let (policy, arn) = shell.policy("no-clusters", &deny);
    shell.attach("attach-policy", &policy, unit);
    let why = format!("with an explicit deny in a service control policy: {arn}");
    shell.refused(admin, &create, &denied(&why));
    shell.attach("detach-policy", &policy, unit);
    let only = json!({"Effect": "Allow", "Action": ["iam:*", "sts:*"], "Resource": "*"});
    let (policy, _) = shell.policy("only-iam", &only);
    shell.attach("attach-policy", &policy, account);
    shell.attach("detach-policy", "p-FullAWSAccess", account);
    let why = "because no service control policy allows the ecs:CreateCluster action";
    shell.refused(admin, &create, &denied(why));
    shell.ok(admin, &["iam", "list-roles"]);
    shell.attach("attach-policy", "p-FullAWSAccess", account);
    shell.ok(admin, &create);
    let clusters = shell.ok(admin, &["ecs", "list-clusters"]);
    assert_eq!(clusters["clusterArns"].as_array().unwrap().len(), 1);
}

/// A closed account's credentials are worth nothing.
fn closed(shell: &Shell<'_>, admin: &Key, account: &str, root: &str) {
    let line = [
        "organizations",
        "list-accounts",
        "--query",
        "length(Accounts)",
    ];
    assert_eq!(shell.ok(&shell.node.root, &line), json!(2));
    let line = ["organizations", "close-account", "--account-id", account];
    shell.ok(&shell.node.root, &line);
    shell.refused(
        admin,
        &["ecs", "list-clusters"],
        "An error occurred (UnrecognizedClientException) when calling the ListClusters operation: \
         The security token included in the request is invalid",
    );
    let line = [
        "organizations",
        "list-children",
        "--parent-id",
        root,
        "--child-type",
        "ORGANIZATIONAL_UNIT",
        "--query",
        "length(Children)",
    ];
    assert_eq!(shell.ok(&shell.node.root, &line), json!(1));
}

#[test]
fn an_organization_by_version_1() {
    flow(aws_v1().unwrap());
}

#[test]
fn an_organization_by_version_2() {
    flow(aws_v2().unwrap());
}

/// A task of a member account: its own image, roles and cluster.
#[test]
fn a_task_runs_in_a_member_account() {
    let Some(host) = Host::bare(&[]) else {
        return;
    };
    let shell = Shell {
        node: &host.node,
        aws: aws_v1().unwrap(),
    };
    let create = ["organizations", "create-organization"];
    shell.ok(&shell.node.root, &create);
    let account = shell.member("member");
    let ann = shell.node.user("ann", &allow(&["*"])).unwrap();
    let admin = shell.administrator(&ann, &account);
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    });
    let role = json!({"RoleName": "app", "AssumeRolePolicyDocument": trust.to_string()});
    let grant = json!({
        "RoleName": "app", "PolicyName": "app", "PolicyDocument": allow(&["ecr:*"]).to_string(),
    });
    let arn = format!("arn:aws:iam::{account}:role/app");
    let image = format!("{account}.dkr.ecr.us-east-1.amazonaws.com/app:v1");
    let definition = json!({
        "family": "app", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512", "executionRoleArn": arn, "taskRoleArn": arn,
        "containerDefinitions": [{"name": "app", "image": image, "command": ["sh", "-c", "exit 7"]}],
    });
    let made = shell.node.boto3_as(
        &admin,
        &[
            ("iam", "create_role", role),
            ("iam", "put_role_policy", grant),
            ("ecr", "create_repository", json!({"repositoryName": "app"})),
            ("ecs", "create_cluster", json!({"clusterName": "app"})),
            ("ecs", "register_task_definition", definition),
        ],
    );
    let made = made.unwrap();
    assert!(made.iter().all(|answer| answer.status == 200), "{made:?}");
    push(&shell, &admin);
    let run = json!({
        "cluster": "app", "taskDefinition": "app", "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]},
        },
    });
    let run = shell
        .node
        .boto3_as(&admin, &[("ecs", "run_task", run)])
        .unwrap();
    let task = run[0].text("/tasks/0/taskArn").to_owned();
    assert!(task.contains(&format!(":{account}:task/app/")), "{run:?}");
    let wait = [
        "ecs",
        "wait",
        "tasks-stopped",
        "--cluster",
        "app",
        "--tasks",
        &task,
    ];
    shell.ok(&admin, &wait);
    let describe = json!({"cluster": "app", "tasks": [task]});
    let seen = shell
        .node
        .boto3_as(&admin, &[("ecs", "describe_tasks", describe)]);
    let seen = seen.unwrap().remove(0).output;
    assert_eq!(seen["tasks"][0]["containers"][0]["exitCode"], 7, "{seen:#}");
    let own = shell.ok(&shell.node.root, &["ecs", "list-clusters"]);
    assert_eq!(own["clusterArns"], json!([]));
}

/// Pushes an image to the repository `app` of the account of `key`.
fn push(shell: &Shell<'_>, key: &Key) {
    let said = shell.run(key, &["ecr", "get-login-password", "--output", "text"]);
    assert_eq!(said.status, 0, "{said:?}");
    let folder = shell.node.scratch().join("image-v1");
    let layout = busybox().unwrap().write_layout(&folder, "v1").unwrap();
    let creds = format!("AWS:{}", said.out.trim());
    let remote = format!("docker://{}/app:v1", shell.node.address);
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["copy", "--insecure-policy", "--dest-tls-verify=false"]);
    skopeo.args(["--dest-creds", &creds, &layout.skopeo_name(), &remote]);
    let said = Said::by(&mut skopeo).unwrap();
    assert_eq!(said.status, 0, "{said:?}");
}

/// Terraform makes, finds unchanged and destroys an organization with a member and both types of
/// policy.
#[test]
fn terraform_makes_an_organization() {
    let node = Node::start().unwrap();
    let Some(terraform) = Terraform::with(&node, "terraform-organizations") else {
        return;
    };
    let applied = terraform.run(&["apply", "-auto-approve", "-input=false"], 0);
    let made = "Resources: 7 added, 0 changed, 0 destroyed.";
    assert!(applied.out.contains(made), "{}", applied.out);
    let plan = terraform.run(&["plan", "-detailed-exitcode", "-input=false"], 0);
    assert!(plan.out.contains("No changes."), "{}", plan.out);
    let destroyed = terraform.run(&["destroy", "-auto-approve", "-input=false"], 0);
    assert!(
        destroyed.out.contains("Resources: 7 destroyed."),
        "{}",
        destroyed.out
    );
}
