//! Watching a path of a far machine.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use virt_core::host::FileWatch;
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};

use super::connection::Connection;
use super::error::{absolute, far_error, lost};
use super::watcher::{Seen, Watcher};

/// Sets a watch.
///
/// # Errors
/// `NotFound` where neither the path nor the directory it would be in is there.
pub(super) async fn begin(connection: &Arc<Connection>, path: &str) -> Result<Box<dyn FileWatch>> {
    absolute(path)?;
    let set = set(connection, path).await?;
    Ok(Box::new(FarWatch {
        connection: Arc::clone(connection),
        path: path.to_owned(),
        set: Some(set),
    }))
}

/// A watch that is set in the watching session of one login.
struct Set {
    watcher: Arc<Watcher>,
    id: u64,
    seen: watch::Receiver<Seen>,
    told: u64,
}

impl Drop for Set {
    fn drop(&mut self) {
        self.watcher.unwatch(self.id);
    }
}

async fn set(connection: &Connection, path: &str) -> Result<Set> {
    let login = connection.login().await?;
    let watcher = Watcher::of(&login).await?;
    let (id, seen) = watcher.watch(path)?;
    let mut set = Set {
        watcher,
        id,
        seen,
        told: 0,
    };
    let seen = set.seen.wait_for(|seen| *seen != Seen::Nothing).await;
    let seen = seen.map_or(Seen::Lost, |seen| seen.clone());
    match seen {
        Seen::Unwatchable(said) => Err(far_error(&said, "cannot watch", Subject::Path(path.to_owned()))),
        Seen::Lost => Err(lost(connection.name(), Outcome::NotApplied)),
        _ => Ok(set),
    }
}

/// A watch that outlives logins: what may have changed while there was none is told as a change.
struct FarWatch {
    connection: Arc<Connection>,
    path: String,
    /// None after the login it was set in was lost.
    set: Option<Set>,
}

impl fmt::Debug for FarWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarWatch")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl FileWatch for FarWatch {
    /// Waits as [`FileWatch::changed`] says. After the link was lost and brought back this tells of a change, for there
    /// may have been one.
    ///
    /// # Errors
    /// `ConnectionLost` when the link was lost and could not be brought back for ten seconds; it may be called again.
    async fn changed(&mut self) -> Result<()> {
        if let Some(set) = &mut self.set {
            let told = set.told;
            let seen = set.seen.wait_for(|seen| *seen != Seen::Changes(told)).await;
            let seen = seen.map_or(Seen::Lost, |seen| seen.clone());
            match seen {
                Seen::Changes(count) => {
                    set.told = count;
                    return Ok(());
                }
                Seen::Gone => {
                    let error = Error::new(ErrorKind::NotFound, "is gone, and so is the directory it was in");
                    return Err(error.with_subject(Subject::Path(self.path.clone())));
                }
                Seen::Nothing | Seen::Lost | Seen::Unwatchable(_) => self.set = None,
            }
        }
        self.set = Some(set(&self.connection, &self.path).await?);
        Ok(())
    }
}
