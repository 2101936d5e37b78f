//! What the tests share: an instance of its own per test, a root file system made of busybox.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rolecall_engine::*;

/// An engine of its own, taken off the machine at the end, also after a panic.
pub(crate) struct Lab {
    pub(crate) engine: Engine,
    pub(crate) config: EngineConfig,
    pub(crate) layer: PathBuf,
    _dir: tempfile::TempDir,
}

pub(crate) fn root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("SKIPPED: containers need root; run the tests as root");
    }
    root
}

pub(crate) fn config(dir: &Path, runtime: RuntimeKind) -> EngineConfig {
    let name = dir.file_name().unwrap().to_str().unwrap();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    EngineConfig {
        data_dir: dir.join("data"),
        run_dir: std::env::temp_dir().join("rolecall-tests"),
        instance: InstanceName::new(format!("test-{name}")).unwrap(),
        runtime,
        subnet: None,
        shim_exe: env!("CARGO_BIN_EXE_rolecall-shim").into(),
        log_limit_bytes: 0,
    }
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::with(RuntimeKind::Embedded).await
    }

    pub(crate) async fn with(runtime: RuntimeKind) -> Self {
        let dir = tempfile::Builder::new().prefix("lab").tempdir().unwrap();
        let layer = dir.path().join("busybox");
        busybox(&layer);
        let config = config(dir.path(), runtime);
        let engine = Engine::open(config.clone()).await.unwrap();
        Self {
            engine,
            config,
            layer,
            _dir: dir,
        }
    }

    pub(crate) fn address(&self, n: usize) -> Ipv4Addr {
        self.engine.network().subnet().usable().nth(n).unwrap()
    }

    pub(crate) async fn task(&self, n: usize) -> TaskHandle {
        let id = TaskId::new(format!("task{n}")).unwrap();
        self.engine
            .create_task(TaskSandbox::new(id, self.address(n)))
            .await
            .unwrap()
    }

    pub(crate) fn spec(&self, name: &str, args: &[&str]) -> ContainerSpec {
        let args = args.iter().map(|a| (*a).to_owned()).collect();
        ContainerSpec::new(self::name(name), vec![self.layer.clone()], args)
    }

    pub(crate) fn sh(&self, name: &str, script: &str) -> ContainerSpec {
        self.spec(name, &["/bin/sh", "-c", script])
    }

    /// Runs one container in a task of its own to its end: exit code and output.
    pub(crate) async fn run(&self, n: usize, spec: ContainerSpec) -> (Exit, String) {
        let task = self.task(n).await;
        let name = spec.name.clone();
        task.create_container(spec).await.unwrap();
        if let Err(error) = task.start(&name).await {
            panic!("{error}\n{}", self.shim_log(&task));
        }
        let exit = soon(task.wait(&name)).await.unwrap();
        let output = output(&task, &name).await;
        task.delete().await.unwrap();
        (exit, output)
    }

    pub(crate) fn shim_log(&self, task: &TaskHandle) -> String {
        let path = self
            .config
            .data_dir
            .join("tasks")
            .join(task.id())
            .join("shim.log");
        std::fs::read_to_string(path).unwrap_or_default()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let config = self.config.clone();
        let cleaned = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                Engine::open(config)
                    .await
                    .unwrap()
                    .remove_instance()
                    .await
                    .unwrap();
            });
        });
        if cleaned.join().is_err() && !std::thread::panicking() {
            panic!("the instance could not be removed");
        }
    }
}

pub(crate) fn name(text: &str) -> ContainerName {
    ContainerName::new(text).unwrap()
}

/// Nothing here takes longer than this.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future)
        .await
        .expect("took too long")
}

/// All lines up to the end of the run.
pub(crate) async fn output(task: &TaskHandle, name: &ContainerName) -> String {
    let mut reader = task.log_reader(name, 0).unwrap();
    let mut text = String::new();
    while let LogItem::Line(record) = soon(reader.next()).await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&record.line));
        text.push('\n');
    }
    text
}

pub(crate) fn busybox(layer: &Path) {
    let bin = layer.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::copy("/bin/busybox", bin.join("busybox")).unwrap();
    let applets = [
        "sh", "echo", "cat", "sleep", "id", "pwd", "env", "ls", "touch", "true", "false", "kill",
        "ip", "nc", "wget", "mount", "ps", "seq", "dd", "head", "tail", "grep", "hostname",
        "mkdir", "mknod", "stat", "ping", "readlink", "trap", "date", "tty", "unshare", "chmod",
        "tr", "wc", "nslookup",
    ];
    for applet in applets {
        std::os::unix::fs::symlink("busybox", bin.join(applet)).unwrap();
    }
    for dir in ["etc", "tmp", "home/app", "root"] {
        std::fs::create_dir_all(layer.join(dir)).unwrap();
    }
    let passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n";
    std::fs::write(layer.join("etc/passwd"), passwd).unwrap();
    let group = "root:x:0:\napp:x:1001:\nextra:x:1002:app\n";
    std::fs::write(layer.join("etc/group"), group).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(layer.join("tmp"), PermissionsExt::from_mode(0o1777)).unwrap();
}
