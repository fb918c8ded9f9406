//! What goes on beside a link, and ends with it.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Tasks of one link, on the runtime that it was made on.
#[derive(Clone)]
pub(super) struct Tasks {
    running: Arc<Mutex<JoinSet<()>>>,
    runtime: Handle,
}

impl Tasks {
    /// Must be called on a runtime.
    pub(super) fn new() -> Self {
        Self {
            running: Arc::default(),
            runtime: Handle::current(),
        }
    }

    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn_on(task, &self.runtime);
    }

    /// Ends them all.
    pub(super) fn end(&self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .abort_all();
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tasks")
    }
}
