//! Connections that bulk streams have for themselves.

use std::sync::{Arc, Mutex, Weak};

use virt_core::{Error, ErrorKind, Result, Subject};

use super::connection::{Connection, OpenFault, Sharing};
use super::link::start;
use super::lock;
use super::route;
use super::target::Target;
use crate::ssh::link::Newcomers;

/// How many bulk streams of a link have a connection for themselves, at once. Further ones share a connection.
pub(super) const MAX_EXCLUSIVE: usize = 8;
/// How many connections that nobody uses are kept for the next bulk stream.
const MAX_IDLE: usize = 2;

#[derive(Debug, Default)]
struct State {
    idle: Vec<Arc<Connection>>,
    /// All that were made and are there still, for ending those in use as well.
    made: Vec<Weak<Connection>>,
    /// Connections in use, and those being made.
    used: usize,
    closed: bool,
    /// Who looks at connections before they are used.
    newcomers: Option<Arc<dyn Newcomers>>,
}

/// Connections for bulk streams, made when they are needed. The end of one is that of its stream, and not of the link: a
/// server that asks for signs of life may end one whose reader takes its time.
#[derive(Debug)]
pub(super) struct Pool {
    target: Arc<Target>,
    state: Mutex<State>,
}

impl Pool {
    pub(super) fn new(target: Arc<Target>) -> Arc<Self> {
        Arc::new(Self {
            target,
            state: Mutex::default(),
        })
    }

    /// A connection for one stream; `None` when there are as many as there may be, or the pool is closed.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Option<Lease>> {
        let mut lease = {
            let mut state = lock(&self.state);
            if state.closed || state.used >= MAX_EXCLUSIVE {
                return Ok(None);
            }
            state.used += 1;
            Lease {
                pool: Arc::downgrade(self),
                connection: state.idle.pop(),
            }
        };
        if lease
            .connection
            .as_ref()
            .is_none_or(|connection| connection.shared().is_gone())
        {
            lease.connection = None;
            let connection = route::connect(&self.target, Sharing::Exclusive).await?;
            // The pool may have been closed meanwhile.
            if !self.note(Arc::downgrade(&connection)) {
                return Ok(None);
            }
            self.admit(&connection).await?;
            // Not before: one that is not admitted ends here, and is kept for nobody.
            lease.connection = Some(connection);
        }
        Ok(Some(lease))
    }

    /// Has every further connection looked at.
    pub(super) fn on_newcomers(&self, newcomers: Arc<dyn Newcomers>) {
        lock(&self.state).newcomers = Some(newcomers);
    }

    async fn admit(&self, connection: &Arc<Connection>) -> Result<()> {
        let newcomers = lock(&self.state).newcomers.clone();
        let Some(newcomers) = newcomers else {
            return Ok(());
        };
        let channel = match connection.open_session(Box::new(())).await {
            Ok(channel) => channel,
            Err(OpenFault::Broken(error)) => return Err(error),
            Err(OpenFault::Refused(_)) => {
                let message = "sshd runs no program on a new connection (MaxSessions in its sshd_config)";
                return Err(Error::new(ErrorKind::ResourceExhausted, message)
                    .with_subject(Subject::Host(self.target.name.clone())));
            }
        };
        let gone = || connection.shared().gone_error();
        let program = start(channel, &newcomers.line(), &self.target.name, gone).await?;
        newcomers.admit(program).await
    }

    /// Notes a new connection; `false` when the pool is closed.
    fn note(&self, connection: Weak<Connection>) -> bool {
        let mut state = lock(&self.state);
        state.made.retain(|made| made.strong_count() > 0);
        state.made.push(connection);
        !state.closed
    }

    fn give_back(&self, connection: Option<Arc<Connection>>) {
        let mut state = lock(&self.state);
        state.used = state.used.saturating_sub(1);
        let Some(connection) = connection else { return };
        if !state.closed && state.idle.len() < MAX_IDLE && !connection.shared().is_gone() {
            state.idle.push(connection);
            return;
        }
        drop(state);
        connection.shared().sever();
    }

    /// Ends them all, those in use as well, and makes no more: what a login carried must not outlive it.
    pub(super) fn close(&self) {
        let (idle, made) = {
            let mut state = lock(&self.state);
            state.closed = true;
            (std::mem::take(&mut state.idle), std::mem::take(&mut state.made))
        };
        for connection in made.iter().filter_map(Weak::upgrade) {
            connection.shared().sever();
        }
        drop(idle);
    }
}

/// A connection for one stream. Dropping it gives the connection back.
#[derive(Debug)]
pub(super) struct Lease {
    pool: Weak<Pool>,
    connection: Option<Arc<Connection>>,
}

impl Lease {
    pub(super) fn connection(&self) -> Option<&Arc<Connection>> {
        self.connection.as_ref()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match (self.pool.upgrade(), self.connection.take()) {
            (Some(pool), connection) => pool.give_back(connection),
            (None, Some(connection)) => connection.shared().sever(),
            (None, None) => {}
        }
    }
}
