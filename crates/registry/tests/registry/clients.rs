//! skopeo and docker, as people run them. Skipped, with a message, where they are not installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rolecall_testkit::image::busybox;
use tempfile::TempDir;

use crate::harness::Served;

fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(_) => {
            println!(
                "SKIPPED: {} is not installed",
                command.get_program().display()
            );
            None
        }
    }
}

fn checked(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A home whose containers configuration says that the registry speaks plain HTTP: skopeo and
/// podman take any other registry, on loopback too, for one with TLS. See
/// `docs/decisions/0005-registry-addresses.md`.
fn home(folder: &Path, address: &str) -> PathBuf {
    let home = folder.join("home");
    let conf = home.join(".config/containers/registries.conf.d");
    std::fs::create_dir_all(&conf).unwrap();
    let text = format!("[[registry]]\nlocation = \"{address}\"\ninsecure = true\n");
    std::fs::write(conf.join("rolecall.conf"), text).unwrap();
    home
}

fn skopeo(home: &Path) -> Command {
    let mut command = Command::new("skopeo");
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME");
    command.env("REGISTRY_AUTH_FILE", home.join("auth.json"));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn skopeo_logs_in_pushes_inspects_and_pulls() {
    let served = Served::new().await;
    let folder = TempDir::new().unwrap();
    let address = served.address.to_string();
    let home = home(folder.path(), &address);
    let layout = busybox()
        .unwrap()
        .write_layout(&folder.path().join("image"), "v1")
        .unwrap();
    let password = served.password(&served.world.root()).await;
    let login = [
        "login",
        "--username",
        "AWS",
        "--password",
        &password,
        &address,
    ];
    let Some(output) = run(skopeo(&home).args(login)) else {
        return;
    };
    checked(&output);
    let remote = format!("docker://{address}/team/app:v1");
    let copy = ["copy", "--insecure-policy", &layout.skopeo_name(), &remote];
    checked(&run(skopeo(&home).args(copy)).unwrap());
    let seen = checked(&run(skopeo(&home).args(["inspect", &remote])).unwrap());
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["Digest"], layout.manifest.digest);
    assert_eq!(seen["RepoTags"], serde_json::json!(["v1"]));
    let back = format!("dir:{}", folder.path().join("back").display());
    checked(&run(skopeo(&home).args(["copy", "--insecure-policy", &remote, &back])).unwrap());
    // Into another repository: its blobs are mounted, not sent again.
    served.create("other").await;
    let other = format!("docker://{address}/other:v1");
    let copy = ["copy", "--insecure-policy", &remote, &other];
    checked(&run(skopeo(&home).args(copy)).unwrap());

    let nobody = served.world.role_session("nobody", "s", Some(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}}"#,
    )).await.unwrap();
    let creds = format!("AWS:{}", served.password(&nobody).await);
    let refused = run(skopeo(&home).args(["inspect", "--creds", &creds, &remote])).unwrap();
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(
        message.contains("is not authorized to perform: ecr:BatchGetImage on resource"),
        "{message}"
    );
}

/// A docker daemon of the test's own, stopped at the end.
struct Daemon {
    child: std::process::Child,
    socket: String,
}

impl Daemon {
    /// `None` if there is none to start here.
    fn start(folder: &Path) -> Option<Self> {
        let socket = format!("unix://{}", folder.join("docker.sock").display());
        let log = std::fs::File::create(folder.join("dockerd.log")).unwrap();
        let mut command = Command::new("dockerd");
        command
            .args([
                "--host",
                &socket,
                "--bridge=none",
                "--iptables=false",
                "--ip-masq=false",
            ])
            .args(["--storage-driver=vfs"])
            .arg("--data-root")
            .arg(folder.join("data"))
            .arg("--exec-root")
            .arg(folder.join("exec"))
            .arg("--pidfile")
            .arg(folder.join("docker.pid"))
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let Ok(child) = command.spawn() else {
            println!("SKIPPED: dockerd is not installed");
            return None;
        };
        let mut daemon = Self { child, socket };
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if daemon.child.try_wait().unwrap().is_some() {
                break;
            }
            let output = run(daemon.docker(folder).arg("version"))?;
            if output.status.success() {
                return Some(daemon);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let log = std::fs::read_to_string(folder.join("dockerd.log")).unwrap();
        println!("SKIPPED: dockerd does not start here: {log}");
        None
    }

    fn docker(&self, folder: &Path) -> Command {
        let mut command = Command::new("docker");
        command
            .env("DOCKER_HOST", &self.socket)
            .arg("--config")
            .arg(folder.join("config"));
        command
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // SIGTERM, so that the daemon takes its containerd with it.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn docker_logs_in_pushes_and_pulls_with_no_special_flag() {
    let folder = TempDir::new().unwrap();
    let Some(daemon) = Daemon::start(folder.path()) else {
        return;
    };
    let served = Served::new().await;
    let address = served.address.to_string();
    let archive = folder.path().join("image.tar");
    busybox()
        .unwrap()
        .write_docker_archive(&archive, "demo/hello:1")
        .unwrap();
    let docker = |args: &[&str]| run(daemon.docker(folder.path()).args(args)).unwrap();
    let password = served.password(&served.world.root()).await;
    let login = docker(&[
        "login",
        "--username",
        "AWS",
        "--password",
        &password,
        &address,
    ]);
    assert!(checked(&login).contains("Login Succeeded"));
    checked(&docker(&[
        "load",
        "--input",
        &archive.display().to_string(),
    ]));
    let remote = format!("{address}/team/app:v1");
    checked(&docker(&["tag", "demo/hello:1", &remote]));
    let pushed = checked(&docker(&["push", &remote]));
    assert!(pushed.contains("digest: sha256:"), "{pushed}");
    // Once more: nothing is sent, nothing is refused.
    checked(&docker(&["push", &remote]));
    checked(&docker(&["rmi", "demo/hello:1", &remote]));
    let pulled = checked(&docker(&["pull", &remote]));
    assert!(pulled.contains("Downloaded newer image"), "{pulled}");

    let pull_only = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchCheckLayerAvailability"],"Resource":"*"}}"#;
    let user = served.world.user("puller", Some(pull_only)).await.unwrap();
    let password = served.password(&user).await;
    checked(&docker(&[
        "login",
        "--username",
        "AWS",
        "--password",
        &password,
        &address,
    ]));
    checked(&docker(&["pull", &remote]));
    let other = format!("{address}/team/app:v2");
    checked(&docker(&["tag", &remote, &other]));
    let refused = docker(&["push", &other]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    let denied = "User: arn:aws:iam::123456789012:user/puller is not authorized to perform: ecr:";
    assert!(message.contains(denied), "{message}");
}

/// The AWS CLI as root, against the server; `None` if it is not installed.
fn aws(served: &Served, args: &[&str]) -> Option<Output> {
    let mut command = Command::new("aws");
    command
        .args([
            "--endpoint-url",
            &format!("http://{}", served.address),
            "--output",
            "json",
        ])
        .args(args)
        .env("AWS_ACCESS_KEY_ID", "AKIAROOTEXAMPLE00000")
        .env("AWS_SECRET_ACCESS_KEY", "root-secret")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env_remove("AWS_SESSION_TOKEN")
        .env("AWS_PAGER", "");
    run(&mut command)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_logs_docker_in_and_sees_what_was_pushed() {
    let served = Served::new().await;
    // The CLI signs with the machine's clock.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let start = Duration::from_millis(served.world.now().epoch_millis().unsigned_abs());
    served.world.advance(now.saturating_sub(start));
    let key = rolecall_identity::AccessKey {
        id: "AKIAROOTEXAMPLE00000".to_owned(),
        secret: "root-secret".to_owned(),
        account: served.world.account.clone(),
        user: None,
        status: rolecall_identity::KeyStatus::Active,
        created: served.world.now(),
    };
    served.world.put("AKIAROOTEXAMPLE00000", key).await.unwrap();
    let Some(output) = aws(&served, &["ecr", "get-login-password"]) else {
        return;
    };
    let password = checked(&output);
    let login = STANDARD.encode(format!("AWS:{}", password.trim()));
    let digest = served
        .push_image(&format!("Basic {login}"), "team/app", "v1")
        .await;
    let call = |args: &[&str]| -> serde_json::Value {
        let output = aws(&served, &[&["ecr"], args].concat()).unwrap();
        serde_json::from_str(&checked(&output)).unwrap()
    };
    let images = call(&["describe-images", "--repository-name", "team/app"]);
    assert_eq!(images["imageDetails"][0]["imageDigest"], digest.as_str());
    assert_eq!(
        images["imageDetails"][0]["imageTags"],
        serde_json::json!(["v1"])
    );
    let made = call(&[
        "create-repository",
        "--repository-name",
        "other",
        "--tags",
        "Key=a,Value=b",
    ]);
    assert_eq!(
        made["repository"]["repositoryUri"],
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/other"
    );
    let begun = call(&["initiate-layer-upload", "--repository-name", "other"]);
    let id = begun["uploadId"].as_str().unwrap();
    let file = served.folder.path().join("part");
    std::fs::write(&file, b"bytes").unwrap();
    let blob = format!("fileb://{}", file.display());
    let part = |first: &str, last: &str| {
        let names = ["--repository-name", "other", "--upload-id", id];
        let position = ["--part-first-byte", first, "--part-last-byte", last];
        let command = ["ecr", "upload-layer-part", "--layer-part-blob", &blob];
        aws(&served, &[&command[..], &names, &position].concat()).unwrap()
    };
    assert!(checked(&part("0", "4")).contains("\"lastByteReceived\": 4"));
    let refused = part("9", "13");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains("An error occurred (InvalidLayerPartException)"),
        "{message}"
    );
    let missing = ["ecr", "describe-repositories", "--repository-names", "none"];
    let message = String::from_utf8_lossy(&aws(&served, &missing).unwrap().stderr).into_owned();
    assert!(
        message.contains(
            "An error occurred (RepositoryNotFoundException) when calling the DescribeRepositories \
             operation: The repository with name 'none' does not exist in the registry with id \
             '123456789012'"
        ),
        "{message}"
    );
}
