//! From a program's start to its first answer, and what it takes when idle.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::ServerArgs;
use crate::operation::Operation;
use crate::sample::Sample;

/// How long a server may take to its first answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// When its memory is read, after the first answer.
const IDLE: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// A new folder for each run; else all runs use the folder of one that came before.
    #[arg(long)]
    fresh: bool,
    /// The program and its arguments, in which {dir} is the folder of its data.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// A process that is ended with its value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // As an operator would, so that it leaves nothing behind; and if that is not heard, for
        // good.
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let patience = Instant::now() + Duration::from_secs(15);
        while Instant::now() < patience {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) async fn run(args: &Args) -> Result<Value> {
    // Nothing else runs in this process, so waiting may block.
    let dir = tempfile::Builder::new()
        .prefix("rolecall-load-")
        .tempdir()
        .context("make a folder")?;
    let mut times = Vec::new();
    let mut resident = Vec::new();
    let unmeasured = usize::from(!args.fresh);
    for n in 0..args.runs + unmeasured {
        let data = if args.fresh {
            dir.path().join(n.to_string())
        } else {
            dir.path().join("data")
        };
        let (time, kib) = once(args, &data)?;
        if n >= unmeasured {
            times.push(time);
            resident.push(kib);
        }
    }
    let sample = Sample::new(times);
    resident.sort_unstable();
    Ok(json!({
        "runs": args.runs,
        "median_ms": sample.percentile_us(50) / 1000.0,
        "min_ms": sample.percentile_us(0) / 1000.0,
        "max_ms": sample.percentile_us(100) / 1000.0,
        "resident_mib": resident.get(resident.len() / 2).map(|kib| *kib as f64 / 1024.0),
    }))
}

fn once(args: &Args, data: &Path) -> Result<(Duration, u64)> {
    let target = args.server.target();
    let data = data.display().to_string();
    let mut words = args.command.iter().map(|word| word.replace("{dir}", &data));
    let program = words.next().context("no program")?;
    let request = Operation::GetCallerIdentity.call("", 0).sign(&target)?;
    if TcpStream::connect(&target.address).is_ok() {
        bail!("something listens on {} already", target.address);
    }
    let began = Instant::now();
    let child = Command::new(&program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {program}"))?;
    let mut running = Running(child);
    loop {
        if answers(&target.address, &request) {
            break;
        }
        if let Some(status) = running.0.try_wait().context("look after the program")? {
            bail!("{program} ended before it answered: {status}");
        }
        if began.elapsed() > PATIENCE {
            bail!("{program} did not answer within a minute");
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    let time = began.elapsed();
    std::thread::sleep(IDLE);
    let kib = resident_kib(running.0.id());
    Ok((time, kib))
}

/// Whether the request is answered with a 200.
fn answers(address: &str, request: &[u8]) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut first = [0; 12];
    stream.write_all(request).is_ok()
        && stream.read_exact(&mut first).is_ok()
        && first.ends_with(b" 200")
}

/// The resident memory of a process and all below it, in KiB.
fn resident_kib(pid: u32) -> u64 {
    let own = fs::read_to_string(format!("/proc/{pid}/status"))
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0);
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let children = tasks.into_iter().flatten().flatten().flat_map(|task| {
        let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        text.split_whitespace()
            .filter_map(|child| child.parse().ok())
            .collect::<Vec<u32>>()
    });
    own + children.map(resident_kib).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_this_process_is_seen() {
        assert!(resident_kib(std::process::id()) > 100);
    }
}
