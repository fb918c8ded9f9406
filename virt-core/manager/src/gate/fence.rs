//! The fence that is raised when the lease is lost.

use std::sync::Arc;

use tokio::sync::watch;
use virt_core::{Error, Result};

use super::INTERRUPTED;
use crate::lease_lost;

/// What is raised when the lease is lost, and lets nothing pass any more. Clones are the same one; it is never lowered again.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    /// Why it was raised.
    raised: watch::Sender<Option<Arc<str>>>,
}

impl Default for Fence {
    fn default() -> Self {
        Self {
            raised: watch::Sender::new(None),
        }
    }
}

impl Fence {
    /// Lets nothing pass any more, since the lease was lost: `why`, in words.
    pub(crate) fn raise(&self, why: Arc<str>) {
        self.raised.send_replace(Some(why));
    }

    pub(super) fn is_raised(&self) -> bool {
        self.raised.borrow().is_some()
    }

    /// What a call answers that may not pass.
    pub(super) fn refusal(&self) -> Error {
        let why = self.raised.borrow().clone().unwrap_or_default();
        lease_lost(&why)
    }

    /// Waits until it is raised.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let mut raised = self.raised.subscribe();
        async move {
            if raised.wait_for(Option::is_some).await.is_err() {
                // Nobody is left who could raise it.
                std::future::pending().await
            }
        }
    }

    /// Lets a call pass, and interrupts it when the fence is raised.
    pub(super) async fn pass<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        if self.is_raised() {
            return Err(self.refusal());
        }
        tokio::select! {
            biased;
            () = self.wait() => Err(self.refusal().with_outcome(INTERRUPTED)),
            result = call => result,
        }
    }
}
