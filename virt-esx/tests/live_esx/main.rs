//! Against the simulator of a host and of a vCenter. It is not a real one.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod connecting;
mod faults;
mod fixture;
mod machines;
mod oracles;
mod power;
mod questions;
mod sessions;
