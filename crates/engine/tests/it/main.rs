//! The engine on this machine: real containers, namespaces, cgroups. Needs root; without it the
//! tests say that they are skipped.

#[cfg(test)]
mod changed_root;
#[cfg(test)]
mod common;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod names;
#[cfg(test)]
mod network;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod run;
#[cfg(test)]
mod settings;
