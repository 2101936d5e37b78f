//! Terraform with the AWS provider makes, finds unchanged and destroys `fixtures/terraform`: the
//! cluster, roles, repository and log group of a small Fargate application.

use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_testkit::Node;
use rolecall_testkit::clients::Said;
use serde_json::Value;

const REGION: &str = "ap-northeast-1";

/// What the outputs must be.
const OUTPUTS: &[(&str, &str)] = &[
    (
        "cloudwatch_log_group_arn",
        "arn:aws:logs:ap-northeast-1:123456789012:log-group:/ecs/my-project-dev",
    ),
    ("cloudwatch_log_group_name", "/ecs/my-project-dev"),
    (
        "ecr_repository_arn",
        "arn:aws:ecr:ap-northeast-1:123456789012:repository/my-project-dev-app",
    ),
    (
        "ecs_cluster_arn",
        "arn:aws:ecs:ap-northeast-1:123456789012:cluster/my-project-dev-cluster",
    ),
    (
        "ecs_cluster_id",
        "arn:aws:ecs:ap-northeast-1:123456789012:cluster/my-project-dev-cluster",
    ),
    (
        "ecs_execution_role_arn",
        "arn:aws:iam::123456789012:role/my-project-dev-ecs-execution-role",
    ),
    (
        "ecs_task_role_arn",
        "arn:aws:iam::123456789012:role/my-project-dev-ecs-task-role",
    ),
];

pub(crate) struct Terraform<'a> {
    node: &'a Node,
    folder: PathBuf,
    cli_config: Option<PathBuf>,
}

impl<'a> Terraform<'a> {
    /// A working copy of the fixture with the provider in place; `None`, and a line that says so,
    /// when Terraform or its provider can't be had here.
    pub(crate) fn ready(node: &'a Node) -> Option<Self> {
        Self::with(node, "terraform")
    }

    /// [`Terraform::ready`] with another folder of `fixtures`.
    pub(crate) fn with(node: &'a Node, fixture: &str) -> Option<Self> {
        let folder = node.scratch().join("terraform");
        std::fs::create_dir(&folder).unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        for file in std::fs::read_dir(fixtures.join(fixture)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        let cli_config = cli_config(&folder);
        let terraform = Self {
            node,
            folder,
            cli_config,
        };
        let init = Said::by(&mut terraform.command(&["init", "-input=false"]));
        match init {
            Ok(said) if said.status == 0 => return Some(terraform),
            Ok(said) => println!("SKIPPED: terraform init failed: {}", said.err),
            Err(error) => println!("SKIPPED: {error}"),
        }
        None
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.node.command("terraform");
        if let Some(path) = &self.cli_config {
            command.env("TF_CLI_CONFIG_FILE", path);
        }
        command.args(args).current_dir(&self.folder);
        command
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("NO_COLOR", "1");
        command
    }

    /// Runs a subcommand that must end with `status`.
    pub(crate) fn run(&self, args: &[&str], status: i32) -> Said {
        let said = Said::by(&mut self.command(args)).unwrap();
        assert_eq!(
            said.status, status,
            "terraform {args:?}: {}\n{}",
            said.out, said.err
        );
        said
    }
}

/// `TF_CLI_CONFIG_FILE`, or one that names a folder of this machine that has the provider.
fn cli_config(folder: &Path) -> Option<PathBuf> {
    let given = std::env::var_os("TF_CLI_CONFIG_FILE").map(PathBuf::from);
    if let Some(path) = given.filter(|path| path.is_file()) {
        return Some(path);
    }
    let folders = |dir: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect()
    };
    let places = ["/opt", "/usr/share", "/usr/local/share", "/usr/local/lib"].map(Path::new);
    // A mirror is laid out as HOST/hashicorp/aws/….
    let mirror = places.into_iter().flat_map(folders).find(|candidate| {
        folders(candidate)
            .iter()
            .any(|host| host.join("hashicorp/aws").is_dir())
    })?;
    let file = folder.join("cli.tfrc");
    let mirror = mirror.display();
    let text =
        format!("provider_installation {{\n  filesystem_mirror {{ path = \"{mirror}\" }}\n}}\n");
    std::fs::write(&file, text).unwrap();
    Some(file)
}

#[test]
fn apply_an_empty_plan_outputs_and_destroy() {
    let node = Node::with_args(&["--no-tasks", "--region", REGION]).unwrap();
    let Some(terraform) = Terraform::ready(&node) else {
        return;
    };
    let applied = terraform.run(&["apply", "-auto-approve", "-input=false"], 0);
    assert!(
        applied
            .out
            .contains("Resources: 9 added, 0 changed, 0 destroyed."),
        "{}",
        applied.out
    );
    let plan = terraform.run(&["plan", "-detailed-exitcode", "-input=false"], 0);
    assert!(plan.out.contains("No changes."), "{}", plan.out);
    let outputs: Value = terraform.run(&["output", "-json"], 0).json();
    for (name, value) in OUTPUTS {
        assert_eq!(outputs[name]["value"], *value, "{name}");
    }
    let url = outputs["ecr_repository_url"]["value"].as_str().unwrap();
    assert!(url.ends_with("/my-project-dev-app"), "{url}");
    let destroyed = terraform.run(&["destroy", "-auto-approve", "-input=false"], 0);
    assert!(
        destroyed.out.contains("Resources: 9 destroyed."),
        "{}",
        destroyed.out
    );
    let state = terraform.run(&["show"], 0);
    assert!(
        state.out.contains("The state file is empty"),
        "{}",
        state.out
    );
}
