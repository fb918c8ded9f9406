//! This machine: the one place in virt-core that starts processes and touches files.
//!
//! Whatever may block is done by plain functions on tokio's blocking threads; a batch of them takes one hop.

mod batch;
mod child;
mod command;
mod facts;
mod files;
mod lease;
mod opener;
mod proc_fs;
mod processes;
mod program;
mod readiness;
mod sockets;
mod terminal;
mod watch;
mod write;

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

pub use opener::LocalOpener;

use super::{
    BatchMode, ByteStream, Files, Host, HostFacts, HostOp, HostReply, Lease, LeaseRequest, Processes, Sockets,
};
use crate::error::{Error, ErrorKind, Result, Subject, kind_of_io};

/// This machine.
///
/// Needs a tokio runtime with I/O and time switched on, as every connection does. Processes that
/// [`Processes::run`] and [`Processes::spawn`] start are in a process group of their own, so that a Ctrl-C meant for
/// the program does not reach them.
#[derive(Debug, Default)]
pub struct LocalHost {
    facts: OnceCell<Arc<HostFacts>>,
}

impl LocalHost {
    /// This machine; nothing is read before it is asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Host for LocalHost {
    fn name(&self) -> &str {
        "localhost"
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
        self.facts
            .get_or_try_init(|| blocking(|| facts::read().map(Arc::new)))
            .await
            .map(Arc::clone)
    }

    async fn open_terminal(&self, path: &str) -> Result<Box<dyn ByteStream>> {
        terminal::open(path).await
    }

    async fn lease(&self, path: &str, request: LeaseRequest) -> Result<Box<dyn Lease>> {
        let path = path.to_owned();
        blocking(move || lease::take(&path, request)).await
    }

    async fn batch(&self, mode: BatchMode, ops: Vec<HostOp>) -> Vec<Result<HostReply>> {
        batch::run(mode, ops).await
    }
}

/// Carries out what may block on a thread that may. When the future is dropped, work that was begun goes on to its end.
async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_cancelled() => Err(runtime_ends()),
        Err(error) => {
            Err(Error::new(ErrorKind::Internal, "an operation on this machine panicked").with_source(error))
        }
    }
}

fn runtime_ends() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "the runtime the connection lives on is ending",
    )
}

/// A failure of the operating system on a path: what was tried, and on what.
fn io_error(error: io::Error, tried: &'static str, path: &str) -> Error {
    Error::new(kind_of_io(&error), tried)
        .with_subject(Subject::Path(path.to_owned()))
        .with_source(error)
}

/// Refuses what could not mean the same on another machine.
fn absolute(path: &str) -> Result<()> {
    let why = if !path.starts_with('/') {
        "the path is not absolute"
    } else if path.contains('\0') {
        "the path holds a NUL character"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidArgument, why).with_subject(Subject::Path(path.to_owned())))
}
