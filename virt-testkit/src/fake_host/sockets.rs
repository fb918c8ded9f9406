//! Unix sockets, through the faults.

use async_trait::async_trait;
use virt_core::Result;
use virt_core::host::{ByteStream, Sockets, StreamUse};

use super::stream::cut_by_crash;
use super::{FakeHost, Op};

#[async_trait]
impl Sockets for FakeHost {
    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        let op = Op::ConnectUnix { path: path.into() };
        let stream = self
            .shared
            .single(op, self.inner.sockets().connect_unix(path, stream_use))
            .await?;
        Ok(cut_by_crash(self, stream))
    }
}
