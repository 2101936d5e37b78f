//! The agent with real containers, a scripted control plane and stand-ins for the services.
//!
//! Skipped, with a word, unless run as root.

#[cfg(test)]
mod image;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod life;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod services;
