//! A docker daemon of a test's own: it pushes and pulls, and runs nothing.

use std::fs::{self, File};
use std::io;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::clients::Said;

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The daemon; stopped when it is dropped.
pub struct Daemon {
    process: Child,
    dir: TempDir,
}

impl Daemon {
    /// Starts one; `None`, and a line that says why, where none can be started.
    ///
    /// # Errors
    /// When the files of the daemon can't be made.
    pub fn start() -> io::Result<Option<Self>> {
        let dir = tempfile::Builder::new().prefix("docker-").tempdir()?;
        let path = |name: &str| dir.path().join(name);
        let log = File::create(path("dockerd.log"))?;
        let mut command = Command::new("dockerd");
        command
            .args(["--bridge=none", "--iptables=false", "--ip-masq=false"])
            .args(["--storage-driver=vfs", "--host"])
            .arg(format!("unix://{}", path("docker.sock").display()))
            .arg("--data-root")
            .arg(path("data"))
            .arg("--exec-root")
            .arg(path("exec"))
            .arg("--pidfile")
            .arg(path("docker.pid"))
            .stdout(log.try_clone()?)
            .stderr(log);
        let Ok(process) = command.spawn() else {
            skip("dockerd is not installed");
            return Ok(None);
        };
        let mut daemon = Self { process, dir };
        let start = Instant::now();
        while start.elapsed() < PATIENCE && daemon.process.try_wait()?.is_none() {
            if daemon.run(&["version"])?.status == 0 {
                return Ok(Some(daemon));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(daemon.dir.path().join("dockerd.log"))?;
        skip(&format!("dockerd does not start here: {log}"));
        Ok(None)
    }

    /// Runs `docker` with these arguments.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn run(&self, args: &[&str]) -> io::Result<Said> {
        let socket = self.dir.path().join("docker.sock");
        let mut command = Command::new("docker");
        command
            .env("DOCKER_HOST", format!("unix://{}", socket.display()))
            .arg("--config")
            .arg(self.dir.path().join("config"))
            .args(args);
        Said::by(&mut command)
    }

    /// Runs `docker` with these arguments, and what it said.
    ///
    /// # Errors
    /// When it fails.
    pub fn success(&self, args: &[&str]) -> io::Result<String> {
        let said = self.run(args)?;
        if said.status == 0 {
            return Ok(said.out);
        }
        let verb = args.first().copied().unwrap_or_default();
        Err(io::Error::other(format!("docker {verb}: {}", said.err)))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // SIGTERM, so that the daemon takes its containerd with it.
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.process.wait();
    }
}

#[expect(clippy::print_stdout, reason = "a test says that it was skipped")]
fn skip(why: &str) {
    println!("SKIPPED: {why}");
}
