//! The registry over TCP: raw HTTP, and the clients that people use.

#[cfg(test)]
mod clients;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod uploads;
