//! The lease of a root: taken, kept, given back.

use tokio::sync::oneshot;
use virt_core::connection::AccessMode;
use virt_core::host::{Host, Lease, LeaseRequest};
use virt_core::{Error, ErrorKind, Result, Subject};

/// Takes the lease of a root, made where it is missing. A read-only connection takes it, too, since two managers would
/// be in each other's way at the guests' monitors; but where there is no root, there is nothing to hold: `None`.
///
/// # Errors
/// `Busy` when another manager holds it, naming that; what the machine says about `root` otherwise.
pub(crate) async fn take_lease(
    host: &dyn Host,
    root: &str,
    lease_path: &str,
    access: AccessMode,
) -> Result<Option<Box<dyn Lease>>> {
    let about = |error: Error| error.with_subject(Subject::Path(root.to_owned()));
    let files = host.files();
    if access != AccessMode::ReadOnly {
        files.create_dir(root, 0o700).await.map_err(about)?;
    } else if files.stat(root).await.map_err(about)?.is_none() {
        return Ok(None);
    }
    let program = std::env::current_exe().ok();
    let name = program
        .as_deref()
        .and_then(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned());
    let owner = name.unwrap_or_else(|| "a program".to_owned());
    host.lease(lease_path, LeaseRequest { owner })
        .await
        .map(Some)
        .map_err(|error| {
            if error.kind() == ErrorKind::Busy {
                error
            } else {
                about(error)
            }
        })
}

/// The lease as the manager holds it: a task keeps it, and tells when it is lost.
#[derive(Debug)]
pub(crate) struct KeptLease {
    release: oneshot::Sender<oneshot::Sender<Result<()>>>,
}

impl KeptLease {
    /// Has a task keep a lease: whoever calls this gives the keeper one.
    pub(crate) fn new(lease: Box<dyn Lease>) -> (Self, LeaseKeeper) {
        let (release, asked) = oneshot::channel();
        (Self { release }, LeaseKeeper { lease, asked })
    }

    /// Gives it back.
    ///
    /// # Errors
    /// What giving it back fails with. A lease that was lost before is no error.
    pub(crate) async fn release(self) -> Result<()> {
        let (done, released) = oneshot::channel();
        if self.release.send(done).is_err() {
            // It was lost before.
            return Ok(());
        }
        released.await.unwrap_or(Ok(()))
    }
}

/// The task that keeps a lease.
#[derive(Debug)]
pub(crate) struct LeaseKeeper {
    lease: Box<dyn Lease>,
    asked: oneshot::Receiver<oneshot::Sender<Result<()>>>,
}

impl LeaseKeeper {
    /// Keeps the lease until it is given back or lost, or the manager is gone. Why, where it was lost, and the lease: to
    /// be dropped once nothing passes any more, for its host waits for that.
    pub(crate) async fn keep(mut self) -> Option<(String, Box<dyn Lease>)> {
        tokio::select! {
            biased;
            asked = &mut self.asked => {
                if let Ok(done) = asked {
                    // Whoever asked may have gone away: it is given back all the same.
                    drop(done.send(self.lease.release().await));
                }
                None
            }
            why = self.lease.lost() => Some((why, self.lease)),
        }
    }
}
