//! Against the simulator of a host and of a vCenter. It is not a real one.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod connecting;
mod fixture;
mod hosts;
mod machines;
mod power;
mod questions;
mod sessions;
mod settings;
mod statistics;
