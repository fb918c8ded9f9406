//! What crashes, full disks, lost connections and damaged roots leave: on real QEMUs, most of them started paused.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what is shared by tests fails as they do"
)]

mod crashes;
mod damage;
mod distance;
mod outages;
mod stories;
