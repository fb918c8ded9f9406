//! What a call leaves behind at the server when it ends, however it ends: taken away in the background.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};

use crate::session::Session;
use crate::vim::Method;

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
