//! One SSH connection: its channels, its tasks and its end.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use russh::client::{Handle, Msg};
use russh::{ChannelId, ChannelOpenFailure};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::channel::{Channel, Hold};
use super::events::Events;
use super::fault;
use super::inbox::Inbox;
use super::lock;
use super::wire::Cutter;

/// How long a server may take to answer the request for a channel.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// Whether streams have a connection for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Any number of streams: none may hold up the others.
    Shared,
    /// One stream at a time: the connection may wait for its reader.
    Exclusive,
}

/// Tells whether a link is lost, from any of its shared connections.
pub(super) type LinkLost = Arc<watch::Sender<bool>>;

/// What a connection's session, its owner and its channels have in common.
pub(super) struct Shared {
    name: String,
    sharing: Sharing,
    cutter: Cutter,
    inboxes: Mutex<HashMap<ChannelId, Entry>>,
    tasks: Mutex<JoinSet<()>>,
    runtime: tokio::runtime::Handle,
    gone: watch::Sender<bool>,
    link_lost: OnceLock<LinkLost>,
    farewell: Mutex<Option<String>>,
    /// The server said that it takes no more attempts to log in.
    turned_away: AtomicBool,
}

/// A channel's inbox, which may be there, and even be closed, before its channel's opener comes for it.
#[derive(Debug, Default)]
struct Entry {
    inbox: Arc<Inbox>,
    adopted: bool,
}

impl Shared {
    /// Must be called on the runtime that the connection is to live on.
    pub(super) fn new(name: String, sharing: Sharing) -> Arc<Self> {
        Arc::new(Self {
            name,
            sharing,
            cutter: Cutter::default(),
            inboxes: Mutex::default(),
            tasks: Mutex::default(),
            runtime: tokio::runtime::Handle::current(),
            gone: watch::Sender::new(false),
            link_lost: OnceLock::new(),
            farewell: Mutex::default(),
            turned_away: AtomicBool::new(false),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.sharing == Sharing::Exclusive
    }

    pub(super) fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }

    /// A channel is open: data may come in on it before its opener comes for the inbox.
    pub(super) fn opened(&self, id: ChannelId) {
        lock(&self.inboxes).entry(id).or_default();
    }

    /// The inbox of a channel, for its opener. What came in on a channel that is over already is still in it.
    pub(super) fn adopt(&self, id: ChannelId) -> Arc<Inbox> {
        let inbox = {
            let mut inboxes = lock(&self.inboxes);
            let entry = inboxes.entry(id).or_default();
            entry.adopted = true;
            let inbox = Arc::clone(&entry.inbox);
            if inbox.is_over() {
                inboxes.remove(&id);
            }
            inbox
        };
        if self.is_gone() {
            inbox.lost();
        }
        inbox
    }

    pub(super) fn known_inbox(&self, id: ChannelId) -> Option<Arc<Inbox>> {
        lock(&self.inboxes).get(&id).map(|entry| Arc::clone(&entry.inbox))
    }

    /// Nothing comes in on a channel any more. Its inbox is kept for an opener that has not come yet.
    pub(super) fn finished(&self, id: ChannelId) {
        let mut inboxes = lock(&self.inboxes);
        if inboxes.get(&id).is_some_and(|entry| entry.adopted) {
            inboxes.remove(&id);
        }
    }

    /// The channel is not used any more.
    pub(super) fn forget(&self, id: ChannelId) {
        lock(&self.inboxes).remove(&id);
    }

    /// How many channels are open.
    #[cfg(test)]
    pub(super) fn channels(&self) -> usize {
        lock(&self.inboxes).len()
    }

    /// Runs something that ends with the connection at the latest. Does nothing when that is gone.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if self.is_gone() {
            return;
        }
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.runtime);
    }

    pub(super) fn is_gone(&self) -> bool {
        *self.gone.borrow()
    }

    /// Waits until the connection is gone. Cancel-safe.
    pub(super) async fn until_gone(&self) {
        // It fails when the sender is gone, which is ours.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }

    /// The session has ended: everybody who waits for something from it is told.
    pub(super) fn gone(&self) {
        if self.gone.send_replace(true) {
            return;
        }
        lock(&self.inboxes).retain(|_, entry| {
            entry.inbox.lost();
            !entry.adopted
        });
        if let Some(link) = self.link_lost.get() {
            link.send_replace(true);
        }
    }

    /// From now on its end is that of the link.
    pub(super) fn report_to(&self, link: LinkLost) {
        let link = self.link_lost.get_or_init(|| link);
        if self.is_gone() {
            link.send_replace(true);
        }
    }

    /// Ends the connection now.
    pub(super) fn sever(&self) {
        self.cutter.cut();
        self.gone();
        lock(&self.tasks).abort_all();
    }

    /// Keeps the server's last words, or why it went silent.
    pub(super) fn said_farewell(&self, words: String) {
        *lock(&self.farewell) = Some(words);
    }

    /// The server takes no more attempts to log in.
    pub(super) fn turned_away(&self) {
        self.turned_away.store(true, Ordering::Release);
    }

    /// Whether the server ended the connection as there were too many attempts to log in.
    pub(super) fn is_turned_away(&self) -> bool {
        self.turned_away.load(Ordering::Acquire)
    }

    /// The error of a connection that is gone.
    pub(super) fn gone_error(&self) -> Error {
        fault::gone(&self.name, lock(&self.farewell).clone())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.name)
            .field("sharing", &self.sharing)
            .field("gone", &self.is_gone())
            .finish_non_exhaustive()
    }
}

/// A connection that is logged in. Dropping it ends it, and the hops it goes through.
pub(super) struct Connection {
    handle: Handle<Events>,
    shared: Arc<Shared>,
    /// The last machine it goes through, which lives as long as it does.
    via: Option<Arc<Connection>>,
    sessions: AtomicUsize,
    /// How many programs sshd was running for us when it refused one more.
    most_sessions: AtomicUsize,
}

/// Which channel to open.
#[derive(Debug, Clone)]
pub(super) enum Destination {
    /// A session, to run a program in.
    Session,
    /// A unix socket of the far machine.
    Unix(String),
    /// A port that the far machine reaches.
    Tcp(String, u16),
}

/// Why a channel was not opened.
#[derive(Debug)]
pub(super) enum OpenFault {
    /// The server said no.
    Refused(ChannelOpenFailure),
    /// The connection is gone, or broken.
    Broken(Error),
}

impl Connection {
    pub(super) fn new(
        handle: Handle<Events>,
        shared: Arc<Shared>,
        via: Option<Arc<Connection>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            handle,
            shared,
            via,
            sessions: AtomicUsize::new(0),
            most_sessions: AtomicUsize::new(usize::MAX),
        })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Whether sshd is thought to allow one more program.
    pub(super) fn has_room_for_session(&self) -> bool {
        self.sessions.load(Ordering::Acquire) < self.most_sessions.load(Ordering::Acquire)
    }

    /// Remembers that sshd refused a program beside those that run. The one that was refused is counted no more.
    fn note_refusal(&self) {
        let running = self.sessions.load(Ordering::Acquire);
        self.most_sessions.fetch_min(running.max(1), Ordering::AcqRel);
    }

    /// Opens a session; it is counted until its channel is closed.
    pub(super) async fn open_session(self: &Arc<Self>, hold: Hold) -> Result<Arc<Channel>, OpenFault> {
        self.sessions.fetch_add(1, Ordering::AcqRel);
        let counted = Counted {
            connection: Arc::downgrade(self),
            _hold: hold,
        };
        let opened = self.open(Destination::Session, Box::new(counted)).await;
        if matches!(opened, Err(OpenFault::Refused(_))) {
            self.note_refusal();
        }
        opened
    }

    /// Opens a channel. What is in `hold` is dropped when the channel is closed. Cancel-safe: a channel that comes too
    /// late is closed again.
    pub(super) async fn open(
        self: &Arc<Self>,
        destination: Destination,
        hold: Hold,
    ) -> Result<Arc<Channel>, OpenFault> {
        let (sender, receiver) = oneshot::channel();
        let connection = Arc::clone(self);
        self.shared.spawn(async move {
            let opened = connection.request(destination, hold).await;
            // Nobody waits any more: what was opened is dropped, and so closed.
            drop(sender.send(opened));
        });
        receiver
            .await
            .unwrap_or_else(|_| Err(OpenFault::Broken(self.shared.gone_error())))
    }

    async fn request(&self, destination: Destination, hold: Hold) -> Result<Arc<Channel>, OpenFault> {
        let opening = async {
            match destination {
                Destination::Session => self.handle.channel_open_session().await,
                Destination::Unix(path) => self.handle.channel_open_direct_streamlocal(path).await,
                Destination::Tcp(host, port) => {
                    let origin = "127.0.0.1";
                    self.handle
                        .channel_open_direct_tcpip(host, port.into(), origin, 0)
                        .await
                }
            }
        };
        match tokio::time::timeout(OPEN_LIMIT, opening).await {
            Ok(Ok(channel)) => Ok(self.adopt(channel, hold)),
            Ok(Err(russh::Error::ChannelOpenFailure(reason))) => Err(OpenFault::Refused(reason)),
            Ok(Err(_)) => {
                // The session is on its way down; its last words come with its end.
                let _ = tokio::time::timeout(Duration::from_secs(1), self.shared.until_gone()).await;
                Err(OpenFault::Broken(self.shared.gone_error()))
            }
            Err(_) => {
                // An answer that comes later could not be told from others.
                self.shared.sever();
                Err(OpenFault::Broken(
                    Error::new(
                        ErrorKind::ConnectionLost,
                        format!(
                            "the server did not open a channel within {} s",
                            OPEN_LIMIT.as_secs()
                        ),
                    )
                    .with_subject(Subject::Host(self.shared.name().to_owned())),
                ))
            }
        }
    }

    fn adopt(&self, channel: russh::Channel<Msg>, hold: Hold) -> Arc<Channel> {
        let id = channel.id();
        // What comes in is taken from the events; russh's own queue is not used.
        let (_, write) = channel.split();
        Channel::new(id, write, Arc::clone(&self.shared), hold)
    }

    /// Tells the server goodbye and ends the connection.
    pub(super) async fn close(&self) {
        let goodbye = self.handle.disconnect(russh::Disconnect::ByApplication, "", "");
        let polite = async {
            // It fails when the session has ended, which is what is wanted.
            let _ = goodbye.await;
            self.shared.until_gone().await;
        };
        // A server that does not listen is not waited for.
        let _ = tokio::time::timeout(Duration::from_millis(500), polite).await;
        self.shared.sever();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.sever();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("shared", &self.shared)
            .field("via", &self.via)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

/// Counts a session until its channel is closed.
struct Counted {
    connection: std::sync::Weak<Connection>,
    _hold: Hold,
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.upgrade() {
            connection.sessions.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::native::inbox::{Lane, Put};
    use russh::keys::ssh_encoding::Decode as _;
    use std::task::Poll;
    use tokio::io::ReadBuf;

    fn channel(number: u32) -> ChannelId {
        ChannelId::decode(&mut &number.to_be_bytes()[..]).unwrap()
    }

    async fn read(inbox: &Inbox) -> std::io::Result<Vec<u8>> {
        let mut space = [0; 64];
        let mut buf = ReadBuf::new(&mut space);
        std::future::poll_fn(|cx| match inbox.poll_read(Lane::Output, cx, &mut buf) {
            Poll::Pending => panic!("the reader would wait for ever"),
            ready => ready,
        })
        .await?;
        Ok(buf.filled().to_vec())
    }

    #[tokio::test]
    async fn what_came_before_the_opener_is_kept_for_it_though_the_channel_is_closed() {
        let shared = Shared::new("far".to_owned(), Sharing::Shared);
        for (number, lost) in [(0, false), (1, true)] {
            let id = channel(number);
            shared.opened(id);
            let known = shared.known_inbox(id).unwrap();
            assert_eq!(known.put(Lane::Output, b"greeting", true), Put::Taken);
            known.end_of_data();
            known.closed();
            shared.finished(id);
            if lost {
                shared.gone();
            }
            let inbox = shared.adopt(id);
            assert_eq!(read(&inbox).await.unwrap(), b"greeting");
            assert_eq!(read(&inbox).await.unwrap(), b"");
            assert_eq!(shared.channels(), 0);
        }
    }

    #[tokio::test]
    async fn an_adopted_inbox_is_forgotten_when_its_channel_is_closed() {
        let shared = Shared::new("far".to_owned(), Sharing::Shared);
        let inbox = shared.adopt(channel(7));
        shared.opened(channel(7));
        assert_eq!(shared.channels(), 1);
        inbox.closed();
        shared.finished(channel(7));
        assert_eq!(shared.channels(), 0);
    }
}
