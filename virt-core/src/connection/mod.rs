//! Connections: how they are opened, the handle users hold, and what they tell of the machine.

mod builder;
mod handle;
mod node;

pub use builder::ConnectionBuilder;
pub use handle::Connection;
pub use node::{HypervisorVersion, NodeInfo};

/// Whether a connection may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AccessMode {
    /// It may.
    #[default]
    ReadWrite,
    /// It may not: changes, consoles and the agent answer `Denied` (`virConnectOpenReadOnly`).
    ReadOnly,
}
