//! The commands of the virt SDK project: see `cargo xtask help`.

fn main() {}
