//! The way between router and host, and beyond by masquerade.
//!
//! In the host's namespace the instance has one link, one route to its subnet and, where `nft` is
//! installed, one table of its own named after it. Nothing else of the host's is touched but the
//! `forwarding` switch of the links that traffic passes.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use sha2::{Digest, Sha256};

use super::links::{add_address, add_pair, add_route, delete, index, up};
use super::netns::{sysctl, with_netlink};
use super::{Outside, Subnet, firewall, net_error};
use crate::error::{EngineError, Result};
use crate::ids::InstanceName;

/// The host's end: at most 15 bytes (IFNAMSIZ), so the instance's name goes in as a digest.
fn link_name(instance: &InstanceName) -> String {
    let digest = Sha256::digest(instance.as_str().as_bytes());
    let short: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("rc-{short}")
}

fn table_name(instance: &InstanceName) -> String {
    format!("rolecall_{instance}")
}

pub(super) async fn set_up(
    router: OwnedFd,
    instance: &InstanceName,
    subnet: Subnet,
) -> Result<Outside> {
    let name = link_name(instance);
    let into = router
        .try_clone()
        .map_err(|e| net_error("open a namespace", e))?;
    let outer = name.clone();
    with_netlink(None, move |handle| async move {
        let link = match index(&handle, &outer).await? {
            Some(link) => link,
            None => {
                add_pair(&handle, &outer, &into, "uplink", None).await?;
                let found = index(&handle, &outer).await?;
                found.ok_or_else(|| net_error("add the uplink", "it is not there"))?
            }
        };
        add_address(&handle, link, subnet.host(), 30).await?;
        up(&handle, link).await
    })
    .await?;
    with_netlink(Some(router), move |handle| async move {
        let found = index(&handle, "uplink").await?;
        let link = found.ok_or_else(|| net_error("move the uplink", "it is not there"))?;
        add_address(&handle, link, subnet.router(), 30).await?;
        up(&handle, link).await?;
        add_route(
            &handle,
            (Ipv4Addr::UNSPECIFIED, 0),
            Some(subnet.host()),
            link,
        )
        .await
    })
    .await?;
    let outer = name.clone();
    with_netlink(None, move |handle| async move {
        let found = index(&handle, &outer).await?;
        let link = found.ok_or_else(|| net_error("add the uplink", "it is not there"))?;
        let to = (subnet.base(), subnet.prefix());
        add_route(&handle, to, Some(subnet.router()), link).await
    })
    .await?;
    let (instance, name) = (instance.clone(), name);
    let masquerade = move || {
        masquerade(&instance, &name, subnet)?;
        Ok::<_, EngineError>(firewall::in_the_way())
    };
    let outside = tokio::task::spawn_blocking(masquerade).await;
    Ok(match outside {
        Ok(Ok(None)) => Outside::Masqueraded,
        Ok(Ok(Some(why))) => Outside::Filtered(why),
        Ok(Err(error)) => Outside::HostOnly(error.to_string()),
        Err(error) => Outside::HostOnly(error.to_string()),
    })
}

fn masquerade(instance: &InstanceName, link: &str, subnet: Subnet) -> Result<()> {
    let table = table_name(instance);
    // From beyond the host nobody begins a connection to a task: only answers are forwarded.
    // Declared, deleted, declared again: in one transaction, whatever was there before.
    nft(&format!(
        "table ip {table}\n\
         delete table ip {table}\n\
         table ip {table} {{\n\
         chain postrouting {{\n\
         type nat hook postrouting priority 100; policy accept;\n\
         ip saddr {subnet} oifname != \"{link}\" masquerade\n\
         }}\n\
         chain forward {{\n\
         type filter hook forward priority 0; policy accept;\n\
         oifname \"{link}\" ct state established,related accept\n\
         oifname \"{link}\" drop\n\
         }}\n}}\n"
    ))?;
    sysctl(&format!("ipv4/conf/{link}/forwarding"), "1")?;
    for device in default_devices() {
        sysctl(&format!("ipv4/conf/{device}/forwarding"), "1")?;
    }
    Ok(())
}

/// The links of the host's default routes: answers come in there.
fn default_devices() -> Vec<String> {
    routes()
        .into_iter()
        .filter(|r| r.prefix == 0)
        .map(|r| r.device)
        .collect()
}

pub(super) async fn remove(instance: &InstanceName) -> Result<()> {
    let name = link_name(instance);
    let table = table_name(instance);
    let ruleset = format!("table ip {table}\ndelete table ip {table}\n");
    // Without nft there is no table either.
    let _ = tokio::task::spawn_blocking(move || nft(&ruleset)).await;
    with_netlink(
        None,
        move |handle| async move { delete(&handle, &name).await },
    )
    .await
}

fn nft(ruleset: &str) -> Result<()> {
    let fail = |detail: String| EngineError::Network {
        step: "set rules by nft",
        detail,
    };
    let mut child = crate::sys::system_program("nft")
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| fail(e.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(ruleset.as_bytes())
            .map_err(|e| fail(e.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|e| fail(e.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(fail(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

struct Route {
    device: String,
    to: u32,
    prefix: u32,
}

/// The host's IPv4 routes (`/proc/net/route`: hexadecimal in the machine's byte order).
fn routes() -> Vec<Route> {
    let text = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let number = |n: usize| {
            let raw = u32::from_str_radix(fields.get(n)?, 16).ok()?;
            Some(u32::from_be_bytes(raw.to_ne_bytes()))
        };
        let device = (*fields.first()?).to_owned();
        Some(Route {
            device,
            to: number(1)?,
            prefix: number(7)?.count_ones(),
        })
    };
    text.lines().skip(1).filter_map(parse).collect()
}

/// The first of 10.88.0.0/16 to 10.255.0.0/16 that no route of the host leads to.
pub(super) fn free_subnet() -> Result<Subnet> {
    let taken: Vec<Subnet> = routes()
        .iter()
        .filter(|r| r.prefix >= 8)
        .filter_map(|r| Subnet::new(r.to.into(), u8::try_from(r.prefix.min(28)).ok()?))
        .collect();
    let is_free = |s: &Subnet| !taken.iter().any(|t| t.overlaps(*s));
    (88..=255)
        .filter_map(|n| Subnet::new(Ipv4Addr::new(10, n, 0, 0), 16))
        .find(is_free)
        .ok_or(EngineError::NoSubnet)
}
