//! Against the simulator of a host and of a vCenter. It is not a real one.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod connecting;
mod defining;
mod devices;
mod fixture;
mod machines;
mod power;
mod questions;
mod sessions;
