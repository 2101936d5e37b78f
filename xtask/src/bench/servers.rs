//! The servers that are measured: Rolecall, and the others from PyPI with their defaults.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Setting;

/// The other servers, as pip names them.
const PEERS: &[&str] = &["moto[server]==5.2.5", "ministack==1.5.33"];

/// An access key.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Key {
    /// From an object with `access_key_id` and `secret_access_key`.
    pub(crate) fn of(value: &Value) -> Result<Self> {
        let text = |name: &str| {
            let found = value.get(name).and_then(Value::as_str);
            found
                .map(str::to_owned)
                .with_context(|| format!("no {name}"))
        };
        Ok(Self {
            id: text("access_key_id")?,
            secret: text("secret_access_key")?,
        })
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: String,
    /// The key of the root user; none where nobody looks at keys.
    pub(crate) key: Option<Key>,
    child: Child,
}

impl Server {
    /// The processor time that it has taken, to a hundredth of a second (`proc_pid_stat(5)`).
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        // The name in parentheses may hold spaces; user and system time follow it at 12 and 13.
        let after = stat.rsplit(')').next().unwrap_or_default();
        let fields = after.split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let patience = Instant::now() + Duration::from_secs(15);
        while Instant::now() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Rolecall on new data, with these arguments besides.
pub(crate) fn rolecall(setting: &Setting, name: &str, args: &[&str]) -> Result<Server> {
    let data = setting.data.join(name);
    let _ = fs::remove_dir_all(&data);
    fs::create_dir_all(&data).with_context(|| format!("create {}", data.display()))?;
    let address = free_address()?;
    let mut command = Command::new(setting.bin.join("rolecall"));
    command
        .args(["up", "--listen", &address, "--data"])
        .arg(&data);
    let mut server = start(command.args(args), address)?;
    let text = fs::read_to_string(data.join("credentials.json")).context("read the root key")?;
    let saved: Value = serde_json::from_str(&text).context("read the root key")?;
    server.key = Some(Key::of(&saved)?);
    Ok(server)
}

/// MiniStack.
pub(crate) fn ministack(venv: &Path) -> Result<Server> {
    let address = free_address()?;
    start(&mut ministack_command(venv, &address), address)
}

/// The command that starts MiniStack.
pub(crate) fn ministack_command(venv: &Path, address: &str) -> Command {
    let port = address.rsplit(':').next().unwrap_or_default();
    let mut command = Command::new(venv.join("bin/ministack"));
    command.env("GATEWAY_PORT", port);
    command
}

/// The server of moto.
pub(crate) fn moto(venv: &Path) -> Result<Server> {
    let address = free_address()?;
    let port = address.rsplit(':').next().unwrap_or_default();
    let mut command = Command::new(venv.join("bin/moto_server"));
    start(command.args(["-H", "127.0.0.1", "-p", port]), address)
}

fn start(command: &mut Command, address: String) -> Result<Server> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {program}"))?;
    let mut server = Server {
        address,
        key: None,
        child,
    };
    let patience = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(&server.address).is_err() {
        if let Some(status) = server.child.try_wait().context("look after a server")? {
            bail!("{program} ended: {status}");
        }
        if Instant::now() > patience {
            bail!("{program} does not listen on {}", server.address);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // A server may still be at its preparations when it listens.
    std::thread::sleep(Duration::from_secs(1));
    Ok(server)
}

/// An address of this machine that nobody listens on.
pub(crate) fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    let address = listener.local_addr().context("find a free port")?;
    Ok(address.to_string())
}

/// The Python environment with the other servers, made once. Without it Rolecall is measured alone.
pub(crate) fn venv(target: &Path) -> Option<PathBuf> {
    let venv = target.join("bench-venv");
    let recipe = PEERS.join(" ");
    let mark = venv.join("made-from");
    if fs::read_to_string(&mark).is_ok_and(|made| made == recipe) {
        return Some(venv);
    }
    crate::say(&format!("installing {recipe} into {}", venv.display()));
    let made = run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv))
    .and_then(|()| {
        let mut pip = Command::new(venv.join("bin/pip"));
        run(pip.args(["install", "--quiet"]).args(PEERS))
    })
    .and_then(|()| fs::write(&mark, recipe).context("write a file"));
    match made {
        Ok(()) => Some(venv),
        Err(error) => {
            crate::say(&format!("without the other servers: {error:#}"));
            None
        }
    }
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("run {program}"))?;
    if !status.success() {
        bail!("{program} failed");
    }
    Ok(())
}
