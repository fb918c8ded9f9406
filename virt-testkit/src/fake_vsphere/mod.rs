//! A vSphere server without vSphere: speaks SOAP over plain HTTP on a port of its own, and misbehaves on request.
//!
//! It is for what a server, and the simulator too, never answers on demand. What it says by itself is the least that a
//! client needs to open a connection to a host with one machine, `web`, which runs.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use virt_testkit::fake_vsphere::{FakeVsphere, VsphereAnswer};
//!
//! let server = FakeVsphere::start().await?;
//! server.once("WaitForUpdatesEx", VsphereAnswer::Text("<html/>".to_owned()));
//! server.always("CurrentTime", VsphereAnswer::Close);
//! let uri = server.uri(); // esx://root@127.0.0.1:PORT/?transport=http
//! # drop(uri);
//! # Ok(())
//! # }
//! ```

mod answer;
mod built_in;
mod peer;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use answer::VsphereAnswer;

/// The uuid of its machine.
pub const MACHINE: &str = "564d0000-0000-4000-8000-000000000001";

/// The fake server; dropping it ends it.
#[derive(Debug)]
pub struct FakeVsphere {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    once: HashMap<String, VecDeque<VsphereAnswer>>,
    always: HashMap<String, VsphereAnswer>,
    /// The methods that were called, and whether with the cookie of a session.
    calls: Vec<(String, bool)>,
    /// Whether it gives a cookie to who logs in.
    has_no_cookies: bool,
    most_at_once: usize,
    now: usize,
}

impl FakeVsphere {
    /// Starts one.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state: Arc<Mutex<State>> = Arc::default();
        let serving = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            serving,
        })
    }

    /// The URI to open; any password is taken.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("esx://root@{}/?transport=http", self.address)
    }

    /// Answers the next call of this method so; said twice, the next two, one after the other.
    pub fn once(&self, method: &str, answer: VsphereAnswer) {
        let mut state = locked(&self.state);
        state.once.entry(method.to_owned()).or_default().push_back(answer);
    }

    /// Answers all further calls of this method so.
    pub fn always(&self, method: &str, answer: VsphereAnswer) {
        locked(&self.state).always.insert(method.to_owned(), answer);
    }

    /// Answers this method by itself again.
    pub fn as_usual(&self, method: &str) {
        let mut state = locked(&self.state);
        state.always.remove(method);
        state.once.remove(method);
    }

    /// Gives no cookies to whoever logs in from now on.
    pub fn give_no_cookies(&self) {
        locked(&self.state).has_no_cookies = true;
    }

    /// How often this method was called.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> usize {
        let state = locked(&self.state);
        state.calls.iter().filter(|(called, _)| called == method).count()
    }

    /// How many calls were under way at a time, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        locked(&self.state).most_at_once
    }
}

impl Drop for FakeVsphere {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut peers = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let state = Arc::clone(&state);
                peers.spawn(async move {
                    // Whoever goes in the middle of an answer is no news here.
                    drop(peer::serve(stream, &state).await);
                });
            }
            Some(_) = peers.join_next() => {}
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// What a call is answered.
    fn decide(&mut self, method: &str, has_session: bool, request: &str) -> VsphereAnswer {
        self.calls.push((method.to_owned(), has_session));
        let planned = self.once.get_mut(method).and_then(VecDeque::pop_front);
        match planned.or_else(|| self.always.get(method).cloned()) {
            Some(VsphereAnswer::AsUsual) | None => built_in::answer(method, has_session, request),
            Some(other) => other,
        }
    }
}
