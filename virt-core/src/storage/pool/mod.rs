//! Storage pools.

mod filter;
mod handle;
mod info;
mod options;

pub use filter::StoragePoolFilter;
pub use handle::StoragePool;
pub use info::{StoragePoolInfo, StoragePoolSelector, StoragePoolState};
pub use options::{PoolBuildMode, PoolBuildOptions, PoolDeleteOptions, PoolOverwrite, PoolStartOptions};
