//! A xenstored in memory: a tree, watches and transactions, for what a real one does not do on demand.
//!
//! It answers what a client of dom0 asks. What it does not know it answers with `ENOSYS`, as xenstored does.

mod answer;
mod tree;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{mpsc, watch};

use self::tree::Tree;

/// How much may be on its way in one direction.
const PIPE: usize = 64 * 1024;
const HEADER: usize = 16;
const WATCH_EVENT: u32 = 15;

/// A xenstored in memory. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub struct FakeXenstored {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    tree: Tree,
    /// The connections, by number.
    clients: BTreeMap<u64, Client>,
    clients_made: u64,
    /// Each request that came: kind and payload, with bars for zeros.
    asked: Vec<(u32, String)>,
    /// What the next requests are answered with instead.
    refusals: VecDeque<(u32, &'static str)>,
    /// Bytes that are said instead of the next answer, and after which the connection ends.
    last_words: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Client {
    out: mpsc::UnboundedSender<Vec<u8>>,
    /// Path and token.
    watches: Vec<(String, String)>,
    /// Transactions: the tree within, and how the tree was when they began.
    transactions: BTreeMap<u32, (Tree, Tree)>,
    ended: watch::Sender<bool>,
}

impl FakeXenstored {
    /// One with an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The far end of a new connection to it. Has to be called within a runtime of tokio.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(PIPE);
        self.serve(far);
        near
    }

    /// Answers on a stream until it ends.
    pub fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(&self, stream: S) {
        let (out, queue) = mpsc::unbounded_channel();
        let (ended, ending) = watch::channel(false);
        let number = {
            let mut state = self.state();
            state.clients_made += 1;
            let number = state.clients_made;
            let client = Client {
                out,
                watches: Vec::new(),
                transactions: BTreeMap::new(),
                ended,
            };
            state.clients.insert(number, client);
            number
        };
        let fake = self.clone();
        drop(tokio::spawn(async move {
            let (read, write) = tokio::io::split(stream);
            let mut ending = ending;
            tokio::select! {
                _ = ending.wait_for(|ended| *ended) => {}
                () = fake.listen(number, read) => {}
                () = speak(write, queue) => {}
            }
            fake.state().clients.remove(&number);
        }));
    }

    async fn listen<R: AsyncRead + Unpin>(&self, client: u64, mut read: R) {
        loop {
            let mut header = [0; HEADER];
            if read.read_exact(&mut header).await.is_err() {
                return;
            }
            let number = |at: usize| {
                let bytes = header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
                u32::from_le_bytes(bytes.unwrap_or_default())
            };
            let (kind, request, transaction) = (number(0), number(4), number(8));
            let mut payload = vec![0; usize::try_from(number(12)).unwrap_or(0)];
            if read.read_exact(&mut payload).await.is_err() {
                return;
            }
            let answer = {
                let mut state = self.state();
                if let Some(words) = state.last_words.take() {
                    if let Some(client) = state.clients.get(&client) {
                        drop(client.out.send(words));
                        drop(client.out.send(Vec::new()));
                    }
                    continue;
                }
                state.answer(client, (kind, transaction), &payload)
            };
            let (kind, payload) = answer.unwrap_or_else(|name| (16, [name.as_bytes(), &[0]].concat()));
            let sent = message(kind, (request, transaction), &payload);
            let mut state = self.state();
            if let Some(client) = state.clients.get(&client) {
                drop(client.out.send(sent));
            }
            state.tell_of_changes();
        }
    }

    /// Gives a node a value, as a guest or a toolstack would: watches fire.
    pub fn set(&self, path: &str, value: &str) {
        let mut state = self.state();
        state.tree.write(path, value.as_bytes());
        state.tell_of_changes();
    }

    /// Removes a node and what is below it: watches fire.
    pub fn remove(&self, path: &str) {
        let mut state = self.state();
        state.tree.remove(path);
        state.tell_of_changes();
    }

    /// The value of a node.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<String> {
        let state = self.state();
        let value = state.tree.read(path)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// Fires a special event (`@releaseDomain`).
    pub fn fire(&self, event: &str) {
        let state = self.state();
        state.fire(event);
    }

    /// Answers the next request of this kind with this error.
    pub fn refuse_next(&self, kind: u32, name: &'static str) {
        self.state().refusals.push_back((kind, name));
    }

    /// Says these bytes instead of the next answer, and ends that connection then.
    pub fn end_with(&self, words: impl Into<Vec<u8>>) {
        self.state().last_words = Some(words.into());
    }

    /// Ends all connections, as a xenstored that is restarted does. The tree stays.
    pub fn restart(&self) {
        for client in std::mem::take(&mut self.state().clients).into_values() {
            client.ended.send_replace(true);
        }
    }

    /// Each request that came: the number of its kind, and its payload with bars for zeros.
    #[must_use]
    pub fn asked(&self) -> Vec<(u32, String)> {
        self.state().asked.clone()
    }

    /// How many paths are followed, how many transactions are open, by all connections.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        let state = self.state();
        let watches = state.clients.values().map(|client| client.watches.len()).sum();
        let transactions = state
            .clients
            .values()
            .map(|client| client.transactions.len())
            .sum();
        (watches, transactions)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells who follows what has changed.
    fn tell_of_changes(&mut self) {
        for path in self.tree.take_changes() {
            self.fire(&path);
        }
    }

    fn fire(&self, changed: &str) {
        for client in self.clients.values() {
            for (path, token) in &client.watches {
                if tree::is_at_or_below(changed, path) {
                    client.tell(changed, token);
                }
            }
        }
    }
}

impl Client {
    fn tell(&self, path: &str, token: &str) {
        let payload = format!("{path}\0{token}\0");
        drop(self.out.send(message(WATCH_EVENT, (0, 0), payload.as_bytes())));
    }
}

fn message(kind: u32, (request, transaction): (u32, u32), payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    for number in [kind, request, transaction, length] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// Writes what there is to say; nothing to say is the end.
async fn speak<W: AsyncWrite + Unpin>(mut write: W, mut queue: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(bytes) = queue.recv().await {
        if bytes.is_empty() || write.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
