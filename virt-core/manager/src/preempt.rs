//! A destroy comes ahead of what waits for the guest.

use std::pin::Pin;

use tokio::sync::{mpsc, watch};
use virt_core::{Error, ErrorKind, Outcome, Result};

use crate::DestroyRequest;

/// Waits for something, but no longer than until a destroy waits, of which `preempted` tells. What writes state is not
/// to be cut by this.
///
/// # Errors
/// `Cancelled` when a destroy came first; else what `work` fails with.
pub async fn unless<T>(
    preempted: &watch::Receiver<bool>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut preempted = preempted.clone();
    tokio::select! {
        biased;
        _ = preempted.wait_for(|preempted| *preempted) => {
            let error = Error::new(ErrorKind::Cancelled, "the domain was destroyed meanwhile");
            Err(error.with_outcome(Outcome::Unknown))
        }
        result = work => result,
    }
}

/// Carries work to its end, which is a quick one once a destroy comes: `preempt` tells what waits by [`unless`]. The destroy,
/// where one came. The work comes boxed: what is done at a start is too large for the stack of who waits for it.
pub(crate) async fn end_early_for_a_destroy(
    mut work: Pin<Box<impl Future<Output = ()>>>,
    destroys: &mut mpsc::Receiver<Box<DestroyRequest>>,
    preempt: &watch::Sender<bool>,
) -> Option<Box<DestroyRequest>> {
    let destroy = tokio::select! {
        biased;
        Some(destroy) = destroys.recv() => Some(destroy),
        () = &mut work => None,
    };
    if destroy.is_some() {
        preempt.send_replace(true);
        work.await;
        preempt.send_replace(false);
    }
    destroy
}
