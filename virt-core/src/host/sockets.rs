//! Unix sockets of a machine, and the byte streams they give.

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::Result;

/// A two-way stream of bytes.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static> ByteStream for T {}

impl std::fmt::Debug for dyn ByteStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByteStream")
    }
}

/// Unix sockets of a machine.
#[async_trait]
pub trait Sockets: Send + Sync {
    /// Connects to a listening unix stream socket.
    ///
    /// # Errors
    /// `NotFound` when nothing is at that path, `ConnectionLost` when nobody listens there.
    async fn connect_unix(&self, path: &str) -> Result<Box<dyn ByteStream>>;
}
