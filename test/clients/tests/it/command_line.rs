//! The aws command line makes the role of an ECS container instance, as a published walk-through
//! prints the commands: with two malformed ARNs and a misspelt query among them.

use std::path::{Path, PathBuf};

use rolecall_testkit::Node;
use rolecall_testkit::clients::{Said, aws_v1, aws_v2};

const ROLE: &str = "ecsInstanceRole";
const PROFILE: &str = "ecsInstanceRole-profile";
const UNPARSABLE: &str = "An error occurred (ValidationError) when calling the AttachRolePolicy \
                          operation: Invalid ARN:  Could not be parsed!";

/// A command line and the error that it must end with; empty for none.
const COMMANDS: &[(&str, &str)] = &[
    (
        "iam create-role --role-name ecsInstanceRole \
         --assume-role-policy-document file://instance-role-trust-policy.json",
        "",
    ),
    (
        "iam create-instance-profile --instance-profile-name ecsInstanceRole-profile",
        "",
    ),
    (
        "iam add-role-to-instance-profile --instance-profile-name ecsInstanceRole-profile \
         --role-name ecsInstanceRole",
        "",
    ),
    (
        "iam attach-role-policy --role-name ecsInstanceRole --policy-arn \
         arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
        "",
    ),
    (
        "iam attach-role-policy --role-name ecsInstanceRole \
         --policy-arn arn:aws::iam::aws:policy/AmazonS3ReadOnlyAccess",
        UNPARSABLE,
    ),
    (
        "iam create-policy --policy-name cwlogspolicy \
         --policy-document file://instance-cw-logs.json",
        "",
    ),
    (
        "iam attach-role-policy --role-name ecsInstanceRole \
         --policy-arn arn:aws:iam:111122223333:aws:policy/cwlogspolicy",
        UNPARSABLE,
    ),
    (
        "iam attach-role-policy --role-name ecsInstanceRole \
         --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
        "",
    ),
];

struct Shell {
    node: Node,
    aws: PathBuf,
}

impl Shell {
    fn run(&self, args: &[&str]) -> Said {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/instance-role");
        Said::by(self.node.command(&self.aws).args(args).current_dir(folder)).unwrap()
    }

    /// Runs a command that must succeed.
    fn ok(&self, args: &[&str]) -> Said {
        let said = self.run(args);
        assert_eq!(said.status, 0, "{args:?}: {said:?}");
        said
    }

    fn arn_of_policy(&self, name: &str, output: &str) -> String {
        let query = format!("Policies[?PolicyName==`{name}`].Arn");
        let list = [
            "iam",
            "list-policies",
            "--scope",
            "Local",
            "--output",
            output,
        ];
        let said = self.ok(&[&list[..], &["--query", &query]].concat());
        said.out.trim().to_owned()
    }
}

fn walk_through(aws: PathBuf) {
    let shell = Shell {
        node: Node::start().unwrap(),
        aws,
    };
    for (line, error) in COMMANDS {
        let words: Vec<&str> = line.split_whitespace().collect();
        let said = shell.run(&words);
        assert_eq!(said.status == 0, error.is_empty(), "{line}: {said:?}");
        assert!(said.err.contains(error), "{line}: {said:?}");
    }
    assert_eq!(shell.arn_of_policy("cwlogsppolicy", "json"), "[]");
    let arn = shell.arn_of_policy("cwlogspolicy", "text");
    assert_eq!(arn, "arn:aws:iam::123456789012:policy/cwlogspolicy");
    shell.ok(&[
        "iam",
        "attach-role-policy",
        "--role-name",
        ROLE,
        "--policy-arn",
        &arn,
    ]);

    let attached = shell
        .ok(&["iam", "list-attached-role-policies", "--role-name", ROLE])
        .json();
    let mut arns: Vec<&str> = attached["AttachedPolicies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| policy["PolicyArn"].as_str().unwrap())
        .collect();
    arns.sort_unstable();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::123456789012:policy/cwlogspolicy",
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
        ]
    );
    let profile = shell
        .ok(&[
            "iam",
            "get-instance-profile",
            "--instance-profile-name",
            PROFILE,
        ])
        .json();
    let profile = &profile["InstanceProfile"];
    assert_eq!(profile["Roles"][0]["RoleName"], ROLE);
    assert_eq!(
        profile["Roles"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"],
        "ec2.amazonaws.com"
    );
    let id = profile["InstanceProfileId"].as_str().unwrap();
    assert!(id.starts_with("AIPA") && id.len() == 21, "{id}");
}

#[test]
fn the_walk_through_by_the_command_line_version_1() {
    walk_through(aws_v1().unwrap());
}

#[test]
fn the_walk_through_by_the_command_line_version_2() {
    walk_through(aws_v2().unwrap());
}
