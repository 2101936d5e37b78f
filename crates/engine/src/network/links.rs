//! Links, addresses and routes of router and tasks.

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};

use futures_util::TryStreamExt;
use rtnetlink::packet_route::link::{InfoData, InfoVeth};
use rtnetlink::packet_route::route::{RouteScope, RouteType};
use rtnetlink::{Handle, LinkUnspec, LinkVeth, RouteMessageBuilder};

use super::netns::{sysctl, with_netlink};
use super::{GATEWAY, METADATA_NETWORKS, NAME_SERVER, TASK_ENDPOINT, net_error};
use crate::error::Result;

/// The router: forwards, answers at the task endpoint and about names.
pub(super) async fn set_up_router(router: OwnedFd) -> Result<()> {
    with_netlink(Some(router), |handle| async move {
        sysctl("ipv4/ip_forward", "1")?;
        for scope in ["all", "default"] {
            sysctl(&format!("ipv4/conf/{scope}/rp_filter"), "1")?;
            sysctl(&format!("ipv4/conf/{scope}/accept_redirects"), "0")?;
            sysctl(&format!("ipv4/conf/{scope}/send_redirects"), "0")?;
        }
        let lo = index(&handle, "lo").await?.unwrap_or(1);
        up(&handle, lo).await?;
        for address in [TASK_ENDPOINT, NAME_SERVER] {
            add_address(&handle, lo, address, 32).await?;
        }
        for network in METADATA_NETWORKS {
            prohibit(&handle, network).await?;
        }
        Ok(())
    })
    .await
}

/// Refuses what is sent to a network, whatever less special routes there are.
async fn prohibit(handle: &Handle, (to, prefix): (Ipv4Addr, u8)) -> Result<()> {
    let route = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(to, prefix)
        .kind(RouteType::Prohibit)
        .build();
    let added = handle.route().add(route).execute().await;
    tolerate_existing(added).map_err(|e| net_error("add a route", e))
}

/// The name of a task's link in the router.
fn link_name(address: Ipv4Addr) -> String {
    format!("t{:08x}", u32::from(address))
}

/// The hardware address of a task's interface: locally administered, made of its IPv4 address.
fn hardware_address(address: Ipv4Addr) -> Vec<u8> {
    let mut mac = vec![0x0a, 0x58];
    mac.extend(address.octets());
    mac
}

pub(super) async fn wire_task(router: OwnedFd, task: OwnedFd, address: Ipv4Addr) -> Result<()> {
    let into = task
        .try_clone()
        .map_err(|e| net_error("open a namespace", e))?;
    with_netlink(Some(router), move |handle| async move {
        let name = link_name(address);
        // Left over from a task whose removal did not get this far.
        delete(&handle, &name).await?;
        add_pair(
            &handle,
            &name,
            &into,
            "eth0",
            Some(hardware_address(address)),
        )
        .await?;
        sysctl(&format!("ipv4/conf/{name}/rp_filter"), "1")?;
        let link = index(&handle, &name)
            .await?
            .ok_or_else(|| net_error("add a link", "it is not there"))?;
        add_address(&handle, link, GATEWAY, 32).await?;
        up(&handle, link).await?;
        add_route(&handle, (address, 32), None, link).await
    })
    .await?;
    with_netlink(Some(task), move |handle| async move {
        let lo = index(&handle, "lo").await?.unwrap_or(1);
        up(&handle, lo).await?;
        let eth = index(&handle, "eth0")
            .await?
            .ok_or_else(|| net_error("move a link", "it is not there"))?;
        add_address(&handle, eth, address, 32).await?;
        up(&handle, eth).await?;
        add_route(&handle, (GATEWAY, 32), None, eth).await?;
        add_route(&handle, (Ipv4Addr::UNSPECIFIED, 0), Some(GATEWAY), eth).await
    })
    .await
}

pub(super) async fn unwire_task(router: OwnedFd, address: Ipv4Addr) -> Result<()> {
    let name = link_name(address);
    with_netlink(Some(router), move |handle| async move {
        delete(&handle, &name).await
    })
    .await
}

/// Makes a pair of links whose other end begins its life in another namespace, under its final
/// name.
pub(super) async fn add_pair(
    handle: &Handle,
    name: &str,
    other: &OwnedFd,
    other_name: &str,
    mac: Option<Vec<u8>>,
) -> Result<()> {
    let mut peer = LinkUnspec::new_with_name(other_name).setns_by_fd(other.as_raw_fd());
    if let Some(mac) = mac {
        peer = peer.address(mac);
    }
    let pair = LinkVeth::new(name, other_name)
        .set_info_data(InfoData::Veth(InfoVeth::Peer(peer.build())))
        .build();
    handle
        .link()
        .add(pair)
        .execute()
        .await
        .map_err(|e| net_error("add a link", e))
}

/// The number of a link; None when there is none of that name.
pub(super) async fn index(handle: &Handle, name: &str) -> Result<Option<u32>> {
    let mut found = handle.link().get().match_name(name.to_owned()).execute();
    match found.try_next().await {
        Ok(link) => Ok(link.map(|l| l.header.index)),
        Err(rtnetlink::Error::NetlinkError(e)) if e.raw_code() == -libc::ENODEV => Ok(None),
        Err(e) => Err(net_error("find a link", e)),
    }
}

pub(super) async fn delete(handle: &Handle, name: &str) -> Result<()> {
    let Some(link) = index(handle, name).await? else {
        return Ok(());
    };
    match handle.link().del(link).execute().await {
        Err(rtnetlink::Error::NetlinkError(e)) if e.raw_code() == -libc::ENODEV => Ok(()),
        other => other.map_err(|e| net_error("delete a link", e)),
    }
}

pub(super) async fn up(handle: &Handle, link: u32) -> Result<()> {
    let message = LinkUnspec::new_with_index(link).up().build();
    handle
        .link()
        .set(message)
        .execute()
        .await
        .map_err(|e| net_error("set a link up", e))
}

pub(super) async fn add_address(
    handle: &Handle,
    link: u32,
    address: Ipv4Addr,
    prefix: u8,
) -> Result<()> {
    let added = handle
        .address()
        .add(link, address.into(), prefix)
        .execute()
        .await;
    tolerate_existing(added).map_err(|e| net_error("add an address", e))
}

/// Adds a route, on the link itself or by a gateway.
pub(super) async fn add_route(
    handle: &Handle,
    (to, prefix): (Ipv4Addr, u8),
    gateway: Option<Ipv4Addr>,
    link: u32,
) -> Result<()> {
    let route = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(to, prefix)
        .output_interface(link);
    let route = match gateway {
        Some(gateway) => route.gateway(gateway),
        None => route.scope(RouteScope::Link),
    };
    let added = handle.route().add(route.build()).execute().await;
    tolerate_existing(added).map_err(|e| net_error("add a route", e))
}

fn tolerate_existing(result: Result<(), rtnetlink::Error>) -> Result<(), rtnetlink::Error> {
    match result {
        Err(rtnetlink::Error::NetlinkError(e)) if e.raw_code() == -libc::EEXIST => Ok(()),
        other => other,
    }
}
