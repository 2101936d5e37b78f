//! The shim's helper processes: each calls the runtime once, reports through a pipe, and ends.
//!
//! A helper is a fork of the shim, so that a runtime that hangs, leaks or dies takes nothing with
//! it; containers come out as the shim's own children all the same.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::MemfdFlags;
use rustix::pipe::{PipeFlags, pipe_with};
use serde::{Deserialize, Serialize};

use crate::bundle::{Plan, resolve};
use crate::cgroup::TaskCgroup;
use crate::error::{EngineError, FileContext, Result, chain};
use crate::ids::ContainerName;
use crate::layout::{ContainerDirs, read_record, write_record};
use crate::runtime::{Command, Launch, Output, Runtime};
use crate::shim::rootfs;
use crate::sys::{self, Fork};

/// What a helper reports: one JSON line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// The program runs; its pid.
    Running(i32),
    /// It does not.
    Failed(String),
}

/// A running helper.
pub(super) struct Helper {
    pub(super) pid: i32,
    report: File,
    heard: Vec<u8>,
}

impl Helper {
    /// Forks and runs `work` in the new process.
    pub(super) fn spawn(work: impl FnOnce() -> Result<i32>) -> Result<Self> {
        let (report, write) = pipe_with(PipeFlags::CLOEXEC).os("make a pipe")?;
        match sys::fork_single_threaded().os("fork")? {
            Fork::Parent(pid) => {
                rustix::io::ioctl_fionbio(&report, true).os("make a pipe")?;
                let (pid, report) = (pid.as_raw_pid(), File::from(report));
                Ok(Self {
                    pid,
                    report,
                    heard: Vec::new(),
                })
            }
            Fork::Child => {
                drop(report);
                run(write, work)
            }
        }
    }

    pub(super) fn report(&self) -> &File {
        &self.report
    }

    /// What it has reported, if it has.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        let mut part = [0; 4096];
        while let Ok(n @ 1..) = self.report.read(&mut part) {
            self.heard
                .extend_from_slice(part.get(..n).unwrap_or_default());
        }
        if self.heard.last() != Some(&b'\n') {
            return None;
        }
        let outcome = serde_json::from_slice(&self.heard);
        Some(outcome.unwrap_or_else(|e| Outcome::Failed(e.to_string())))
    }
}

fn run(report: OwnedFd, work: impl FnOnce() -> Result<i32>) -> ! {
    let log = capture_log();
    let outcome = match work() {
        Ok(pid) => Outcome::Running(pid),
        Err(error) => {
            let text = chain(&error);
            // The runtime's own account of it, for who wants to know more.
            if let Some(said) = log.map(take_log) {
                let _ = std::io::stderr().write_all(format!("{text}\n{said}").as_bytes());
            }
            Outcome::Failed(text)
        }
    };
    let mut line = serde_json::to_vec(&outcome).unwrap_or_default();
    line.push(b'\n');
    let sent = File::from(report).write_all(&line);
    sys::exit_now(i32::from(sent.is_err()));
}

/// Sends the runtime's log, of all the processes that it forks, to a file in memory.
fn capture_log() -> Option<File> {
    let file = File::from(rustix::fs::memfd_create("log", MemfdFlags::CLOEXEC).ok()?);
    let writer = file.try_clone().ok()?;
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::sync::Mutex::new(writer))
        .finish();
    tracing::subscriber::set_global_default(subscriber).ok()?;
    Some(file)
}

fn take_log(mut file: File) -> String {
    use std::io::{Seek, SeekFrom};
    let mut bytes = Vec::new();
    if file.seek(SeekFrom::Start(0)).is_ok() {
        let _ = file.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Mounts a container's root, completes its configuration, starts it.
pub(super) fn start(
    runtime: &dyn Runtime,
    cgroup: &TaskCgroup,
    name: &ContainerName,
    dirs: &ContainerDirs,
    output: Output,
    console: Option<&Path>,
) -> Result<i32> {
    let damaged = || EngineError::NoContainer(name.clone());
    let plan: Plan = read_record(&dirs.plan())?.ok_or_else(damaged)?;
    let root = rootfs::mount(dirs, &plan)?;
    let user = resolve::user(&root, &plan.user)?;
    resolve::make_cwd(&root, &plan.cwd)?;
    let mut config = read_record(&dirs.base_config())?.ok_or_else(damaged)?;
    resolve::complete(&mut config, &user);
    write_record(&dirs.config(), &config)?;
    drop(root);
    cgroup.create_container(name)?;
    let (id, bundle) = (name.as_str(), dirs.root.as_path());
    runtime.start(Launch {
        id,
        bundle,
        output,
        console,
        init: plan.init,
    })
}

/// Runs a command in a container, as its process 1 is run but for the arguments.
pub(super) fn exec(
    runtime: &dyn Runtime,
    name: &ContainerName,
    dirs: &ContainerDirs,
    args: &[String],
    output: Output,
) -> Result<i32> {
    let damaged = || EngineError::NoContainer(name.clone());
    let config: serde_json::Value = read_record(&dirs.config())?.ok_or_else(damaged)?;
    let mut process = config.get("process").cloned().ok_or_else(damaged)?;
    if let Some(process) = process.as_object_mut() {
        process.insert("args".to_owned(), args.into());
        process.insert("terminal".to_owned(), false.into());
        // The filter is loaded without privileges here, which the kernel allows only so.
        process.insert("noNewPrivileges".to_owned(), true.into());
    }
    let file = dirs.root.join(format!("exec-{}.json", std::process::id()));
    write_record(&file, &process)?;
    let (id, bundle) = (name.as_str(), dirs.root.as_path());
    let pid = runtime.exec(Command {
        id,
        bundle,
        process: &file,
        output,
    });
    let _ = std::fs::remove_file(&file);
    pid
}
