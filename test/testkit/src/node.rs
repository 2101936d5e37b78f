//! The real binary in a process of its own, with data of its own, for tests that drive it from
//! outside.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rolecall_sigv4::Credentials;
use serde_json::Value;
use tempfile::TempDir;

/// How much of a failed server's log is shown, in bytes.
const LOG_SHOWN: u64 = 16 * 1024;

/// An access key, as a client is given it.
#[derive(Clone)]
pub struct Key {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl Key {
    /// A key that stays.
    #[must_use]
    pub fn new(access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            session_token: None,
        }
    }

    /// As the signer wants it.
    #[must_use]
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            session_token: self.session_token.as_deref(),
        }
    }
}

/// `rolecall up`, until it is dropped.
pub struct Node {
    process: Child,
    dir: TempDir,
    args: Vec<String>,
    /// `127.0.0.1:34567`, the same after a restart.
    pub address: String,
    /// The region that the node was started in.
    pub region: String,
    /// The root user's key.
    pub root: Key,
}

impl Node {
    /// A node on a port of its own, with new data, that serves the APIs and runs no tasks.
    ///
    /// # Errors
    /// When the binary is not built, or does not come up.
    pub fn start() -> io::Result<Self> {
        Self::with_args(&["--no-tasks"])
    }

    /// A node with these arguments after `rolecall up --listen … --data …`.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub fn with_args(args: &[&str]) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("node-").tempdir()?;
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let (process, address) = launch(dir.path(), "127.0.0.1:0", &args)?;
        let text = fs::read_to_string(dir.path().join("data/credentials.json"))?;
        let saved: Value = serde_json::from_str(&text).map_err(io::Error::other)?;
        let field = |name: &str| {
            let found = saved.get(name).and_then(Value::as_str);
            found.map(str::to_owned).ok_or_else(|| {
                io::Error::other(format!("no {name} in the credentials that the server left"))
            })
        };
        let root = Key {
            access_key_id: field("access_key_id")?,
            secret_access_key: field("secret_access_key")?,
            session_token: None,
        };
        let region = field("region")?;
        Ok(Self {
            process,
            dir,
            args,
            address,
            region,
            root,
        })
    }

    /// `http://127.0.0.1:34567`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder `--data` names.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A folder for the test's own files, gone with the node.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        self.dir.path()
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// A client's command, with the root user's key.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        self.command_as(&self.root, program)
    }

    /// A client's command: the endpoint, the region and the key in its environment, and nothing
    /// of the caller's own AWS settings.
    #[must_use]
    pub fn command_as(&self, key: &Key, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        for (name, _) in std::env::vars_os() {
            // `AWS_CA_BUNDLE`, `AWS_PROFILE` and their like would reach the client.
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_REGION", &self.region)
            .env("AWS_DEFAULT_REGION", &self.region)
            .env("AWS_ACCESS_KEY_ID", &key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret_access_key)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .env("AWS_CONFIG_FILE", self.dir.path().join("no-config"))
            .env(
                "AWS_SHARED_CREDENTIALS_FILE",
                self.dir.path().join("no-credentials"),
            )
            .env("NO_PROXY", "127.0.0.1")
            .env("no_proxy", "127.0.0.1")
            .stdin(Stdio::null());
        if let Some(token) = &key.session_token {
            command.env("AWS_SESSION_TOKEN", token);
        }
        command
    }

    /// Ends the server as a power cut would: SIGKILL, no last word.
    ///
    /// # Errors
    /// When it can't be ended.
    pub fn kill(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Ends the server as an operator would, with SIGTERM, and waits for it.
    ///
    /// # Errors
    /// When it does not end within half a minute.
    pub fn stop(&mut self) -> io::Result<()> {
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        for _ in 0..600 {
            if self.process.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(io::Error::other(
            "the server did not stop within half a minute",
        ))
    }

    /// Starts a server again that was ended, on the same data and the same port.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        let (process, address) = launch(self.dir.path(), &self.address, &self.args)?;
        self.process = process;
        self.address = address;
        Ok(())
    }

    /// The end of the server's log.
    #[must_use]
    pub fn log(&self) -> String {
        tail(&self.dir.path().join("server.log")).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            complain(&format!("the server's log ends with:\n{}", self.log()));
        }
    }
}

/// Starts the server and reads its first line, which says where it listens.
fn launch(dir: &Path, listen: &str, args: &[String]) -> io::Result<(Child, String)> {
    let binary = binary()?;
    let log_path = dir.join("server.log");
    let log = File::options().create(true).append(true).open(&log_path)?;
    let mut process = Command::new(&binary)
        .args(["up", "--listen", listen, "--data"])
        .arg(dir.join("data"))
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()?;
    let mut first = String::new();
    if let Some(out) = process.stdout.take() {
        let mut out = BufReader::new(out);
        out.read_line(&mut first)?;
        // What follows is read and dropped, so that the server never waits on a full pipe.
        std::thread::spawn(move || io::copy(&mut out, &mut io::sink()));
    }
    let address = first
        .split_once("http://")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    if let Some(address) = address {
        return Ok((process, address.to_owned()));
    }
    let _ = process.kill();
    let _ = process.wait();
    Err(io::Error::other(format!(
        "{} did not come up; it said {first:?} and\n{}",
        binary.display(),
        tail(&log_path).unwrap_or_default()
    )))
}

/// The binary under test: `ROLECALL_BIN`, or what `cargo build` left beside the tests.
///
/// # Errors
/// When it is not there.
pub fn binary() -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("ROLECALL_BIN") {
        return Ok(PathBuf::from(path));
    }
    let test = std::env::current_exe()?;
    let beside = test
        .ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join("rolecall"));
    beside
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                "the binary is not built: cargo build -p rolecall, or cargo xtask test for all",
            )
        })
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_SHOWN)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[expect(clippy::print_stderr, reason = "a failed test's output")]
fn complain(text: &str) {
    eprintln!("{text}");
}
