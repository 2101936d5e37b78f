//! An unmodified boto3 inside a container, which finds the endpoint, the region and the task role
//! by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rolecall_testkit::clients::{Said, python};
use rolecall_testkit::image::{Image, busybox};
use serde_json::{Value, json};

use crate::host::{CLUSTER, Host, REPOSITORY, TASK_ROLE};

/// The services whose models the image carries.
const SERVICES: [&str; 3] = ["sts", "ecs", "iam"];

/// Says who it is, makes a call and then one that its role has no right to.
const PROGRAM: &str = r#"
import boto3
from botocore.exceptions import ClientError

print(boto3.client("sts").get_caller_identity()["Arn"])
print(boto3.client("ecs").list_clusters()["clusterArns"])
try:
    boto3.client("iam").list_users()
except ClientError as error:
    print(error.response["Error"]["Code"])
    print(error.response["Error"]["Message"])
    raise SystemExit(3)
"#;

/// Prints what the image needs of the Python that runs it: the interpreter, the folder of the
/// standard library, the folder of the installed packages, and every shared library.
const DESCRIBE: &str = r#"
import glob, json, os, re, subprocess, sys, sysconfig

program = os.path.realpath(sys.executable)
stdlib = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})
modules = glob.glob(stdlib + "/lib-dynload/*.so")
shown = subprocess.run(["ldd", program, *modules], capture_output=True, text=True).stdout
libraries = sorted(set(re.findall(r"(/\S+\.so\S*) \(0x", shown)))
print(json.dumps({
    "program": program,
    "prefix": sys.base_prefix,
    "stdlib": stdlib,
    "packages": sysconfig.get_path("purelib"),
    "libraries": libraries,
}))
"#;

/// Folders that a program does not need, and that are large.
const LEFT_OUT: [&str; 9] = [
    "__pycache__",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "ensurepip",
    "site-packages",
    "dist-packages",
    "lib2to3",
];

/// Adds the files under `folder` for which `wanted` is true, as `target/…`.
fn add(image: Image, folder: &Path, target: &str, wanted: &dyn Fn(&Path) -> bool) -> Image {
    let mut image = image;
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with("config-") || !wanted(&path) {
            continue;
        }
        let target = format!("{target}/{name}");
        image = if path.is_dir() {
            add(image, &path, &target, wanted)
        } else {
            image.file(&target, 0o755, fs::read(&path).unwrap())
        };
    }
    image
}

/// busybox, this machine's Python and the tests' boto3 with the models of [`SERVICES`].
fn python_image() -> Image {
    let said = Said::by(Command::new(python().unwrap()).args(["-c", DESCRIBE])).unwrap();
    let described = said.json();
    let text = |name: &str| {
        described[name]
            .as_str()
            .unwrap_or_else(|| panic!("{said:?}"))
    };
    let mut image = busybox().unwrap();
    for library in described["libraries"].as_array().unwrap() {
        let library = library.as_str().unwrap();
        image = image.file(library, 0o755, fs::read(library).unwrap());
    }
    image = image.file(text("program"), 0o755, fs::read(text("program")).unwrap());
    let stdlib = text("stdlib");
    image = add(image, Path::new(stdlib), stdlib, &|_| true);
    let data = Path::new(text("packages")).join("botocore/data");
    let wanted = |path: &Path| match path.strip_prefix(&data) {
        // Of the models, only the services that are called; of the files beside them, all.
        Ok(inside) if path.is_dir() => match inside.iter().next() {
            Some(service) => SERVICES.iter().any(|name| service == *name),
            None => true,
        },
        _ => true,
    };
    for package in [
        "boto3",
        "botocore",
        "dateutil",
        "jmespath",
        "s3transfer",
        "urllib3",
    ] {
        let folder = Path::new(text("packages")).join(package);
        image = add(image, &folder, &format!("/site/{package}"), &wanted);
    }
    let six = Path::new(text("packages")).join("six.py");
    image = image.file("/site/six.py", 0o644, fs::read(six).unwrap());
    let home = format!("PYTHONHOME={}", text("prefix"));
    image
        .file("/app.py", 0o644, PROGRAM)
        .env(&[
            "PATH=/bin",
            "PYTHONPATH=/site",
            "PYTHONDONTWRITEBYTECODE=1",
            &home,
        ])
        .entrypoint(&[text("program"), "/app.py"])
        .cmd(&[])
}

#[test]
fn boto3_in_a_container_has_its_task_role_and_no_more() {
    let Some(host) = Host::new() else {
        return;
    };
    host.grant(TASK_ROLE, &["ecs:ListClusters"]);
    host.push(&python_image(), REPOSITORY, "python");
    let task = host.run_task(CLUSTER, &host.register("python", &json!({})));
    let stopped: Value = host.stopped(&task);
    let id = task.rsplit('/').next().unwrap();
    let session = format!("arn:aws:sts::123456789012:assumed-role/task/{id}");
    let expected = [
        session.clone(),
        "['arn:aws:ecs:us-east-1:123456789012:cluster/app']".to_owned(),
        "AccessDenied".to_owned(),
        format!(
            "User: {session} is not authorized to perform: iam:ListUsers on resource: \
             arn:aws:iam::123456789012:user/ because no identity-based policy allows the \
             iam:ListUsers action"
        ),
    ];
    assert_eq!(host.lines(&task), expected, "{stopped:#}");
    assert_eq!(stopped["containers"][0]["exitCode"], 3, "{stopped:#}");
}
