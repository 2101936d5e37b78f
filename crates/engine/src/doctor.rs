//! What this machine has and lacks for running tasks.

use std::path::Path;

use rustix::thread::UnshareFlags;

use crate::cgroup::Hierarchies;
use crate::sys;

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether tasks run well with it as it is.
    pub ok: bool,
    /// Whether no task can run without it.
    pub required: bool,
    /// What was found.
    pub found: String,
    /// What to do if it is not well; empty if it is.
    pub how_to_fix: String,
}

/// The outcome of one look: what was found, and how to fix it if it is not well.
type Look = Result<String, (String, &'static str)>;

/// Looks at everything. Changes nothing; as another user than root, what needs root is reported as
/// not known.
#[must_use]
pub fn host_report() -> Vec<Check> {
    let checks: [(&'static str, bool, Look); 13] = [
        ("root", true, root()),
        ("overlayfs", true, overlayfs()),
        ("namespaces", true, namespaces()),
        ("cgroups", true, cgroups()),
        ("cgroup controllers", true, controllers()),
        ("device filter", false, device_filter()),
        ("veth links", true, veth()),
        ("seccomp", true, seccomp()),
        ("openat2 and mount API", true, kernel()),
        ("storage limits", false, storage_limits()),
        ("nft", false, nft()),
        ("ip forwarding", false, forwarding()),
        ("firewall", false, firewall()),
    ];
    let report = |(name, required, look): (&'static str, bool, Look)| match look {
        Ok(found) => Check {
            name,
            ok: true,
            required,
            found,
            how_to_fix: String::new(),
        },
        Err((found, fix)) => Check {
            name,
            ok: false,
            required,
            found,
            how_to_fix: fix.to_owned(),
        },
    };
    checks.into_iter().map(report).collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn root() -> Look {
    match rustix::process::geteuid().as_raw() {
        0 => Ok("root".to_owned()),
        uid => Err((format!("uid {uid}"), "run rolecall as root, or with sudo")),
    }
}

fn overlayfs() -> Look {
    let fix = "load the kernel module: modprobe overlay";
    let loaded = read("/proc/filesystems").lines().any(|l| {
        l.trim_start() == "nodev\toverlay" || l.split_ascii_whitespace().last() == Some("overlay")
    });
    if loaded {
        Ok("in the kernel".to_owned())
    } else {
        Err(("not loaded".to_owned(), fix))
    }
}

fn namespaces() -> Look {
    let fix = "run on a kernel with namespaces, and outside of a container that forbids them";
    let missing: Vec<&str> = ["mnt", "pid", "net", "ipc", "uts", "user"]
        .into_iter()
        .filter(|n| !Path::new("/proc/self/ns").join(n).exists())
        .collect();
    if !missing.is_empty() {
        return Err((format!("the kernel lacks {}", missing.join(", ")), fix));
    }
    if !is_root() {
        return Ok("mnt, pid, net, ipc, uts, user (not tried: needs root)".to_owned());
    }
    // In a thread of its own, which ends with its namespaces.
    let tried = std::thread::spawn(|| {
        crate::sys::unshare(UnshareFlags::NEWNET)?;
        crate::sys::unshare(UnshareFlags::NEWNS)
    });
    match tried.join() {
        Ok(Ok(())) => Ok("mnt, pid, net, ipc, uts, user".to_owned()),
        Ok(Err(e)) => Err((format!("they cannot be made: {e}"), fix)),
        Err(_) => Err(("they cannot be tried".to_owned(), fix)),
    }
}

const CGROUP_FIX: &str = "mount them: mount -t cgroup2 none /sys/fs/cgroup";

fn cgroups() -> Look {
    match Hierarchies::read() {
        Ok(Hierarchies::V1(all)) => Ok(format!("version 1, {} hierarchies", all.len())),
        Ok(Hierarchies::V2(root)) => Ok(format!("version 2 at {}", root.display())),
        Err(e) => Err((e.to_string(), CGROUP_FIX)),
    }
}

fn controllers() -> Look {
    let wanted = ["memory", "cpu", "pids"];
    let found: Vec<String> = match Hierarchies::read() {
        Ok(Hierarchies::V1(all)) => all.into_iter().flat_map(|(_, c)| c).collect(),
        Ok(Hierarchies::V2(root)) => {
            let path = root.join("cgroup.controllers");
            read(&path.to_string_lossy())
                .split_whitespace()
                .map(str::to_owned)
                .collect()
        }
        Err(e) => return Err((e.to_string(), CGROUP_FIX)),
    };
    let missing: Vec<&str> = wanted
        .into_iter()
        .filter(|w| !found.iter().any(|f| f == w))
        .collect();
    if missing.is_empty() {
        return Ok(wanted.join(", "));
    }
    let fix = "boot with them: cgroup_enable=memory swapaccount=1 on the kernel's command line";
    Err((format!("without {}", missing.join(", ")), fix))
}

fn device_filter() -> Look {
    match Hierarchies::read() {
        Ok(Hierarchies::V1(_)) => Ok("by cgroup version 1".to_owned()),
        _ => Ok(
            "none (cgroup version 2): containers get no MKNOD, their roots no devices".to_owned(),
        ),
    }
}

fn veth() -> Look {
    let builtin = format!(
        "/lib/modules/{}/modules.builtin",
        read("/proc/sys/kernel/osrelease").trim()
    );
    let fix = "load the kernel module: modprobe veth";
    if Path::new("/sys/module/veth").exists() || read(&builtin).contains("/veth.ko") {
        return Ok("in the kernel".to_owned());
    }
    let dep = builtin.replace("modules.builtin", "modules.dep");
    if read(&dep).contains("/veth.ko") {
        return Ok("a module, loaded when needed".to_owned());
    }
    // A kernel without modules does not say.
    if !Path::new(&dep).exists() {
        return Ok("not known: the kernel does not list its modules".to_owned());
    }
    Err(("the kernel lacks it".to_owned(), fix))
}

fn seccomp() -> Look {
    let actions = read("/proc/sys/kernel/seccomp/actions_avail");
    if actions.contains("errno") {
        return Ok("filters with errno".to_owned());
    }
    Err((
        "the kernel lacks filters".to_owned(),
        "run on a kernel with CONFIG_SECCOMP_FILTER",
    ))
}

fn kernel() -> Look {
    let release = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let mut numbers = release
        .split(['.', '-'])
        .map(|n| n.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (5, 9) {
        return Ok(format!("Linux {release}"));
    }
    Err((format!("Linux {release}"), "run Linux 5.9 or newer"))
}

fn storage_limits() -> Look {
    let unlimited = |what: &str| format!("{what}: a task may fill the disk");
    if !Path::new("/dev/loop-control").exists() {
        let fix = "load the kernel module: modprobe loop";
        return Err((unlimited("no loop devices"), fix));
    }
    match sys::system_program("mkfs.ext4").arg("-V").output() {
        Ok(out) if out.status.success() => Ok("loop devices, mkfs.ext4".to_owned()),
        _ => Err((
            unlimited("mkfs.ext4 is not installed"),
            "install it: apt-get install e2fsprogs",
        )),
    }
}

fn nft() -> Look {
    let fix = "install it, for tasks to reach beyond this host: apt-get install nftables";
    match sys::system_program("nft").arg("--version").output() {
        Ok(out) if out.status.success() => {
            Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
        }
        _ => Err(("not installed: tasks reach this host only".to_owned(), fix)),
    }
}

fn forwarding() -> Look {
    let text = read("/proc/sys/net/ipv4/ip_forward");
    if text.trim() == "1" {
        return Ok("on".to_owned());
    }
    Ok("off; rolecall switches it on for its uplink and the default route's link".to_owned())
}

fn firewall() -> Look {
    match crate::network::firewall::in_the_way() {
        Some(why) => Err((
            format!("{why}: tasks may reach this host only"),
            crate::network::firewall::FIX,
        )),
        None => Ok("lets tasks through, as far as nft tells".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_looked_at_and_nothing_is_left_unsaid() {
        let report = host_report();
        assert_eq!(report.len(), 13);
        for check in report {
            assert!(!check.found.is_empty(), "{}", check.name);
            assert_eq!(check.ok, check.how_to_fix.is_empty(), "{}", check.name);
        }
    }
}
