//! The real binary, driven by unmodified clients. `cargo xtask test` installs the clients and
//! builds the binary first.

#[cfg(test)]
mod access;
#[cfg(test)]
mod cloudtrail;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod command_line_options;
#[cfg(test)]
mod containers;
#[cfg(test)]
mod every;
#[cfg(test)]
mod every_other;
#[cfg(test)]
mod every_other_cli;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod federation;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod host;
#[cfg(test)]
mod iam_users;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod members;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod organizations;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod python;
#[cfg(test)]
mod quotas;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod root_access;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod terraform;
