//! A destroy comes ahead of what waits for the guest.

use tokio::sync::watch;
use virt_core::{Error, ErrorKind, Outcome, Result};

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
