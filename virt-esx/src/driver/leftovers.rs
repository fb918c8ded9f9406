//! What a call leaves behind at the server when it ends, however it ends: taken away in the background.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::server::Server;
use crate::session::Session;
use crate::vim::Method;

/// Does this on a task of its own: it goes to its end when nobody waits any more, and what it gives is dropped then.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(work).await.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Internal, "the work ended unexpectedly")
            .with_outcome(Outcome::Unknown)
            .with_source(error))
    })
}

/// Has the server make something, and says how it is taken away: it is, too, where the answer finds nobody waiting.
pub(super) async fn made<M, N>(
    server: &Arc<Server>,
    call: &CallContext,
    make: M,
    take_away: impl FnOnce(&M, &M::Returns) -> N + Send + 'static,
) -> Result<(M::Returns, Leftovers)>
where
    M: Method + Send + Sync + 'static,
    M::Returns: Send + 'static,
    N: Method + Send + Sync + 'static,
{
    let (server, call) = (Arc::clone(server), call.clone());
    to_its_end(async move {
        let made = server.act(&call, &make).await?;
        let mut leftovers = Leftovers::on(&server.session);
        leftovers.add(take_away(&make, &made));
        Ok((made, leftovers))
    })
    .await
}

/// What is to be taken away again: by [`Leftovers::clear`], or when this is dropped.
pub(super) struct Leftovers {
    session: Arc<Session>,
    work: Vec<BoxFuture<'static, ()>>,
}

impl Leftovers {
    pub(super) fn on(session: &Arc<Session>) -> Self {
        Self {
            session: Arc::clone(session),
            work: Vec::new(),
        }
    }

    /// Has this be asked of the server in the end.
    pub(super) fn add<M: Method + Send + Sync + 'static>(&mut self, method: M) {
        let session = Arc::clone(&self.session);
        self.work
            .push(Box::pin(async move { session.clear_up(&method).await }));
    }

    /// Has what another one takes away be taken away with this.
    pub(super) fn join(&mut self, mut other: Self) {
        self.work.append(&mut other.work);
    }

    /// Takes it all away. Whoever does not wait for it leaves it to the background.
    pub(super) async fn clear(mut self) {
        if let Some(task) = self.begin() {
            drop(task.await);
        }
    }

    /// There is nothing to take away any more.
    pub(super) fn forget(mut self) {
        self.work.clear();
    }

    fn begin(&mut self) -> Option<tokio::task::JoinHandle<()>> {
        let work = std::mem::take(&mut self.work);
        if work.is_empty() {
            return None;
        }
        // Without a runtime there is nobody left to do it.
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        Some(runtime.spawn(async move {
            join_all(work).await;
        }))
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        drop(self.begin());
    }
}
