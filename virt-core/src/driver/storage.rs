//! The storage pools of a connection, and their volumes.

use async_trait::async_trait;

/// The storage pools of a connection, and their volumes.
#[async_trait]
pub trait StorageDriver: Send + Sync {}
