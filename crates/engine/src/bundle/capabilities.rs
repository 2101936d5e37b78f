//! Linux capabilities as Docker gives them (Docker docs, "Runtime privilege and Linux
//! capabilities").

use crate::error::{EngineError, Result};
use crate::spec::ContainerSpec;

/// What a container has without asking.
const DEFAULT: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// All of them, by number (capabilities(7)).
pub(crate) const ALL: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// The capabilities of a container, without `CAP_`, in the order of their numbers.
///
/// `devices_filtered`: whether the host keeps containers from devices by cgroup. Where it does not,
/// MKNOD would open every disk, so it is not given, and asking for it is refused.
pub(crate) fn of(spec: &ContainerSpec, devices_filtered: bool) -> Result<Vec<&'static str>> {
    let ours = bounding_set();
    let available = |name: &str| {
        let number = ALL.iter().position(|n| *n == name);
        number.is_some_and(|n| ours & (1 << n) != 0)
    };
    if spec.privileged {
        return Ok(ALL.into_iter().filter(|n| available(n)).collect());
    }
    let add = plain(&spec.cap_add)?;
    let drop = plain(&spec.cap_drop)?;
    let any = |list: &[String], name: &str| list.iter().any(|n| n == name);
    if !devices_filtered && any(&add, "MKNOD") {
        return Err(EngineError::Unsupported(
            "capability MKNOD on a host whose devices are not filtered by cgroup".to_owned(),
        ));
    }
    if let Some(name) = add.iter().find(|n| *n != "ALL" && !available(n)) {
        let text = format!("capability {name}, which rolecall itself does not have");
        return Err(EngineError::Unsupported(text));
    }
    let default = |name: &str| DEFAULT.contains(&name) && !any(&drop, "ALL");
    let given =
        |name: &str| any(&add, name) || ((any(&add, "ALL") || default(name)) && !any(&drop, name));
    let possible = |name: &str| available(name) && (devices_filtered || name != "MKNOD");
    Ok(ALL
        .into_iter()
        .filter(|n| given(n) && possible(n))
        .collect())
}

/// What this process could hand on: a kernel may be too old for some, a container around the engine
/// may have taken others away.
fn bounding_set() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("CapBnd:"));
    line.and_then(|l| u64::from_str_radix(l.trim(), 16).ok())
        .unwrap_or(0)
}

fn plain(names: &[String]) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for name in names {
        let upper = name.to_ascii_uppercase();
        let plain = upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned();
        if plain != "ALL" && !ALL.contains(&plain.as_str()) {
            return Err(EngineError::Unsupported(format!("capability {name}")));
        }
        out.push(plain);
    }
    Ok(out)
}
