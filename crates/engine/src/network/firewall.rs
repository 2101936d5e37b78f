//! Whether the host's firewall is in the way of what tasks send beyond the host.
//!
//! It is not touched: whoever set it up says what passes. But Docker and ufw have it drop whatever
//! is forwarded and not theirs, and an accept in another table does not undo that (nft(8), "VERDICT
//! STATEMENT": a drop ends the evaluation, an accept that of its chain only).

use crate::sys;

/// What lets tasks through such a firewall; `rc-` begins the names of instances' links.
pub(crate) const FIX: &str = "let tasks through: iptables -I FORWARD -i rc-+ -j ACCEPT; \
                              iptables -I FORWARD -o rc-+ -m conntrack --ctstate \
                              RELATED,ESTABLISHED -j ACCEPT";

/// Why tasks may not reach beyond the host, as far as nft tells. It takes a moment.
pub(crate) fn in_the_way() -> Option<String> {
    let list = |what: &str| {
        let listed = sys::system_program("nft").args(["list", what]).output();
        let listed = listed.ok().filter(|listed| listed.status.success())?;
        String::from_utf8(listed.stdout).ok()
    };
    // The chains alone are a short list, where the rules may be a very long one.
    let chain = dropping_chain(&list("chains")?)?;
    if lets_tasks_through(&list("ruleset")?) {
        return None;
    }
    Some(format!(
        "the host's firewall drops what is forwarded: {chain}"
    ))
}

/// The lines of a listing that are of no instance of Rolecall, each with its table.
fn foreign(listing: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut table = "";
    listing.lines().map(str::trim).filter_map(move |line| {
        if let Some(name) = line.strip_prefix("table ") {
            table = name.trim_end_matches(['{', ' ']);
        }
        (!table.contains(" rolecall_")).then_some((table, line))
    })
}

/// The first chain that drops IPv4 packets that are forwarded unless a rule of it accepts them.
fn dropping_chain(chains: &str) -> Option<String> {
    let mut chain = "";
    for (table, line) in foreign(chains) {
        if let Some(name) = line.strip_prefix("chain ") {
            chain = name.trim_end_matches(['{', ' ']);
        }
        let ipv4 = table.starts_with("ip ") || table.starts_with("inet ");
        if ipv4 && line.contains("hook forward") && line.contains("policy drop") {
            return Some(format!("chain {chain} of table {table}"));
        }
    }
    None
}

/// Whether somebody has thought of tasks: a rule names the links of instances.
fn lets_tasks_through(ruleset: &str) -> bool {
    foreign(ruleset).any(|(_, line)| line.contains("\"rc-") && line.contains("accept"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "table ip rolecall_x {\n\tchain forward {\n\t\ttype filter hook forward \
                       priority filter; policy drop;\n\t\toifname \"rc-0a1b2c3d\" ct state \
                       established,related accept\n\t}\n}\n";

    fn docker(policy: &str) -> String {
        format!(
            "table ip filter {{\n\tchain DOCKER-USER {{\n\t}}\n\tchain FORWARD {{\n\t\ttype filter \
             hook forward priority filter; policy {policy};\n\t}}\n}}\n{OWN}"
        )
    }

    #[test]
    fn a_chain_that_drops_what_is_forwarded_is_named() {
        assert_eq!(
            dropping_chain(&docker("drop")).unwrap(),
            "chain FORWARD of table ip filter"
        );
        assert_eq!(dropping_chain(&docker("accept")), None);
        assert_eq!(dropping_chain(OWN), None, "it is an instance's own");
        let ipv6 = docker("drop").replace("table ip filter", "table ip6 filter");
        assert_eq!(dropping_chain(&ipv6), None);
        assert_eq!(dropping_chain(""), None);
    }

    #[test]
    fn a_rule_for_the_links_of_instances_lets_them_through() {
        assert!(!lets_tasks_through(&docker("drop")));
        let rule = "\t\tiifname \"rc-*\" counter packets 0 bytes 0 accept\n\t\ttype filter hook";
        let fixed = docker("drop").replace("\t\ttype filter hook", rule);
        assert!(lets_tasks_through(&fixed), "{fixed}");
    }
}
