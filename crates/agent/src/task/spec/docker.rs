//! The parts of Docker's `Config` and `HostConfig` that a payload has. A member that is not here is
//! an error: nobody's setting is silently dropped.
//!
//! Source: Docker Engine API, "Create a container".

use std::collections::BTreeMap;

use serde::Deserialize;

/// What describes the program.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) user: String,
    pub(crate) working_dir: String,
    pub(crate) hostname: String,
    pub(crate) tty: bool,
    pub(crate) open_stdin: bool,
    pub(crate) network_disabled: bool,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) healthcheck: Option<Healthcheck>,
}

/// How to tell whether the program is well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(crate) struct Healthcheck {
    /// `CMD` and arguments, `CMD-SHELL` and a line, or `NONE`.
    pub(crate) test: Vec<String>,
    /// Nanoseconds, as the other times.
    pub(crate) interval: u64,
    pub(crate) timeout: u64,
    pub(crate) retries: u32,
    pub(crate) start_period: u64,
}

/// What depends on the host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(crate) struct HostConfig {
    pub(crate) network_mode: String,
    pub(crate) privileged: bool,
    pub(crate) readonly_rootfs: bool,
    pub(crate) memory_reservation: Option<i64>,
    pub(crate) memory_swap: Option<i64>,
    /// Without swap it means nothing.
    #[serde(rename = "MemorySwappiness")]
    pub(crate) _memory_swappiness: Option<i64>,
    pub(crate) dns: Vec<String>,
    pub(crate) dns_search: Vec<String>,
    pub(crate) security_opt: Vec<String>,
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) ulimits: Vec<Ulimit>,
    pub(crate) sysctls: BTreeMap<String, String>,
    pub(crate) cap_add: Vec<String>,
    pub(crate) cap_drop: Vec<String>,
    pub(crate) devices: Vec<serde_json::Value>,
    pub(crate) init: bool,
    pub(crate) shm_size: Option<i64>,
    pub(crate) tmpfs: BTreeMap<String, String>,
    pub(crate) log_config: LogConfig,
}

/// A resource limit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Ulimit {
    pub(crate) name: String,
    pub(crate) soft: i64,
    pub(crate) hard: i64,
}

/// The log driver and its options.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct LogConfig {
    pub(crate) r#type: String,
    pub(crate) config: BTreeMap<String, String>,
}
