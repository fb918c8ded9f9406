//! The gate between the manager and its machine: nothing passes once the root's lease is lost, and nothing that changes
//! the machine where the connection is read-only.
//!
//! Whoever took the lease over drives the guests now: a write or a command of ours that came later would meet theirs.

mod fence;
mod files;
mod processes;
mod stream;

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::connection::AccessMode;
use virt_core::host::{
    BatchMode, ByteStream, Files, Host, HostFacts, HostOp, HostReply, Lease, LeaseRequest, Processes,
    Sockets, StreamUse,
};
use virt_core::{Error, ErrorKind, Outcome, Result};

pub(crate) use fence::Fence;
use stream::fenced;

/// A machine behind the gate: nothing passes once its fence is raised, and nothing that changes the machine where the
/// connection is read-only.
#[derive(Debug)]
pub(crate) struct Gate {
    inner: Arc<dyn Host>,
    fence: Fence,
    access: AccessMode,
}

impl Gate {
    /// The gate before `inner`, for a connection with this access.
    pub(crate) fn new(inner: Arc<dyn Host>, fence: Fence, access: AccessMode) -> Self {
        Self { inner, fence, access }
    }

    fn may_change(&self) -> Result<()> {
        if self.access == AccessMode::ReadOnly {
            return Err(read_only());
        }
        Ok(())
    }
}

fn read_only() -> Error {
    Error::new(ErrorKind::Denied, "the connection is read-only")
}

#[async_trait]
impl Host for Gate {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn processes(&self) -> &dyn Processes {
        self
    }

    fn files(&self) -> &dyn Files {
        self
    }

    fn sockets(&self) -> &dyn Sockets {
        self
    }

    async fn facts(&self) -> Result<Arc<HostFacts>> {
        self.fence.pass(self.inner.facts()).await
    }

    async fn open_terminal(&self, path: &str) -> Result<Box<dyn ByteStream>> {
        let stream = self.fence.pass(self.inner.open_terminal(path)).await?;
        Ok(fenced(&self.fence, stream))
    }

    async fn lease(&self, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
        self.fence.pass(self.inner.lease(path, request)).await
    }

    async fn batch(&self, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
        let count = ops.len();
        if self.access == AccessMode::ReadOnly && ops.iter().any(HostOp::is_write) {
            return (0..count).map(|_| Err(read_only())).collect();
        }
        let work = async { Ok(self.inner.batch(mode, ops).await) };
        match self.fence.pass(work).await {
            Ok(replies) => replies,
            Err(error) => {
                let outcome = error.outcome();
                let lost = || self.fence.refusal().with_outcome(outcome);
                (0..count).map(|_| Err(lost())).collect()
            }
        }
    }
}

#[async_trait]
impl Sockets for Gate {
    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        let connect = self.inner.sockets().connect_unix(path, stream_use);
        Ok(fenced(&self.fence, self.fence.pass(connect).await?))
    }
}

/// The outcome of a call that the fence interrupts.
const INTERRUPTED: Outcome = Outcome::Unknown;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use virt_core::host::LocalHost;

    fn gate(access: AccessMode) -> (Gate, Fence, tempfile::TempDir) {
        let fence = Fence::default();
        let gate = Gate::new(Arc::new(LocalHost::new()), fence.clone(), access);
        (gate, fence, tempfile::tempdir().unwrap())
    }

    fn is_lost(error: &Error) -> bool {
        error.kind() == ErrorKind::ConnectionLost && error.to_string().contains("lease")
    }

    #[tokio::test]
    async fn behind_a_raised_fence_nothing_is_written_and_streams_are_cut() {
        let (gate, fence, directory) = gate(AccessMode::ReadWrite);
        let at = |name: &str| format!("{}/{name}", directory.path().display());
        let listener = tokio::net::UnixListener::bind(at("socket")).unwrap();
        let mut stream = gate
            .connect_unix(&at("socket"), StreamUse::Control)
            .await
            .unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        stream.write_all(b"x").await.unwrap();
        let reading = tokio::spawn(async move {
            let read = stream.read_u8().await;
            (read, stream.write_all(b"y").await)
        });
        tokio::task::yield_now().await;
        gate.write_atomic(&at("a"), b"1", 0o600).await.unwrap();
        fence.raise("a test".into());
        let (read, written) = reading.await.unwrap();
        assert!(read.is_err() && written.is_err());
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"x");
        assert!(is_lost(
            &gate.write_atomic(&at("a"), b"2", 0o600).await.unwrap_err()
        ));
        let ops = vec![HostOp::RemoveFile { path: at("a") }; 2];
        let replies = gate.batch(BatchMode::All, ops).await;
        assert!(replies.iter().all(|reply| is_lost(reply.as_ref().unwrap_err())));
        assert!(is_lost(&gate.list("sh").await.unwrap_err()));
        assert_eq!(std::fs::read(at("a")).unwrap(), b"1");
    }

    #[tokio::test]
    async fn a_call_that_waits_ends_when_the_fence_is_raised() {
        let (gate, fence, _directory) = gate(AccessMode::ReadWrite);
        let ourselves = gate.inspect(std::process::id()).await.unwrap().unwrap().identity;
        let waiting = tokio::spawn(async move { gate.wait_exit(ourselves).await });
        tokio::task::yield_now().await;
        fence.raise("a test".into());
        assert!(is_lost(&waiting.await.unwrap().unwrap_err()));
    }

    #[tokio::test]
    async fn a_read_only_connection_reads_and_changes_nothing() {
        let (gate, _fence, directory) = gate(AccessMode::ReadOnly);
        let at = |name: &str| format!("{}/{name}", directory.path().display());
        std::fs::write(at("a"), "1").unwrap();
        assert_eq!(gate.read(&at("a")).await.unwrap(), b"1");
        let process = gate.inspect(std::process::id()).await.unwrap().unwrap().identity;
        let ops = vec![
            HostOp::Read { path: at("a") },
            HostOp::RemoveFile { path: at("a") },
        ];
        for refused in [
            gate.write_atomic(&at("a"), b"2", 0o600).await,
            gate.create_dir(&at("d"), 0o700).await,
            gate.remove_file(&at("a")).await,
            gate.remove_dir_all(&at("")).await,
            gate.rename(&at("a"), &at("b")).await,
            gate.signal(process, virt_core::host::Signal::Continue).await,
            gate.batch(BatchMode::All, ops).await.remove(0).map(drop),
        ] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Denied);
        }
        assert_eq!(std::fs::read(at("a")).unwrap(), b"1");
    }
}
