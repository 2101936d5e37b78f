//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use rolecall_base::{AccountId, Region};

use crate::policy::{ExplainArgs, PolicyArgs};

/// Amazon ECS on your own machines, with IAM that really says no.
///
/// Start a server with `rolecall up`, point any AWS client at it with `eval "$(rolecall env)"`, and
/// use ECS, ECR, IAM, STS and CloudWatch Logs as on AWS: tasks run as real containers, and every
/// call is signed, checked and refused in AWS's own words when a permission is missing.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server and run until it is told to stop (Ctrl-C).
    ///
    /// The first start makes an account with a root access key in the data directory. Everything
    /// that was acknowledged survives a crash; tasks keep running while the server is down.
    Up(UpArgs),
    /// Take the tasks of a stopped server off this machine: containers, networks, cgroups. The data
    /// stays, and the next `rolecall up` serves it.
    Down(DownArgs),
    /// Print how clients reach the server, as shell exports: eval "$(rolecall env)".
    Env(EnvArgs),
    /// Tell the whole story in under a minute: push, run, allow, refuse. Leaves nothing behind.
    Demo(DemoArgs),
    /// Say why a call was denied or a task did not start, and the smallest change that allows it.
    Explain(ExplainArgs),
    /// Check, simulate and generate policies; compare what is granted with what is used.
    Policy(PolicyArgs),
    /// Say what this machine lacks to run tasks, and how to get it.
    Doctor(DoctorArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct UpArgs {
    /// The address and port to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// The URL under which others reach this server, such as that of a proxy with TLS in front of
    /// it: issuers of web identity tokens, image layers and the registry are named with it
    /// [default: where it listens]
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<String>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// The account id; kept from the first start on [default: 123456789012]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<AccountId>,
    /// The region, kept from the first start on; clients may use any region all the same [default:
    /// us-east-1]
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<Region>,
    /// One more root access key, such as test:test, for tools set up for another emulator. It is
    /// verified like any key.
    #[arg(long, value_name = "KEY:SECRET")]
    pub(crate) dev_credentials: Option<String>,
    /// Run containers with this runc-compatible program instead of the embedded runtime.
    #[arg(long, value_name = "PATH")]
    pub(crate) oci_runtime: Option<PathBuf>,
    /// Serve the APIs only: tasks stay PROVISIONING. Needs no root.
    #[arg(long)]
    pub(crate) no_tasks: bool,
    /// How many MiB the record of calls and decisions takes at most; the oldest go first. 0 keeps
    /// no record: nothing to explain, no events to look up.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub(crate) record_mib: u64,
    /// Raise an IAM quota, such as RolesPerAccount=100000. May be repeated.
    #[arg(long, value_name = "NAME=N")]
    pub(crate) quota: Vec<String>,
}

/// `IP:PORT`, or `localhost:PORT`.
fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric
        .parse()
        .map_err(|_| format!("`{text}` is not an IP address with a port, such as 127.0.0.1:4566"))
}

/// A scheme and a host, maybe with a port; without a `/` at the end.
fn public_url(text: &str) -> Result<String, String> {
    let url = text.strip_suffix('/').unwrap_or(text);
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let good = |host: &str| {
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
    };
    match host {
        Some(host) if good(host) => Ok(url.to_owned()),
        _ => Err(format!(
            "`{text}` is not a URL of a host alone, such as https://rolecall.example.com"
        )),
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DataArgs {
    /// Where everything is kept [default: /var/lib/rolecall as root, else ~/.local/share/rolecall]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

impl DataArgs {
    /// The directory that was named, or the default of this user.
    pub(crate) fn dir(&self) -> PathBuf {
        if let Some(dir) = &self.data {
            // Shims run elsewhere: a relative path would lead them astray.
            return std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
        }
        match std::env::var_os("HOME") {
            Some(home) if !crate::doctor::is_root() => {
                PathBuf::from(home).join(".local/share/rolecall")
            }
            _ => PathBuf::from("/var/lib/rolecall"),
        }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DownArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct EnvArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// Print an AWS profile for ~/.aws/config instead of shell exports.
    #[arg(long)]
    pub(crate) profile: bool,
    /// Print JSON, as a `credential_process` wants it.
    #[arg(long, conflicts_with = "profile")]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DemoArgs {
    /// Keep the server running at the end, to look around; Ctrl-C ends it.
    #[arg(long)]
    pub(crate) stay: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_a_scheme_and_a_host() {
        for (text, url) in [
            ("https://a.example", Some("https://a.example")),
            ("https://a.example:8443/", Some("https://a.example:8443")),
            ("http://[::1]:4566", Some("http://[::1]:4566")),
            ("a.example", None),
            ("https://", None),
            ("https://a.example/path", None),
            ("https://u@a.example", None),
            ("https://a.example?x", None),
        ] {
            assert_eq!(public_url(text).ok().as_deref(), url, "{text}");
        }
    }
}
