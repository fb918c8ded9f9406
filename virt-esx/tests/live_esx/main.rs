//! Against the simulator of a host and of a vCenter. It is not a real one.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod agents;
mod connecting;
mod fixture;
mod machines;
mod networks;
mod power;
mod questions;
mod screens;
mod sessions;
mod storage;
mod transfers;
