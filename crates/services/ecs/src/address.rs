//! Addresses of tasks.
//!
//! Source: Amazon VPC User Guide, "Subnet CIDR blocks": the first four addresses and the last one
//! of a subnet are not for its interfaces.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The addresses of one subnet, and which are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPool {
    network: u32,
    prefix: u8,
    used: BTreeSet<Ipv4Addr>,
}

impl AddressPool {
    /// The subnet that `address` is in, by its prefix length of 16 to 28; `None` for another.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Option<Self> {
        if !(16..=28).contains(&prefix) {
            return None;
        }
        let mask = u32::MAX << (32 - u32::from(prefix));
        let network = u32::from(address) & mask;
        Some(Self {
            network,
            prefix,
            used: BTreeSet::new(),
        })
    }

    /// How many bits name the subnet.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The address of the router: the first after the network's own.
    pub fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.network + 1)
    }

    /// The router's address with the prefix length, such as `10.0.0.1/24`.
    pub fn gateway_with_prefix(&self) -> String {
        format!("{}/{}", self.gateway(), self.prefix)
    }

    /// Marks an address as taken.
    pub fn mark_used(&mut self, address: Ipv4Addr) {
        self.used.insert(address);
    }

    /// Takes a free address, if there is one. `start` chooses where the search begins, so that an
    /// address that has just become free is not given out again at once.
    pub fn take(&mut self, start: u32) -> Option<Ipv4Addr> {
        let size = 1u32 << (32 - u32::from(self.prefix));
        let usable = size.checked_sub(5).filter(|n| *n > 0)?;
        let free = (0..usable)
            .map(|step| (start % usable + step) % usable)
            .map(|offset| Ipv4Addr::from(self.network + 4 + offset))
            .find(|address| !self.used.contains(address))?;
        self.used.insert(free);
        Some(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usable_address_is_given_out_once_and_no_reserved_one() {
        let mut pool = AddressPool::new(Ipv4Addr::new(10, 1, 2, 99), 28).unwrap();
        assert_eq!(pool.gateway_with_prefix(), "10.1.2.97/28");
        let mut given: Vec<u8> = (0..11)
            .map(|n| pool.take(n * 7).unwrap().octets()[3])
            .collect();
        assert_eq!(pool.take(0), None);
        given.sort_unstable();
        assert_eq!(given, (100..111).collect::<Vec<u8>>());
        assert_eq!(AddressPool::new(Ipv4Addr::LOCALHOST, 29), None);
        assert_eq!(AddressPool::new(Ipv4Addr::LOCALHOST, 8), None);
    }

    #[test]
    fn the_search_begins_where_it_is_told() {
        let mut pool = AddressPool::new(Ipv4Addr::new(10, 0, 0, 0), 24).unwrap();
        assert_eq!(pool.take(0), Some(Ipv4Addr::new(10, 0, 0, 4)));
        assert_eq!(pool.take(0), Some(Ipv4Addr::new(10, 0, 0, 5)));
        assert_eq!(pool.take(250), Some(Ipv4Addr::new(10, 0, 0, 254)));
        assert_eq!(pool.take(250), Some(Ipv4Addr::new(10, 0, 0, 6)));
    }
}
