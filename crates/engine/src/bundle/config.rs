//! The OCI runtime configuration (opencontainers/runtime-spec, `config.md`, `config-linux.md`),
//! with Docker's defaults where the task definition says nothing.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{capabilities, files, seccomp};
use crate::cgroup::{CPU_PERIOD_US, TaskCgroup};
use crate::error::{EngineError, Result};
use crate::layout::{ContainerDirs, TaskDirs};
use crate::spec::{ContainerSpec, TaskSandbox, TmpfsMount};

/// Docker's PATH for programs whose image sets none.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What containers must not read of the kernel's files.
const MASKED: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// What containers must not write of the kernel's files.
const READ_ONLY: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// The devices that a container may use, beside making nodes of any: major, minor.
const DEVICES: [(i64, i64); 9] = [
    (1, 3),
    (1, 5),
    (1, 7),
    (1, 8),
    (1, 9),
    (5, 0),
    (5, 1),
    (5, 2),
    (136, -1),
];

/// The whole configuration but for what the shim adds after a look into the image.
pub(super) fn build(
    task: &TaskSandbox,
    dirs: &TaskDirs,
    cgroup: &TaskCgroup,
    spec: &ContainerSpec,
) -> Result<Value> {
    let v2 = cgroup.hierarchies().is_v2();
    let caps = capabilities::of(spec, !v2)?;
    let mut linux = json!({
        "cgroupsPath": cgroup.container_path(&spec.name),
        "namespaces": namespaces(dirs, v2),
        "resources": resources(cgroup, spec),
        "sysctl": spec.sysctls,
        "maskedPaths": if spec.privileged { json!([]) } else { json!(MASKED) },
        "readonlyPaths": if spec.privileged { json!([]) } else { json!(READ_ONLY) },
    });
    if !spec.privileged && !spec.seccomp_unconfined {
        put(&mut linux, "seccomp", seccomp::profile(&caps));
    }
    Ok(json!({
        "ociVersion": "1.0.2",
        "process": process(spec, &caps)?,
        "root": { "path": "rootfs", "readonly": spec.readonly_rootfs },
        "hostname": files::hostname(task, spec),
        "mounts": mounts(&dirs.container(&spec.name), cgroup, spec)?,
        "annotations": spec.labels,
        "linux": linux,
    }))
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn process(spec: &ContainerSpec, caps: &[&str]) -> Result<Value> {
    let mut env: Vec<String> = Vec::new();
    if !spec.env.iter().any(|(k, _)| k == "PATH") {
        env.push(format!("PATH={DEFAULT_PATH}"));
    }
    if spec.tty && !spec.env.iter().any(|(k, _)| k == "TERM") {
        env.push("TERM=xterm".to_owned());
    }
    env.extend(spec.env.iter().map(|(k, v)| format!("{k}={v}")));
    let caps: Vec<String> = caps.iter().map(|c| format!("CAP_{c}")).collect();
    let cwd = if spec.cwd.is_empty() { "/" } else { &spec.cwd };
    let mut process = json!({
        "terminal": spec.tty,
        "user": { "uid": 0, "gid": 0 },
        "args": spec.args,
        "env": env,
        "cwd": cwd,
        // Nothing is inheritable: a program gets by exec what its files or its user give it.
        "capabilities": {
            "bounding": caps, "effective": caps, "permitted": caps,
            "inheritable": [], "ambient": [],
        },
        "rlimits": rlimits(spec)?,
        "oomScoreAdj": spec.oom_score_adj.unwrap_or(0),
    });
    // Left out when not asked for: present, it decides when runtimes load the seccomp filter.
    if spec.no_new_privileges {
        put(&mut process, "noNewPrivileges", Value::Bool(true));
    }
    Ok(process)
}

fn rlimits(spec: &ContainerSpec) -> Result<Vec<Value>> {
    let known = [
        "as",
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ];
    let mut out: Vec<Value> = Vec::new();
    for limit in &spec.ulimits {
        let name = limit.name.to_ascii_lowercase();
        if !known.contains(&name.as_str()) || limit.soft > limit.hard {
            return Err(EngineError::Unsupported(format!("ulimit {limit:?}")));
        }
        let kind = format!("RLIMIT_{}", name.to_ascii_uppercase());
        out.retain(|l| l.get("type").and_then(Value::as_str) != Some(&kind));
        out.push(json!({ "type": kind, "soft": limit.soft, "hard": limit.hard }));
    }
    Ok(out)
}

fn namespaces(dirs: &TaskDirs, v2: bool) -> Vec<Value> {
    let mut out: Vec<Value> = ["pid", "ipc", "uts", "mount"]
        .iter()
        .map(|t| json!({ "type": t }))
        .collect();
    out.push(json!({ "type": "network", "path": dirs.netns() }));
    if v2 {
        out.push(json!({ "type": "cgroup" }));
    }
    out
}

fn resources(cgroup: &TaskCgroup, spec: &ContainerSpec) -> Value {
    let mut memory = Map::new();
    if let Some(bytes) = spec.memory_bytes {
        memory.insert("limit".to_owned(), json!(bytes));
        if cgroup.hierarchies().limits_swap() {
            // Memory and swap together: no swap beyond the limit.
            memory.insert("swap".to_owned(), json!(bytes));
        }
    }
    if let Some(bytes) = spec.memory_reservation_bytes {
        memory.insert("reservation".to_owned(), json!(bytes));
    }
    let mut cpu = Map::new();
    if let Some(shares) = spec.cpu_shares {
        // The kernel's own bounds (ECS maps 0 and 1 to 2).
        cpu.insert("shares".to_owned(), json!(shares.clamp(2, 262_144)));
    }
    if let Some(quota) = spec.cpu_quota_us {
        cpu.insert("quota".to_owned(), json!(quota));
        cpu.insert("period".to_owned(), json!(CPU_PERIOD_US));
    }
    let mut out = json!({ "devices": devices(spec.privileged) });
    for (key, map) in [("memory", memory), ("cpu", cpu)] {
        if !map.is_empty() {
            put(&mut out, key, Value::Object(map));
        }
    }
    if let Some(limit) = spec.pids_limit {
        put(&mut out, "pids", json!({ "limit": limit }));
    }
    out
}

fn devices(privileged: bool) -> Vec<Value> {
    if privileged {
        return vec![json!({ "allow": true, "access": "rwm" })];
    }
    let mut out = vec![
        json!({ "allow": false, "access": "rwm" }),
        json!({ "allow": true, "type": "c", "access": "m" }),
        json!({ "allow": true, "type": "b", "access": "m" }),
    ];
    for (major, minor) in DEVICES {
        let mut rule = json!({ "allow": true, "type": "c", "major": major, "access": "rwm" });
        if minor >= 0 {
            put(&mut rule, "minor", json!(minor));
        }
        out.push(rule);
    }
    out
}

fn mounts(dirs: &ContainerDirs, cgroup: &TaskCgroup, spec: &ContainerSpec) -> Result<Vec<Value>> {
    let sys = if spec.privileged { "rw" } else { "ro" };
    let shm = format!("size={}", spec.shm_bytes.unwrap_or(64 * 1024 * 1024));
    let pts = [
        "nosuid",
        "noexec",
        "newinstance",
        "ptmxmode=0666",
        "mode=0620",
        "gid=5",
    ];
    let mut out = vec![
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount(
            "/dev",
            "tmpfs",
            &["nosuid", "strictatime", "mode=755", "size=65536k"],
        ),
        mount("/dev/pts", "devpts", &pts),
        mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", sys]),
        mount("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
        mount(
            "/dev/shm",
            "tmpfs",
            &["nosuid", "noexec", "nodev", "mode=1777", &shm],
        ),
    ];
    if cgroup.hierarchies().is_v2() {
        out.push(mount(
            "/sys/fs/cgroup",
            "cgroup",
            &["nosuid", "noexec", "nodev", sys],
        ));
    } else {
        let options = ["nosuid", "noexec", "nodev", "mode=755", "size=64k"];
        out.push(mount("/sys/fs/cgroup", "tmpfs", &options));
        for (source, target) in cgroup.v1_binds(&spec.name) {
            out.push(bind(&source, &target, !spec.privileged));
        }
    }
    out.extend(spec.tmpfs.iter().map(tmpfs));
    for name in ["resolv.conf", "hostname", "hosts"] {
        let target = Path::new("/etc").join(name);
        // A mount of the task's own on one of these wins.
        if !spec.mounts.iter().any(|m| m.target == target) {
            out.push(bind(&dirs.etc().join(name), &target, false));
        }
    }
    for m in &spec.mounts {
        if !m.source.exists() {
            let text = format!("mount source {} does not exist", m.source.display());
            return Err(EngineError::Unsupported(text));
        }
        out.push(bind(&m.source, &m.target, m.read_only));
    }
    Ok(out)
}

fn mount(target: &str, kind: &str, options: &[&str]) -> Value {
    json!({ "destination": target, "type": kind, "source": kind, "options": options })
}

fn bind(source: &Path, target: &Path, read_only: bool) -> Value {
    let options = ["rbind", "rprivate", if read_only { "ro" } else { "rw" }];
    json!({ "destination": target, "type": "bind", "source": source, "options": options })
}

/// Docker's options, but for those that a given one takes back (`exec` takes back `noexec`).
fn tmpfs(wanted: &TmpfsMount) -> Value {
    let taken_back = |o: &str| {
        wanted
            .options
            .iter()
            .any(|g| Some(g.as_str()) == o.strip_prefix("no"))
    };
    let defaults = ["noexec", "nosuid", "nodev"]
        .into_iter()
        .filter(|o| !taken_back(o));
    let mut options: Vec<String> = defaults.map(str::to_owned).collect();
    for given in &wanted.options {
        if given != "defaults" && !options.contains(given) {
            options.push(given.clone());
        }
    }
    options.push(format!("size={}", wanted.size_bytes));
    json!({ "destination": wanted.target, "type": "tmpfs", "source": "tmpfs", "options": options })
}
