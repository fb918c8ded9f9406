//! What carries the work to a far machine: commands and unix sockets over one login.
//!
//! [`native`](super::native) is a link of our own over russh, [`program`](super::program) one through the system's
//! `ssh`. The [`host`](super::host) is built on nothing but this.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio::sync::oneshot;
use virt_core::Result;
use virt_core::host::{ByteStream, ExitStatus, StreamUse};

/// Logs in to one machine, as often as it is asked to.
#[async_trait]
pub(crate) trait Dialer: Send + Sync + fmt::Debug + 'static {
    /// The machine, as users know it.
    fn name(&self) -> &str;

    /// Who logs in there, where that is known before.
    fn user(&self) -> Option<&str>;

    /// A new login. One attempt, with a time limit of its own; trying again is the caller's.
    ///
    /// # Errors
    /// `ConnectionLost` where the machine can't be reached, `AuthenticationFailed` where its key or our credentials
    /// are refused, `InvalidArgument` for configuration that can't be read.
    async fn dial(&self) -> Result<Arc<dyn Link>>;
}

/// A login that stands. It may be made of several connections, and is lost when one of those is that carry control
/// streams and programs; where a bulk stream has one of its own, that one's end is the stream's alone.
#[async_trait]
pub(crate) trait Link: Send + Sync + fmt::Debug + 'static {
    /// Runs a command line in the login shell of the far user. Dropping what it returns closes the program's input and
    /// output, and nothing more: the far program decides what that means to it.
    ///
    /// # Errors
    /// `ConnectionLost` when the link is gone; `ResourceExhausted` when the far sshd allows no more sessions.
    async fn exec(&self, line: &str) -> Result<FarProgram>;

    /// As [`exec`](Self::exec), for a program that writes as much as its reader takes: the reader may take its time.
    ///
    /// What a program run by `exec` leaves unread is kept for its reader, within limits; beyond them its streams fail.
    ///
    /// # Errors
    /// As `exec`, and those of a new login where the link makes one for it.
    async fn exec_bulk(&self, line: &str) -> Result<FarProgram> {
        self.exec(line).await
    }

    /// Connects to a listening unix socket of the far machine.
    ///
    /// # Errors
    /// `Denied` where sshd forbids it (the message names `AllowStreamLocalForwarding`); `NotFound` or `ConnectionLost`
    /// where nothing listens, as far as sshd tells the two apart.
    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>>;

    /// Has every connection looked at that is made for sockets alone, before it is used. Those that programs are run on
    /// need no more than those programs.
    fn on_newcomers(&self, _newcomers: Arc<dyn Newcomers>) {}

    /// Waits until the link is gone, for whatever reason. Cancel-safe; at once when it is gone already.
    async fn lost(&self);

    /// Ends it, now.
    async fn close(&self);
}

/// Looks at new connections of a link.
#[async_trait]
pub(crate) trait Newcomers: Send + Sync + fmt::Debug + 'static {
    /// The command line that is to be run on one.
    fn line(&self) -> String;

    /// Says by that program whether the connection may be used.
    ///
    /// # Errors
    /// Why it may not.
    async fn admit(&self, program: FarProgram) -> Result<()>;
}

/// A program that runs on the far machine.
pub(crate) struct FarProgram {
    /// What it writes to standard output, and what it reads.
    pub(crate) stdio: Box<dyn ByteStream>,
    /// What it writes to standard error.
    pub(crate) stderr: Box<dyn AsyncRead + Send + Sync + Unpin>,
    /// How it ended. The sender is dropped without a word when the link is lost first.
    pub(crate) end: oneshot::Receiver<ExitStatus>,
}

impl fmt::Debug for FarProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FarProgram")
    }
}
