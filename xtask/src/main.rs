//! `cargo xtask`: the one entry point for codegen, tidy and bench.

fn main() {}
