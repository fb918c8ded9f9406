//! The fence that is raised when the lease is lost.

use tokio::sync::watch;
use virt_core::{Error, ErrorKind, Result};

use super::INTERRUPTED;

/// The fence. Clones are the same one; it is never lowered again.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    raised: watch::Sender<bool>,
}

impl Default for Fence {
    fn default() -> Self {
        Self {
            raised: watch::Sender::new(false),
        }
    }
}

impl Fence {
    /// Lets nothing pass any more.
    pub(crate) fn raise(&self) {
        self.raised.send_replace(true);
    }

    pub(super) fn is_raised(&self) -> bool {
        *self.raised.borrow()
    }

    /// Waits until it is raised.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut raised = self.raised.subscribe();
        async move {
            if raised.wait_for(|raised| *raised).await.is_err() {
                // Nobody is left who could raise it.
                std::future::pending().await
            }
        }
    }

    /// Lets a call pass, and interrupts it when the fence is raised.
    pub(super) async fn pass<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        if self.is_raised() {
            return Err(lease_lost());
        }
        tokio::select! {
            biased;
            () = self.wait() => Err(lease_lost().with_outcome(INTERRUPTED)),
            result = call => result,
        }
    }
}

/// What every call answers once the lease is lost.
pub(crate) fn lease_lost() -> Error {
    Error::new(
        ErrorKind::ConnectionLost,
        "the lease of the root was lost, and another manager may have it: open the connection again",
    )
}
