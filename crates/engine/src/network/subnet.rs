//! The addresses of one instance.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IPv4 network of 4 to 2^24 addresses. Its last /30 is the uplink: `.253` is the host,
/// `.254` the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    base: u32,
    prefix: u8,
}

impl Subnet {
    /// A network from its first address and prefix length, 8 to 28.
    #[must_use]
    pub fn new(base: Ipv4Addr, prefix: u8) -> Option<Self> {
        let base = u32::from(base);
        let subnet = Self { base, prefix };
        ((8..=28).contains(&prefix) && base & !subnet.mask() == 0).then_some(subnet)
    }

    fn mask(self) -> u32 {
        u32::MAX << (32 - u32::from(self.prefix))
    }

    fn last(self) -> u32 {
        self.base | !self.mask()
    }

    /// The first address.
    #[must_use]
    pub fn base(self) -> Ipv4Addr {
        self.base.into()
    }

    /// The prefix length.
    #[must_use]
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// The host's end of the uplink.
    #[must_use]
    pub fn host(self) -> Ipv4Addr {
        (self.last() - 2).into()
    }

    /// The router's end of the uplink.
    #[must_use]
    pub fn router(self) -> Ipv4Addr {
        (self.last() - 1).into()
    }

    /// Whether an address is in the network.
    #[must_use]
    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask() == self.base
    }

    /// Whether a task may have the address: not the first two (kept as AWS keeps them, for the
    /// network and its gateway), not the uplink's.
    #[must_use]
    pub fn is_usable(self, address: Ipv4Addr) -> bool {
        let n = u32::from(address);
        self.contains(address) && n > self.base + 1 && n < self.last() - 3
    }

    /// The addresses that tasks may have, in order.
    pub fn usable(self) -> impl Iterator<Item = Ipv4Addr> {
        (self.base + 2..self.last() - 3).map(Ipv4Addr::from)
    }

    /// Whether two networks share an address.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.base()) || other.contains(self.base())
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base(), self.prefix)
    }
}

/// A text is not a network in CIDR notation with a prefix of 8 to 28.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IPv4 network such as 10.88.0.0/16")]
pub struct InvalidSubnet(String);

impl FromStr for Subnet {
    type Err = InvalidSubnet;

    fn from_str(s: &str) -> Result<Self, InvalidSubnet> {
        let parsed = s
            .split_once('/')
            .and_then(|(base, prefix)| Self::new(base.parse().ok()?, prefix.parse().ok()?));
        parsed.ok_or_else(|| InvalidSubnet(s.to_owned()))
    }
}

impl TryFrom<String> for Subnet {
    type Error = InvalidSubnet;

    fn try_from(s: String) -> Result<Self, InvalidSubnet> {
        s.parse()
    }
}

impl From<Subnet> for String {
    fn from(s: Subnet) -> Self {
        s.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_are_kept() {
        let s: Subnet = "10.88.0.0/16".parse().unwrap();
        assert_eq!(s.host(), Ipv4Addr::new(10, 88, 255, 253));
        assert_eq!(s.router(), Ipv4Addr::new(10, 88, 255, 254));
        let all: Vec<_> = s.usable().collect();
        assert_eq!(all.first(), Some(&Ipv4Addr::new(10, 88, 0, 2)));
        assert_eq!(all.last(), Some(&Ipv4Addr::new(10, 88, 255, 251)));
        assert!(all.iter().all(|a| s.is_usable(*a)));
        for bad in [
            "10.88.0.0",
            "10.88.0.1",
            "10.88.255.252",
            "10.88.255.255",
            "10.89.0.5",
        ] {
            assert!(!s.is_usable(bad.parse().unwrap()), "{bad}");
        }
        for bad in [
            "10.88.0.1/16",
            "10.0.0.0/31",
            "10.0.0.0",
            "x/16",
            "0.0.0.0/0",
        ] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
        assert!(s.overlaps("10.0.0.0/8".parse().unwrap()));
        assert!(!s.overlaps("10.89.0.0/16".parse().unwrap()));
    }
}
