//! Unix sockets, through the faults.

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{ByteStream, Sockets, StreamUse};

use super::stream::{cut_off, delayed};
use super::{FakeHost, Op};

#[async_trait]
impl Sockets for FakeHost {
    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        let op = Op::ConnectUnix { path: path.into() };
        let connect = async {
            let stream = self.inner.sockets().connect_unix(path, stream_use).await?;
            // What the peer says at once travels beside the news that it is connected.
            Ok(cut_off(self, delayed(self, stream)))
        };
        self.shared.single(op, connect).await
    }
}
