//! The networks of a connection: definitions, what is active, what it has lent, who is connected.

mod addresses;
mod definitions;
mod leases;
mod operations;
mod ports;
mod record;

pub(super) use definitions::populate_default;
pub(super) use record::NetworkRecord;
