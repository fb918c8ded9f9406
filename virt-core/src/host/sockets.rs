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

/// What a stream is used for, which tells a transport what may wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamUse {
    /// Commands and their answers, read as they come: a monitor, an agent.
    Control,
    /// As much as the reader takes, or more: a console, a disk's content. Control streams never wait behind it.
    Bulk,
}

/// Unix sockets of a machine.
#[async_trait]
pub trait Sockets: Send + Sync {
    /// Connects to a listening unix stream socket.
    ///
    /// # Errors
    /// `NotFound` when nothing is at that path, `ConnectionLost` when nobody listens there.
    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>>;
}
