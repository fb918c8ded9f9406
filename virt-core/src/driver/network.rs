//! The virtual networks of a connection.

use async_trait::async_trait;

/// The virtual networks of a connection.
#[async_trait]
pub trait NetworkDriver: Send + Sync {}
