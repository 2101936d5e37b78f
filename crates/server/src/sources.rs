//! What one address may take, so that one task leaves room for the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::limits::{Budget, Limits};

/// The addresses that have connections.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    connections_max: usize,
    bodies_max: usize,
    known: Arc<Mutex<HashMap<IpAddr, Source>>>,
}

#[derive(Debug)]
struct Source {
    connections: usize,
    bodies: Budget,
}

/// One connection's place among those of its address; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    address: IpAddr,
    sources: Sources,
    /// The room for the bodies of this address; `None` if it has no limit of its own.
    pub(crate) bodies: Option<Budget>,
}

impl Sources {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            connections_max: limits.connections_per_address_max,
            bodies_max: limits.bodies_per_address_max,
            known: Arc::default(),
        }
    }

    /// A place for one more connection from `address`, or none if it has as many as it may.
    ///
    /// Loopback has no limit of its own: all programs of this machine share it.
    pub(crate) fn place(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let bodies = if address.is_loopback() {
            None
        } else {
            Some(self.one_more(address)?)
        };
        Some(Place {
            address,
            sources: self.clone(),
            bodies,
        })
    }

    fn one_more(&self, address: IpAddr) -> Option<Budget> {
        let mut known = self.known.lock();
        let source = known.entry(address).or_insert_with(|| Source {
            connections: 0,
            bodies: Budget::new(self.bodies_max),
        });
        if source.connections >= self.connections_max {
            return None;
        }
        source.connections += 1;
        Some(source.bodies.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.address.is_loopback() {
            return;
        }
        let mut known = self.sources.known.lock();
        if let Some(source) = known.get_mut(&self.address) {
            source.connections -= 1;
            if source.connections == 0 {
                known.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_loopback_any_number() {
        let sources = Sources::new(&Limits {
            connections_per_address_max: 2,
            ..Limits::default()
        });
        let task: IpAddr = "169.254.172.2".parse().unwrap();
        let first = sources.place(task);
        let second = sources.place(task);
        assert!(first.is_some() && second.is_some());
        assert!(sources.place(task).is_none());
        // The same address, as a socket for both families names it.
        assert!(
            sources
                .place("::ffff:169.254.172.2".parse().unwrap())
                .is_none()
        );
        let other = sources.place("169.254.172.3".parse().unwrap());
        assert!(other.is_some_and(|place| place.bodies.is_some()));
        let local: Vec<_> = (0..9)
            .map(|_| sources.place("127.0.0.1".parse().unwrap()))
            .collect();
        assert!(local.iter().all(Option::is_some));
        drop(first);
        assert!(sources.place(task).is_some());
        drop(second);
        assert!(sources.known.lock().is_empty());
    }
}
