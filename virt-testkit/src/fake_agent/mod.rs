//! A guest agent without a guest: speaks qemu-ga's protocol on any stream, and misbehaves on request.
//!
//! Like qemu-ga it does one thing at a time: a delayed answer delays what comes after it. It answers the byte 0xFF
//! with a parse error, as qemu-ga does, and marks the answer to `guest-sync-delimited` with it.
//!
//! Built in, until a test says otherwise, are synchronisation, `guest-ping`, `guest-info`, files in memory, freezing
//! and `guest-exec` of `/bin/echo` and `/bin/cat`. Every other command is `CommandNotFound`.

mod built_in;
mod peer;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};

use crate::fake_qmp::FakeAnswer;
use built_in::Guest;

/// How much each direction of [`FakeAgent::connect`] holds, in bytes.
const PIPE: usize = 64 * 1024;

type Handler = Arc<dyn Fn(&Value) -> FakeAnswer + Send + Sync>;

/// The fake agent. Clones are the same agent.
#[derive(Clone, Default)]
pub struct FakeAgent {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    handlers: HashMap<String, Handler>,
    once: HashMap<String, VecDeque<FakeAnswer>>,
    calls: Vec<(String, Value)>,
    stale: Vec<u8>,
    deaf: bool,
    guest: Guest,
}

impl std::fmt::Debug for FakeAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeAgent")
            .field("calls", &self.state().calls.len())
            .finish_non_exhaustive()
    }
}

impl FakeAgent {
    /// An agent that works.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts bytes into the channel that belong to an earlier conversation.
    #[must_use]
    pub fn with_stale_bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.state().stale = bytes.into();
        self
    }

    /// Answers a command by a function of its arguments, from now on.
    pub fn on(&self, command: &str, answer: impl Fn(&Value) -> FakeAnswer + Send + Sync + 'static) {
        self.state().handlers.insert(command.to_owned(), Arc::new(answer));
    }

    /// Answers the next call of a command; several are used up in order, before [`on`](Self::on) and what is built
    /// in.
    pub fn once(&self, command: &str, answer: FakeAnswer) {
        self.state()
            .once
            .entry(command.to_owned())
            .or_default()
            .push_back(answer);
    }

    /// Makes it read and not answer, as where no agent runs; or answer again.
    pub fn set_deaf(&self, deaf: bool) {
        self.state().deaf = deaf;
    }

    /// A stream to this agent; must be called on a runtime.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(PIPE);
        let agent = self.clone();
        tokio::spawn(async move { agent.serve(server).await });
        client
    }

    /// Serves the host's end of the channel on this stream until it is closed.
    pub async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, stream: S) {
        peer::serve(self, stream).await;
    }

    /// The commands received so far, synchronisation included, with their arguments.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, Value)> {
        self.state().calls.clone()
    }

    /// How often a command was received.
    #[must_use]
    pub fn count(&self, command: &str) -> usize {
        self.state()
            .calls
            .iter()
            .filter(|(name, _)| name == command)
            .count()
    }

    /// Whether the guest's file systems are frozen.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.state().guest.frozen
    }

    /// A file of the guest.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.state().guest.files.get(path).cloned()
    }

    /// Puts a file into the guest.
    pub fn set_file(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.state().guest.files.insert(path.to_owned(), content.into());
    }

    /// How many file handles are open.
    #[must_use]
    pub fn open_files(&self) -> usize {
        self.state().guest.handles.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
