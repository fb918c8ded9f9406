//! A libvirt daemon without libvirt: speaks the protocol's framing on any stream, and misbehaves on request.
//!
//! It knows nothing of the protocol's types: arguments and results are the bytes a test makes of them.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use virt_testkit::fake_daemon::{FakeDaemon, FakeReply, REMOTE};
//!
//! let daemon = FakeDaemon::new();
//! daemon.on(REMOTE, 59, |_args| FakeReply::Return(b"\0\0\0\x04host".to_vec()));
//! daemon.once(REMOTE, 16, FakeReply::error(42, 10, "Domain not found"));
//! let stream = daemon.connect(); // the client's end
//! daemon.emit(REMOTE, 318, Vec::new());
//! # drop(stream);
//! # Ok(())
//! # }
//! ```
//!
//! Built in are keepalive (it answers pings, until told otherwise) and the end of streams: a finish or an abort is
//! confirmed. Every other procedure is unknown until a test says otherwise, as in libvirt.

pub(crate) mod message;
mod peer;
mod reply;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::{mpsc, watch};

pub(crate) use message::FakeHeader;
use peer::Out;
pub use reply::{FakePiece, FakeReply};

/// The number of the program `remote`.
pub const REMOTE: u32 = 0x2000_8086;

/// The number of the program `keepalive`.
pub(crate) const KEEPALIVE: u32 = 0x6b65_6570;

/// How much each direction of [`FakeDaemon::connect`] holds, in bytes: about what a unix socket does.
const PIPE: usize = 64 * 1024;

type Handler = Arc<dyn Fn(&[u8]) -> FakeReply + Send + Sync>;

/// A procedure by its numbers: program and procedure.
type Number = (u32, i32);

/// A call as the fake received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeCall {
    /// The number of the program.
    pub program: u32,
    /// The number of the procedure.
    pub number: i32,
    /// Its serial.
    pub serial: u32,
    /// Its arguments, encoded.
    pub args: Vec<u8>,
}

/// The fake daemon. Clones are the same daemon.
#[derive(Clone)]
pub struct FakeDaemon {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    /// Whether the fake reads: false is a stopped process.
    reading: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    handlers: HashMap<Number, Handler>,
    once: HashMap<Number, VecDeque<FakeReply>>,
    calls: Vec<FakeCall>,
    pieces: HashMap<u32, Vec<FakePiece>>,
    deaf_to_pings: bool,
    pongs: usize,
    pings: usize,
    in_flight: usize,
    most_in_flight: usize,
    client: Option<mpsc::UnboundedSender<Out>>,
}

impl std::fmt::Debug for FakeDaemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeDaemon")
            .field("calls", &self.state().calls.len())
            .finish_non_exhaustive()
    }
}

impl Default for FakeDaemon {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeDaemon {
    /// A daemon that knows no procedure.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                state: Mutex::default(),
                reading: watch::Sender::new(true),
            }),
        }
    }

    /// Sets what is done about a procedure.
    pub fn on(
        &self,
        program: u32,
        number: i32,
        handler: impl Fn(&[u8]) -> FakeReply + Send + Sync + 'static,
    ) {
        self.state().handlers.insert((program, number), Arc::new(handler));
    }

    /// Sets what is done about the next call of a procedure, before what is set with [`on`](Self::on).
    pub fn once(&self, program: u32, number: i32, reply: FakeReply) {
        let mut state = self.state();
        state.once.entry((program, number)).or_default().push_back(reply);
    }

    /// Sends an event to the client that is connected.
    pub fn emit(&self, program: u32, number: i32, payload: Vec<u8>) {
        self.send(message::encode(&FakeHeader::event(program, number), &payload));
    }

    /// Asks the client whether it is there.
    pub fn ping(&self) {
        self.send(message::encode(&FakeHeader::event(KEEPALIVE, 1), &[]));
    }

    /// Sends these bytes, whatever they are.
    pub fn send(&self, bytes: Vec<u8>) {
        if let Some(client) = &self.state().client {
            // Fails where the client has just gone.
            let _unheard = client.send(Out::Bytes(bytes));
        }
    }

    /// Sends a message of any kind.
    pub fn send_message(
        &self,
        (program, number): (u32, i32),
        (kind, serial, status): (i32, u32, i32),
        payload: &[u8],
    ) {
        let header = FakeHeader {
            program,
            version: 1,
            number,
            kind,
            serial,
            status,
        };
        self.send(message::encode(&header, payload));
    }

    /// Sends no more, but goes on reading.
    pub fn close_writing(&self) {
        if let Some(client) = &self.state().client {
            let _gone = client.send(Out::CloseWriting);
        }
    }

    /// Closes the client's connection.
    pub fn close(&self) {
        if let Some(client) = &self.state().client {
            let _gone = client.send(Out::Close);
        }
    }

    /// Sets whether it answers pings.
    pub fn answers_pings(&self, answers: bool) {
        self.state().deaf_to_pings = !answers;
    }

    /// Reads no more, like a process that is stopped; what it was told to send still goes out.
    pub fn freeze(&self) {
        self.inner.reading.send_replace(false);
    }

    /// Reads again.
    pub fn thaw(&self) {
        self.inner.reading.send_replace(true);
    }

    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<FakeCall> {
        self.state().calls.clone()
    }

    /// What came on the stream of this serial.
    #[must_use]
    pub fn pieces(&self, serial: u32) -> Vec<FakePiece> {
        self.state().pieces.get(&serial).cloned().unwrap_or_default()
    }

    /// How many pongs came.
    #[must_use]
    pub fn pongs(&self) -> usize {
        self.state().pongs
    }

    /// How many pings came.
    #[must_use]
    pub fn pings(&self) -> usize {
        self.state().pings
    }

    /// How many calls were unanswered at the same time, at most.
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    /// Connects a client: serves it in a task, and gives its end of the stream. The last client gets the events.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(PIPE);
        self.serve(far);
        near
    }

    /// Serves a client on a stream, in a task.
    pub fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, stream: S) {
        let (out, outgoing) = mpsc::unbounded_channel();
        self.state().client = Some(out.clone());
        let fake = self.clone();
        tokio::spawn(async move { peer::serve(&fake, stream, (out, outgoing)).await });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
