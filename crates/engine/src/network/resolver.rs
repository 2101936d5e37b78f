//! Which name servers the host asks, and which of them a task can ask itself.
//!
//! Source: resolv.conf(5); systemd-resolved.service(8), "/etc/resolv.conf".

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use super::{METADATA_NETWORKS, NAME_SERVER, Outside};

/// Where systemd-resolved says which servers it asks itself.
const SYSTEMD_UPSTREAMS: &str = "/run/systemd/resolve/resolv.conf";

/// Where systemd-resolved's stub listens.
const SYSTEMD_STUB: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53));

/// The host's resolver configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResolvConf {
    /// In the order in which they are asked.
    pub(crate) servers: Vec<IpAddr>,
    /// The domains of the last `search` or `domain` line.
    pub(crate) search: String,
    /// The `options` lines, whole.
    pub(crate) options: Vec<String>,
}

impl ResolvConf {
    /// Reads a file; one that is missing says nothing.
    pub(crate) fn read(path: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(path).unwrap_or_default())
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut conf = Self::default();
        for line in text.lines() {
            let (word, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            match word {
                // Without the zone of a link-local IPv6 address there is no way to it.
                "nameserver" => conf.servers.extend(rest.trim().parse::<IpAddr>()),
                "search" | "domain" => conf.search = rest.trim().to_owned(),
                "options" => conf.options.push(line.trim().to_owned()),
                _ => {}
            }
        }
        conf
    }
}

/// How the names of tasks are resolved.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    /// The host's configuration, `/etc/resolv.conf` outside tests.
    pub(crate) resolv_conf: PathBuf,
    /// Whether something answers tasks at [`NAME_SERVER`].
    pub(crate) served: bool,
    /// Whether tasks reach more than the host.
    pub(crate) beyond_host: bool,
}

impl Names {
    pub(crate) fn new(resolv_conf: Option<&Path>, outside: &Outside) -> Self {
        Self {
            resolv_conf: resolv_conf.unwrap_or(Path::new("/etc/resolv.conf")).into(),
            served: resolv_conf.is_some(),
            beyond_host: *outside == Outside::Masqueraded,
        }
    }

    /// What a container's `resolv.conf` says where its task definition does not: the host's words,
    /// with servers that a task reaches.
    pub(crate) fn for_tasks(&self) -> ResolvConf {
        let host = ResolvConf::read(&self.resolv_conf);
        let upstreams = match host.servers.as_slice() {
            [server] if *server == SYSTEMD_STUB => ResolvConf::read(Path::new(SYSTEMD_UPSTREAMS)),
            _ => ResolvConf::default(),
        };
        self.choose(host, &upstreams)
    }

    /// A server that a task reaches is asked by the task itself: that goes on while Rolecall is
    /// down. If the host's first one is out of reach, the others would not do: they may not know
    /// the names that it does. Then all questions go by Rolecall.
    fn choose(&self, mut host: ResolvConf, systemd: &ResolvConf) -> ResolvConf {
        let own = |servers: &[IpAddr]| -> Option<Vec<IpAddr>> {
            let ipv4 = || servers.iter().filter(|s| s.is_ipv4());
            let first = ipv4().next()?;
            let direct = ipv4().filter(|s| self.reaches(**s)).copied();
            (!self.served || self.reaches(*first)).then(|| direct.collect())
        };
        host.servers = own(&host.servers)
            .filter(|servers| !servers.is_empty())
            .or_else(|| own(&systemd.servers))
            .unwrap_or_else(|| match self.served {
                true => vec![NAME_SERVER.into()],
                false => Vec::new(),
            });
        host
    }

    /// Whether a task reaches a server by its own packets: it has no IPv6, and neither the host's
    /// loopback nor link-local addresses (at some clouds the resolver's is the metadata service's).
    fn reaches(&self, server: IpAddr) -> bool {
        let IpAddr::V4(server) = server else {
            return false;
        };
        let prohibited = METADATA_NETWORKS.iter().any(|(network, prefix)| {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(*prefix))
                .unwrap_or_default();
            u32::from(server) & mask == u32::from(*network)
        });
        self.beyond_host && !prohibited && !server.is_loopback() && !server.is_unspecified()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(served: bool, beyond_host: bool) -> Names {
        Names {
            resolv_conf: "/nowhere".into(),
            served,
            beyond_host,
        }
    }

    fn chosen(names: &Names, host: &str, systemd: &str) -> Vec<String> {
        let chosen = names.choose(ResolvConf::parse(host), &ResolvConf::parse(systemd));
        chosen.servers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_lines_of_a_resolver_configuration_are_read() {
        let text = "# comment\nsearch corp.example  lab.example \nnameserver\t10.1.2.3\n\
                    nameserver fe80::1%eth0\nnameserver 2001:db8::1\noptions ndots:2\nnameservers 1\n";
        let conf = ResolvConf::parse(text);
        let servers: Vec<String> = conf.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["10.1.2.3", "2001:db8::1"]);
        assert_eq!(conf.search, "corp.example  lab.example");
        assert_eq!(conf.options, ["options ndots:2"]);
    }

    #[test]
    fn a_task_asks_the_hosts_servers_itself_where_it_reaches_them() {
        let served = names(true, true);
        let plain = "nameserver 10.1.2.3\nnameserver 2001:db8::1\nnameserver 10.1.2.4\n";
        assert_eq!(chosen(&served, plain, ""), ["10.1.2.3", "10.1.2.4"]);
        // An Ubuntu desktop.
        let stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\n";
        assert_eq!(
            chosen(&served, stub, "nameserver 192.168.1.1\n"),
            ["192.168.1.1"]
        );
    }

    #[test]
    fn what_a_task_does_not_reach_is_asked_for_it() {
        let served = names(true, true);
        let cases = [
            // An Ubuntu machine at Google's cloud.
            ("nameserver 127.0.0.53\n", "nameserver 169.254.169.254\n"),
            ("nameserver 169.254.169.254\n", ""),
            // dnsmasq, which knows names that the server after it does not.
            ("nameserver 127.0.0.1\nnameserver 10.1.2.3\n", ""),
            ("nameserver 2001:db8::1\n", ""),
            ("nameserver 100.100.100.200\n", ""),
            ("", ""),
        ];
        for (host, systemd) in cases {
            assert_eq!(
                chosen(&served, host, systemd),
                ["169.254.169.253"],
                "{host}"
            );
        }
        let on_host_only = names(true, false);
        assert_eq!(
            chosen(&on_host_only, "nameserver 10.1.2.3\n", ""),
            ["169.254.169.253"]
        );
    }

    #[test]
    fn without_a_server_of_names_only_what_is_reached_is_named() {
        let alone = names(false, true);
        let host = "nameserver 127.0.0.1\nnameserver 10.1.2.3\n";
        assert_eq!(chosen(&alone, host, ""), ["10.1.2.3"]);
        assert!(chosen(&alone, "nameserver 127.0.0.53\n", "").is_empty());
    }
}
