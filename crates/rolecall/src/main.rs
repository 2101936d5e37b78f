//! The `rolecall` binary: wiring and command line.

fn main() {}
