//! `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` of a container.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use crate::error::{EngineError, FileContext, Result};
use crate::network::resolver::{Names, ResolvConf};
use crate::spec::{ContainerSpec, TaskSandbox};

pub(super) fn hostname(task: &TaskSandbox, spec: &ContainerSpec) -> String {
    match spec.hostname.as_str() {
        "" => task.id.as_str().chars().take(12).collect(),
        name => name.to_owned(),
    }
}

pub(super) fn write(
    task: &TaskSandbox,
    spec: &ContainerSpec,
    names: &Names,
    etc: &Path,
) -> Result<()> {
    let hostname = hostname(task, spec);
    let plain = |t: &str| !t.is_empty() && !t.contains(|c: char| c.is_whitespace() || c == '\0');
    let given = spec
        .extra_hosts
        .iter()
        .map(|(n, _)| n)
        .chain(&spec.dns_search);
    for name in given.chain([&hostname]) {
        if !plain(name) {
            return Err(EngineError::Unsupported(format!("host name {name:?}")));
        }
    }
    put(etc, "hostname", &format!("{hostname}\n"))?;
    put(etc, "hosts", &hosts(task, spec, &hostname))?;
    put(etc, "resolv.conf", &resolv_conf(spec, &names.for_tasks()))
}

fn put(dir: &Path, name: &str, text: &str) -> Result<()> {
    let path = dir.join(name);
    std::fs::write(&path, text).at("write", &path)?;
    // Programs of any user read it, whatever the server's umask.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&path, mode).at("set the mode of", &path)
}

fn hosts(task: &TaskSandbox, spec: &ContainerSpec, hostname: &str) -> String {
    let mut text = String::from("127.0.0.1\tlocalhost\n");
    let mut line = |address: IpAddr, name: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{address}\t{name}");
    };
    line(task.address.into(), hostname);
    for (name, address) in &spec.extra_hosts {
        line(*address, name);
    }
    text
}

/// Given servers and domains win; the host's fill in.
fn resolv_conf(spec: &ContainerSpec, host: &ResolvConf) -> String {
    let mut text = String::new();
    let (servers, search) = match (&spec.dns_servers[..], spec.dns_search.join(" ")) {
        ([], search) if search.is_empty() => (&host.servers[..], host.search.clone()),
        ([], search) => (&host.servers[..], search),
        (servers, search) => (servers, search),
    };
    if !search.is_empty() {
        let _ = writeln!(text, "search {search}");
    }
    for server in servers {
        let _ = writeln!(text, "nameserver {server}");
    }
    for line in &host.options {
        let _ = writeln!(text, "{line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ContainerName, TaskId};
    use crate::network::Outside;

    fn spec() -> ContainerSpec {
        ContainerSpec::new(ContainerName::new("c").unwrap(), vec![], vec![])
    }

    #[test]
    fn the_hosts_resolver_is_taken_where_the_definition_says_nothing() {
        let text = "search corp.example\nnameserver 10.1.2.3\noptions ndots:2\n";
        let host = &ResolvConf::parse(text);
        assert_eq!(resolv_conf(&spec(), host), text);
        let searched = ContainerSpec {
            dns_search: vec!["own.example".into()],
            ..spec()
        };
        assert_eq!(
            resolv_conf(&searched, host),
            "search own.example\nnameserver 10.1.2.3\noptions ndots:2\n"
        );
        let own = ContainerSpec {
            dns_servers: vec!["8.8.4.4".parse().unwrap()],
            ..spec()
        };
        assert_eq!(
            resolv_conf(&own, host),
            "nameserver 8.8.4.4\noptions ndots:2\n"
        );
    }

    #[test]
    fn hosts_names_the_task_and_the_extras() {
        let task = TaskSandbox::new(TaskId::new("t").unwrap(), "10.88.0.9".parse().unwrap());
        let more = ContainerSpec {
            extra_hosts: vec![("db".into(), "10.0.0.1".parse().unwrap())],
            ..spec()
        };
        assert_eq!(
            hosts(&task, &more, "web"),
            "127.0.0.1\tlocalhost\n10.88.0.9\tweb\n10.0.0.1\tdb\n"
        );
        let dir = tempfile::tempdir().unwrap();
        let bad = ContainerSpec {
            extra_hosts: vec![("a\n6.6.6.6 b".into(), "1.1.1.1".parse().unwrap())],
            ..spec()
        };
        let names = Names::new(None, &Outside::Masqueraded);
        assert!(write(&task, &bad, &names, dir.path()).is_err());
    }
}
