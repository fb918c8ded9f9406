//! The secrets of a connection.

use async_trait::async_trait;

/// The secrets of a connection.
#[async_trait]
pub trait SecretDriver: Send + Sync {}
