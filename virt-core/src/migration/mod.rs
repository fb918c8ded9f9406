//! Domains that move to another machine: how, and what is held meanwhile.
//!
//! * [`Domain::migrate_to`](crate::Domain::migrate_to): between two connections of this program, which leads it.
//! * [`Domain::migrate_to_uri`](crate::Domain::migrate_to_uri): the source's manager leads it, peer to peer.

mod handle;
mod managed;
mod options;
mod storage;
mod tuning;

pub use handle::Migration;
pub use options::{MigrationOptions, MigrationTimeout, TimeoutAction};
pub use storage::StorageCopy;
