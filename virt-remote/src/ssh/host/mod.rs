//! A machine over SSH as a [`Host`]: with nothing installed there but a POSIX shell, coreutils or busybox, and `flock`.
//!
//! # How it works
//! * Far shells ([`worker`], [`pool`]) serve requests over sessions that stay open: a whole batch is one round trip,
//!   whatever is in it. The scripts are in `far/`; nothing is written to the far disk but what is asked for.
//! * All data goes through one quoting function ([`quote`]), and never through the far user's login shell ([`far`]).
//! * A heart ([`login`]) on each login lets the far side free what a dead connection holds, and tells us that it is dead.
//! * A lease that no beat reaches is freed only once all is ended that could still do what we asked for ([`fence`]).
//! * A lost link is brought back ([`connection`]); what the old login left in hand there is ended, and leases are taken
//!   again before anybody works with it.
//!
//! # Differences from a local host
//! * Calls fail with `ConnectionLost` when the link is lost under them: `Unknown` tells that the work had been sent.
//!   Calls made while it is down wait up to ten seconds for it to come back.
//! * A program's exit codes from 129 to 192 are taken for the signals that shells mean by them, except those of
//!   [`Processes::spawn`](virt_core::host::Processes::spawn).
//! * The last names of the `PATH` are always the system's directories.

mod answer;
mod batch;
mod connection;
mod error;
mod facts;
mod far;
mod fence;
mod files;
mod holder;
mod lease;
mod login;
#[cfg(test)]
pub(super) mod loopback;
mod operation;
mod pool;
mod processes;
mod program;
mod quote;
mod reply;
mod session;
mod sockets;
mod terminal;
#[cfg(test)]
mod tests;
mod unfinished;
mod watch;
mod watcher;
mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use virt_core::Result;
use virt_core::credentials::CredentialSource;
use virt_core::host::{
    BatchMode, ByteStream, Files, Host, HostFacts, HostOp, HostReply, Lease, LeaseRequest, Processes, Sockets,
};

pub use error::FarError;

use connection::Connection;

use super::link::Dialer;

/// How a far machine is worked on.
#[derive(Debug, Clone)]
pub(crate) struct HostOptions {
    /// Whether all work there is done by `sudo`, for a login that is not root's.
    pub(crate) sudo: bool,
    /// Who gives the password that `sudo` may want.
    pub(crate) credentials: CredentialSource,
    /// The POSIX shell that does the work: a path, or a program and its first argument. `/bin/sh`, unless said.
    pub(crate) shell: String,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            sudo: false,
            credentials: CredentialSource::default(),
            shell: "/bin/sh".to_owned(),
        }
    }
}

/// A machine over SSH. Dropping it ends its logins.
#[derive(Debug)]
pub(crate) struct SshHost {
    connection: Arc<Connection>,
    facts: tokio::sync::Mutex<Option<(String, Arc<HostFacts>)>>,
}

impl SshHost {
    /// Logs in.
    ///
    /// # Errors
    /// As [`Dialer::dial`]; `Denied` when `sudo` refuses; `Unsupported` naming what the machine lacks.
    pub(crate) async fn connect(dialer: Arc<dyn Dialer>, options: HostOptions) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            connection: Connection::open(dialer, options).await?,
            facts: tokio::sync::Mutex::default(),
        }))
    }
}

impl Drop for SshHost {
    fn drop(&mut self) {
        self.connection.close();
    }
}

#[async_trait]
impl Host for SshHost {
    fn name(&self) -> &str {
        self.connection.name()
    }

    fn processes(&self) -> &dyn Processes {
        self
    }

    fn files(&self) -> &dyn Files {
        self
    }

    fn sockets(&self) -> &dyn Sockets {
        self
    }

    async fn facts(&self) -> Result<Arc<HostFacts>> {
        let login = self.connection.login().await?;
        let mut known = self.facts.lock().await;
        let boot = facts::boot_id(&login.greeting)?;
        match &*known {
            Some((of, facts)) if *of == boot => Ok(Arc::clone(facts)),
            _ => {
                let facts = Arc::new(facts::read(&login)?);
                *known = Some((boot, Arc::clone(&facts)));
                Ok(facts)
            }
        }
    }

    async fn open_terminal(&self, path: &str) -> Result<Box<dyn ByteStream>> {
        terminal::open(&self.connection, path).await
    }

    async fn lease(&self, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
        lease::take(&self.connection, path, request).await
    }

    async fn batch(&self, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
        batch::run(&self.connection, mode, ops).await
    }

    async fn close(&self) {
        self.connection.close();
        self.connection.ended().await;
    }
}
