//! Tasks that end with the connection.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Tasks that end with the connection, wherever they were begun: on the runtime that it was opened on.
#[derive(Debug)]
pub(super) struct Background {
    runtime: Handle,
    tasks: Mutex<JoinSet<()>>,
}

impl Background {
    /// Tasks on the runtime this is called on.
    pub(super) fn new() -> Self {
        Self {
            runtime: Handle::current(),
            tasks: Mutex::new(JoinSet::new()),
        }
    }

    /// The runtime they run on.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Begins a task.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        // Those that have ended are let go of.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(work, &self.runtime);
    }

    /// Ends them all.
    pub(super) fn end(&self) {
        self.tasks().abort_all();
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
