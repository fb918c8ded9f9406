//! The root directory: what is kept on disk, and how it is found again after a crash.
//!
//! ```text
//! ROOT/lease                 who the manager is
//! ROOT/manager.json          the next id, and the boot in which autostart was done
//! ROOT/definitions/UUID.xml  a definition: the configuration of the next start
//! ROOT/autostart/UUID        it starts by itself
//! ROOT/runs/UUID.json        a run: written before QEMU is launched, removed after its end
//! ROOT/cache/                what QEMU binaries can do
//! ROOT/log/UUID.log          QEMU's own log of the last run
//! RUN/ID/                    a run's sockets, pid file and console logs
//! ```
//! Each file is written whole or not at all; each change of more than one file has an order in which a crash between
//! two of them leaves something the next open finishes or takes back.

mod layout;
mod record;
mod store;

pub(crate) use layout::Layout;
pub(crate) use record::{FORMAT, ManagerRecord, RunPhase, RunRecord};
pub(crate) use store::{Loaded, OnDisk, Store};
