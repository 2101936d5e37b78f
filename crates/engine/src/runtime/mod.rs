//! What runs OCI bundles, behind one trait; called in the shim's helper processes only.

mod embedded;
mod executor;
mod oci;

pub(crate) use executor::exit_code;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::protocol::ShimArgs;

/// A container to create and start.
pub(crate) struct Launch<'a> {
    /// The container's name.
    pub(crate) id: &'a str,
    /// The bundle directory, with `config.json`.
    pub(crate) bundle: &'a Path,
    /// Where its output goes; unused with a console.
    pub(crate) output: Output,
    /// A socket that takes the pseudo terminal's master side.
    pub(crate) console: Option<&'a Path>,
    /// Run an init as process 1.
    pub(crate) init: bool,
}

/// The write ends of the output pipes.
pub(crate) struct Output {
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
}

/// A command to run in a container.
pub(crate) struct Command<'a> {
    /// The container's name.
    pub(crate) id: &'a str,
    /// The bundle directory of the container.
    pub(crate) bundle: &'a Path,
    /// An OCI process object in a file.
    pub(crate) process: &'a Path,
    /// Where its output goes.
    pub(crate) output: Output,
}

/// An OCI runtime. Every process that it leaves running must be, or become, the shim's child.
pub(crate) trait Runtime {
    /// Creates and starts a container; returns the pid of its process 1 once the program runs.
    fn start(&self, launch: Launch<'_>) -> Result<i32>;

    /// Runs a command in a running container; returns its pid once the program runs.
    fn exec(&self, command: Command<'_>) -> Result<i32>;
}

/// The runtime that the shim was told to use. Its state lies in the task's run directory.
pub(crate) fn from_args(args: &ShimArgs) -> Box<dyn Runtime> {
    let root = state_root(args);
    match &args.oci_runtime {
        None => Box::new(embedded::Embedded::new(root)),
        Some(program) => Box::new(oci::Oci::new(program.clone(), root, args.run_dir.clone())),
    }
}

/// The directory that has one directory per container of the runtime's own.
pub(crate) fn state_root(args: &ShimArgs) -> PathBuf {
    args.run_dir.join("rt")
}
