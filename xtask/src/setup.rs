//! What the project needs on a machine, installed when it is missing.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// A Debian package, and what tells that it is there.
struct Need {
    package: &'static str,
    /// A file that the package brings; any one of several.
    brings: &'static [&'static str],
}

/// What building takes.
const BUILD: &[Need] = &[
    Need {
        package: "gcc",
        brings: &["/usr/bin/cc", "/usr/bin/gcc"],
    },
    Need {
        package: "libseccomp-dev",
        brings: &["/usr/include/seccomp.h"],
    },
];

/// What running tasks and the demo takes.
const RUN: &[Need] = &[
    Need {
        package: "nftables",
        brings: &["/usr/sbin/nft", "/sbin/nft"],
    },
    Need {
        package: "busybox-static",
        brings: &["/bin/busybox", "/usr/bin/busybox"],
    },
];

/// What the tests drive Rolecall with.
const TEST: &[Need] = &[
    Need {
        package: "runc",
        brings: &["/usr/sbin/runc", "/usr/bin/runc"],
    },
    Need {
        package: "skopeo",
        brings: &["/usr/bin/skopeo"],
    },
    Need {
        package: "python3-venv",
        brings: &["/usr/share/doc/python3-venv"],
    },
    Need {
        package: "curl",
        brings: &["/usr/bin/curl"],
    },
    Need {
        package: "unzip",
        brings: &["/usr/bin/unzip"],
    },
];

/// `cargo xtask setup`: all of it.
pub(crate) fn run(_args: &[String]) -> Result<()> {
    for_testing()
}

/// What building and running takes.
pub(crate) fn for_running() -> Result<()> {
    install(&[BUILD, RUN])
}

/// What the tests take besides.
pub(crate) fn for_testing() -> Result<()> {
    install(&[BUILD, RUN, TEST])
}

fn install(lists: &[&[Need]]) -> Result<()> {
    let missing: Vec<&str> = lists
        .iter()
        .flat_map(|list| list.iter())
        .filter(|need| {
            !need
                .brings
                .iter()
                .any(|file| std::path::Path::new(file).exists())
        })
        .map(|need| need.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    crate::say(&format!("installing {}", missing.join(" ")));
    if apt(&[&["install", "-y", "-qq"][..], &missing].concat()).is_err() {
        // The package lists of a fresh machine may be empty or old.
        apt(&["update", "-qq"])?;
        apt(&[&["install", "-y", "-qq"][..], &missing].concat())?;
    }
    Ok(())
}

fn apt(args: &[&str]) -> Result<()> {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|o| o.stdout == b"0\n");
    let mut command = if root {
        Command::new("apt-get")
    } else {
        Command::new("sudo")
    };
    if !root {
        command.arg("apt-get");
    }
    let status = command
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(std::process::Stdio::null())
        .status()
        .context(
            "run apt-get: these packages are Debian's, install their like by hand elsewhere",
        )?;
    if !status.success() {
        bail!("apt-get {} failed", args.join(" "));
    }
    Ok(())
}
