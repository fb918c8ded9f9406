//! Storage: pools and the volumes in them.

mod reference;

pub use reference::{StoragePoolRef, StorageVolumeRef};
