//! Terminals, through the faults.

use virt_core::Result;
use virt_core::host::ByteStream;

use super::stream::{cut_off, delayed};
use super::{FakeHost, Op};

/// Opens a terminal of the machine beneath.
pub(super) async fn open(host: &FakeHost, path: &str) -> Result<Box<dyn ByteStream>> {
    let op = Op::OpenTerminal { path: path.into() };
    let open = async {
        let stream = host.inner.open_terminal(path).await?;
        Ok(cut_off(host, delayed(host, stream)))
    };
    host.shared.single(op, open).await
}
