//! What the unmodified aws command line makes of IAM's answers, in both versions: queries, tables,
//! cut lists that are taken up again, waiters, skeletons of inputs, and profiles that assume roles,
//! one of them with the code of an MFA device.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use rolecall_testkit::clients::{Said, aws_v1, aws_v2};
use rolecall_testkit::{Node, totp};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";

struct Shell {
    node: Node,
    aws: PathBuf,
}

impl Shell {
    fn new(aws: PathBuf) -> Self {
        let node = Node::start().unwrap();
        let named = |name: &str| ("iam", "create_user", json!({"UserName": name}));
        let made = node.boto3(&["ann", "bob", "cat"].map(named)).unwrap();
        assert!(made.iter().all(|answer| answer.code.is_none()), "{made:?}");
        Self { node, aws }
    }

    /// Runs one command line, words separated by blanks.
    fn run(&self, line: &str) -> Said {
        let mut command = self.node.command(&self.aws);
        command.args(line.split_whitespace());
        Said::by(command.current_dir(self.node.scratch())).unwrap()
    }

    /// Runs a command line that must succeed: its output.
    fn ok(&self, line: &str) -> Said {
        let said = self.run(line);
        assert_eq!(said.status, 0, "{line}: {}", said.err);
        said
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.node.scratch().join(name), text).unwrap();
    }
}

/// A trust policy for the user `ann`.
fn trusts_ann(condition: Value) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/ann")},
        "Condition": condition,
    }]});
    trust.to_string()
}

/// `--query`, `--output`, and lists that are cut off.
fn lists(shell: &Shell) {
    let text = "iam list-users --output text --query Users[].[UserName,Arn]";
    let lines = ["ann", "bob", "cat"].map(|n| format!("{n}\tarn:aws:iam::{ACCOUNT}:user/{n}\n"));
    assert_eq!(shell.ok(text).out, lines.concat());
    // Several pages are one list to the client.
    assert_eq!(
        shell.ok(&format!("{text} --page-size 1")).out,
        lines.concat()
    );
    let table = shell.ok("iam list-users --output table --query Users[].{Name:UserName,Path:Path}");
    let words: Vec<&str> = table.out.split_whitespace().collect();
    let words = words.join(" ");
    for row in ["| ListUsers |", "| Name | Path |", "| bob | / |"] {
        assert!(words.contains(row), "{row}\n{}", table.out);
    }
    let first = shell.ok("iam list-users --max-items 2").json();
    let token = first["NextToken"].as_str().unwrap();
    let rest = shell
        .ok(&format!("iam list-users --starting-token {token}"))
        .json();
    let of = |answer: &Value| -> Vec<String> {
        let users = answer["Users"].as_array().unwrap().iter();
        users
            .map(|user| user["UserName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (of(&first), of(&rest)),
        (vec!["ann".into(), "bob".into()], vec!["cat".into()])
    );
    assert_eq!(rest["NextToken"], Value::Null);
    // One answer of the server, with its own marker.
    let one = shell
        .ok("iam list-users --no-paginate --max-items 1")
        .json();
    assert_eq!(
        (of(&one), &one["IsTruncated"]),
        (vec!["ann".into()], &json!(true))
    );
    let marker = one["Marker"].as_str().unwrap();
    let line = format!("iam list-users --no-paginate --max-items 5 --marker {marker}");
    let two = shell.ok(&line).json();
    assert_eq!(
        (of(&two), &two["IsTruncated"]),
        (vec!["bob".into(), "cat".into()], &json!(false))
    );
    // More than fits into one answer.
    let many = shell
        .ok("iam list-policies --scope AWS --query length(Policies)")
        .json();
    assert!(many.as_u64() > Some(1_000), "{many}");
    let gone = shell.run("iam get-user --user-name nobody");
    let why = "An error occurred (NoSuchEntity) when calling the GetUser operation: The user with \
               name nobody cannot be found.";
    assert!(gone.status != 0 && gone.err.contains(why), "{gone:?}");
}

/// `--generate-cli-skeleton` gives an input that can be filled and taken back.
fn skeletons(shell: &Shell) {
    let given = shell.ok("iam create-user --generate-cli-skeleton input");
    let mut input = given.json();
    assert_eq!(input["Tags"], json!([{"Key": "", "Value": ""}]));
    input["UserName"] = json!("dan");
    input["Path"] = json!("/team/");
    input["Tags"][0] = json!({"Key": "Team", "Value": "core"});
    input.as_object_mut().unwrap().remove("PermissionsBoundary");
    shell.write("dan.json", &input.to_string());
    let made = shell
        .ok("iam create-user --cli-input-json file://dan.json")
        .json();
    assert_eq!(
        made["User"]["Arn"],
        format!("arn:aws:iam::{ACCOUNT}:user/team/dan")
    );
    let got = shell
        .ok("iam get-user --user-name dan --query User.Tags")
        .json();
    assert_eq!(got, input["Tags"]);
}

/// `aws iam wait` ends when the thing comes, and at once when it is there.
fn waiters(shell: &Shell) {
    let mut waiting = shell
        .node
        .command(&shell.aws)
        .args("iam wait role-exists --role-name work --debug".split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
    assert!(
        said.any(|line| line.unwrap().contains("NoSuchEntity")),
        "it does not ask"
    );
    let end = std::thread::spawn(move || said.count());
    shell.write("trust.json", &trusts_ann(json!({})));
    shell.ok("iam create-role --role-name work --assume-role-policy-document file://trust.json");
    assert!(waiting.wait().unwrap().success());
    end.join().unwrap();
    shell.ok("iam wait role-exists --role-name work");
}

/// A profile with `role_arn` and `source_profile`, and one with `mfa_serial` too.
fn profiles(shell: &Shell) {
    let node = &shell.node;
    let serial = format!("arn:aws:iam::{ACCOUNT}:mfa/phone");
    let role = |name: &str, condition: Value| {
        let trust = trusts_ann(condition);
        let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
        ("iam", "create_role", role)
    };
    let with_mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let made = node
        .boto3(&[
            ("iam", "create_access_key", json!({"UserName": "ann"})),
            (
                "iam",
                "create_virtual_mfa_device",
                json!({"VirtualMFADeviceName": "phone"}),
            ),
            role("work", json!({})),
            role("guarded", with_mfa),
        ])
        .unwrap();
    let seed = made[1].text("/VirtualMFADevice/Base32StringSeed");
    let epoch_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let epoch_s = i64::try_from(epoch_s).unwrap();
    let enabled = node
        .boto3(&[(
            "iam",
            "enable_mfa_device",
            json!({
                "UserName": "ann", "SerialNumber": serial,
                "AuthenticationCode1": totp(seed, epoch_s - 30),
                "AuthenticationCode2": totp(seed, epoch_s),
            }),
        )])
        .unwrap();
    assert_eq!(enabled[0].error(), ("", ""));
    shell.write(
        "config",
        &format!(
            "[profile work]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/work\nsource_profile = base\n\
         role_session_name = job\nduration_seconds = 900\n\
         [profile guarded]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/guarded\n\
         source_profile = base\nrole_session_name = job\nmfa_serial = {serial}\n",
        ),
    );
    shell.write(
        "keys",
        &format!(
            "[base]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            made[0].text("/AccessKey/AccessKeyId"),
            made[0].text("/AccessKey/SecretAccessKey"),
        ),
    );
    let who = |profile: &str, code: &str| {
        // Without a terminal of its own, the client reads the code from its standard input.
        shell.write("code", &format!("{code}\n"));
        let mut command = node.command("setsid");
        command
            .arg("--wait")
            .arg(&shell.aws)
            .args([
                "sts",
                "get-caller-identity",
                "--query",
                "Arn",
                "--profile",
                profile,
            ])
            .env("AWS_CONFIG_FILE", node.scratch().join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", node.scratch().join("keys"))
            .env("HOME", node.scratch())
            .stdin(std::fs::File::open(node.scratch().join("code")).unwrap());
        Said::by(&mut command).unwrap()
    };
    let session = |role: &str| json!(format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/job"));
    let said = who("work", "");
    assert_eq!(said.json(), session("work"), "{}", said.err);
    let wrong = who("guarded", "000000");
    let why = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    assert!(wrong.status != 0 && wrong.err.contains(why), "{wrong:?}");
    let said = who("guarded", &totp(seed, epoch_s + 30));
    assert_eq!(said.json(), session("guarded"), "{}", said.err);
}

#[test]
fn lists_by_the_command_line_version_1() {
    lists(&Shell::new(aws_v1().unwrap()));
}

#[test]
fn lists_by_the_command_line_version_2() {
    lists(&Shell::new(aws_v2().unwrap()));
}

#[test]
fn skeletons_and_waiters_by_the_command_line_version_1() {
    let shell = Shell::new(aws_v1().unwrap());
    skeletons(&shell);
    waiters(&shell);
}

#[test]
fn skeletons_and_waiters_by_the_command_line_version_2() {
    let shell = Shell::new(aws_v2().unwrap());
    skeletons(&shell);
    waiters(&shell);
}

#[test]
fn profiles_by_the_command_line_version_1() {
    profiles(&Shell::new(aws_v1().unwrap()));
}

#[test]
fn profiles_by_the_command_line_version_2() {
    profiles(&Shell::new(aws_v2().unwrap()));
}
