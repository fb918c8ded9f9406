//! Virtual networks: what guests are connected to.

mod reference;

pub use reference::NetworkRef;
