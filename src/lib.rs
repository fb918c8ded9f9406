//! One typed async API for machines and containers, in pure Rust.
