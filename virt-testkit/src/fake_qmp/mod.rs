//! A QEMU monitor without QEMU: speaks QMP on any stream, and misbehaves on request.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use serde_json::json;
//! use virt_testkit::fake_qmp::{FakeAnswer, FakeQmp};
//!
//! let monitor = FakeQmp::new();
//! monitor.on("query-balloon", |_arguments| FakeAnswer::Return(json!({"actual": 1024})));
//! monitor.once("stop", FakeAnswer::Silence);
//! let stream = monitor.connect(); // the client's end
//! monitor.emit("RESET", json!({"guest": true, "reason": "guest-reset"}));
//! # drop(stream);
//! # Ok(())
//! # }
//! ```
//!
//! Built in, until a test says otherwise, are the greeting, `qmp_capabilities`, `query-version`, `query-status`, `stop`,
//! `cont`, `system_reset`, `system_powerdown` and `quit`, with their events and a run state that starts as
//! `prelaunch`. Every other command is `CommandNotFound`, as in QEMU.

mod answer;
mod built_in;
mod peer;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::{mpsc, watch};

pub use answer::FakeAnswer;
use peer::Out;

/// How much each direction of [`FakeQmp::connect`] holds, in bytes: about what a unix socket does.
const PIPE: usize = 64 * 1024;

type Handler = Arc<dyn Fn(&Value) -> FakeAnswer + Send + Sync>;

/// A command as the fake received it.
#[derive(Debug, Clone, PartialEq)]
pub struct FakeCall {
    /// The command.
    pub name: String,
    /// Its arguments; `Null` where there were none.
    pub arguments: Value,
    /// Its id.
    pub id: Option<Value>,
    /// Whether it was to be executed out of band.
    pub out_of_band: bool,
}

/// How the fake greets a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FakeGreeting {
    /// As QEMU does.
    #[default]
    Normal,
    /// Not at all, as a monitor that another client holds.
    Silent,
}

/// The fake monitor. Clones are the same monitor.
#[derive(Clone)]
pub struct FakeQmp {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    /// Whether the fake reads: false is a stopped process.
    reading: watch::Sender<bool>,
    /// Held by the one client that is served.
    seat: tokio::sync::Mutex<()>,
}

struct State {
    version: (u32, u32, u32),
    oob: bool,
    greeting: FakeGreeting,
    before_greeting: Vec<u8>,
    run_state: String,
    handlers: HashMap<String, Handler>,
    once: HashMap<String, VecDeque<FakeAnswer>>,
    calls: Vec<FakeCall>,
    client: Option<mpsc::UnboundedSender<Out>>,
}

impl std::fmt::Debug for FakeQmp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("FakeQmp")
            .field("run_state", &state.run_state)
            .field("calls", &state.calls.len())
            .finish_non_exhaustive()
    }
}

impl Default for FakeQmp {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeQmp {
    /// A monitor of QEMU 10.0.2 that offers out-of-band execution.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            version: (10, 0, 2),
            oob: true,
            greeting: FakeGreeting::Normal,
            before_greeting: Vec::new(),
            run_state: "prelaunch".to_owned(),
            handlers: HashMap::new(),
            once: HashMap::new(),
            calls: Vec::new(),
            client: None,
        };
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                reading: watch::Sender::new(true),
                seat: tokio::sync::Mutex::new(()),
            }),
        }
    }

    /// Sets the version it says it has.
    #[must_use]
    pub fn with_version(self, major: u32, minor: u32, micro: u32) -> Self {
        self.state().version = (major, minor, micro);
        self
    }

    /// Sets whether it offers out-of-band execution.
    #[must_use]
    pub fn with_oob(self, oob: bool) -> Self {
        self.state().oob = oob;
        self
    }

    /// Sets how it greets.
    #[must_use]
    pub fn with_greeting(self, greeting: FakeGreeting) -> Self {
        self.state().greeting = greeting;
        self
    }

    /// Sets bytes that are written before the greeting.
    #[must_use]
    pub fn with_bytes_before_greeting(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.state().before_greeting = bytes.into();
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

    /// A stream to this monitor; must be called on a runtime. While another client is served it hears nothing.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(PIPE);
        let monitor = self.clone();
        tokio::spawn(async move { monitor.serve(server).await });
        client
    }

    /// Serves a client on this stream until it goes or is sent away.
    pub async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, stream: S) {
        let _seat = self.inner.seat.lock().await;
        peer::serve(self, stream).await;
        self.state().client = None;
    }

    /// Sends an event to the client, if there is one.
    pub fn emit(&self, name: &str, data: Value) {
        self.emit_raw(peer::line(&event(name, data)));
    }

    /// Sends these bytes to the client as they are, if there is one.
    pub fn emit_raw(&self, bytes: impl Into<Vec<u8>>) {
        if let Some(client) = &self.state().client {
            // Fails where the client has just gone.
            let _unheard = client.send(Out::Bytes(bytes.into()));
        }
    }

    /// Closes the client's connection, as a QEMU that dies does.
    pub fn hang_up(&self) {
        if let Some(client) = self.state().client.take() {
            let _gone = client.send(Out::Close);
        }
    }

    /// Stops reading and answering, as a QEMU that got SIGSTOP does.
    pub fn freeze(&self) {
        self.inner.reading.send_replace(false);
    }

    /// Goes on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.inner.reading.send_replace(true);
    }

    /// Sets the run state that `query-status` tells.
    pub fn set_run_state(&self, run_state: &str) {
        self.state().run_state = run_state.to_owned();
    }

    /// The run state.
    #[must_use]
    pub fn run_state(&self) -> String {
        self.state().run_state.clone()
    }

    /// The commands received so far, `qmp_capabilities` included.
    #[must_use]
    pub fn calls(&self) -> Vec<FakeCall> {
        self.state().calls.clone()
    }

    /// The names of the commands received so far.
    #[must_use]
    pub fn call_names(&self) -> Vec<String> {
        self.state().calls.iter().map(|call| call.name.clone()).collect()
    }

    /// Whether a client is served.
    #[must_use]
    pub fn has_client(&self) -> bool {
        self.state().client.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event as it goes over the wire, with the time of now.
fn event(name: &str, data: Value) -> Value {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let mut event = json!({
        "event": name,
        "timestamp": {"seconds": now.as_secs(), "microseconds": now.subsec_micros()},
    });
    if let (Some(members), false) = (event.as_object_mut(), data.is_null()) {
        members.insert("data".to_owned(), data);
    }
    event
}
