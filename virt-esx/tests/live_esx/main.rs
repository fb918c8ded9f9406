//! Against the simulator of a host and of a vCenter. It is not a real one.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod agents;
mod answers;
mod clones;
mod connecting;
mod defining;
mod devices;
mod faults;
mod fixture;
mod hosts;
mod jobs;
mod machines;
mod moving;
mod networks;
mod oracles;
mod power;
mod questions;
mod saving;
mod screens;
mod sessions;
mod settings;
mod snapshots;
mod statistics;
mod storage;
mod transfers;
