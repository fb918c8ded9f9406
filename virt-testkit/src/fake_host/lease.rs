//! Leases that a crash frees, and that can be lost.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;
use virt_core::Result;
use virt_core::host::{Lease, LeaseHolder, LeaseRequest};

use super::shared::crashed_error;
use super::{FakeHost, Op};

/// Takes a lease of the machine beneath.
pub(super) async fn take(host: &FakeHost, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
    let op = Op::Lease { path: path.into() };
    let inner = host.shared.single(op, host.inner.lease(path, request)).await?;
    let holder = inner.holder().clone();
    let held = Arc::new(Held {
        inner: Mutex::new(Some(inner)),
        lost: watch::Sender::new(false),
    });
    host.shared.note_lease(&held);
    if host.is_crashed() {
        held.free();
        return Err(crashed_error());
    }
    Ok(Box::new(FakeLease {
        host: host.clone(),
        path: path.into(),
        holder,
        held,
    }))
}

/// A lease that is held, until it is taken away.
pub(super) struct Held {
    inner: Mutex<Option<Box<dyn Lease>>>,
    lost: watch::Sender<bool>,
}

impl Held {
    /// Frees it as the end of its holder does: without a word to it.
    pub(super) fn free(&self) {
        drop(self.take());
    }

    /// Takes it away, and tells the holder.
    pub(super) fn lose(&self) {
        self.free();
        self.lost.send_replace(true);
    }

    fn take(&self) -> Option<Box<dyn Lease>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct FakeLease {
    host: FakeHost,
    path: String,
    holder: LeaseHolder,
    held: Arc<Held>,
}

impl fmt::Debug for FakeLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeLease")
            .field("path", &self.path)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Lease for FakeLease {
    fn holder(&self) -> &LeaseHolder {
        &self.holder
    }

    async fn lost(&self) -> String {
        let mut lost = self.held.lost.subscribe();
        // The sender is in our own hands.
        let _ = lost.wait_for(|lost| *lost).await;
        "the test took it away".to_owned()
    }

    async fn release(self: Box<Self>) -> Result<()> {
        let op = Op::ReleaseLease {
            path: self.path.clone(),
        };
        let release = async {
            match self.held.take() {
                Some(inner) => inner.release().await,
                None => Ok(()),
            }
        };
        self.host.shared.single(op, release).await
    }
}
