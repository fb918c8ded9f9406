//! Devices of the machine behind a connection.

mod reference;

pub use reference::NodeDeviceRef;
