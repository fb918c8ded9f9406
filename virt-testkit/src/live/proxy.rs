//! A TCP line of the test's own to a server: it can be slow, stall and be cut, and it counts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// How many pieces may be under way in one direction: enough that the delay does not limit the throughput.
const UNDER_WAY: usize = 4096;
/// The largest piece.
const PIECE: usize = 64 * 1024;

/// What the line does with what it is given.
#[derive(Debug, Clone, Copy, Default)]
struct Mode {
    delay: Duration,
    stalled: bool,
    /// At how many round trips it stalls by itself.
    stall_at: Option<u64>,
    refusing: bool,
    /// Raised by each cut.
    cuts: u64,
}

impl Mode {
    fn stalls(&self, counts: &Counts) -> bool {
        let round_trips = counts.round_trips.load(Ordering::Relaxed);
        self.stalled || self.stall_at.is_some_and(|at| round_trips >= at)
    }
}

/// What went over the line since it was made, or since [`Proxy::reset_counters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that were accepted and carried on.
    pub connections: u64,
    /// Bytes from clients.
    pub to_server: u64,
    /// Bytes from the server.
    pub to_client: u64,
    /// Round trips as seen on the wire: how often a client sent something after the server had, over all connections.
    pub round_trips: u64,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    to_server: AtomicU64,
    to_client: AtomicU64,
    round_trips: AtomicU64,
    /// Told of each round trip.
    moved: Notify,
}

/// A TCP line to a server; dropping it cuts its connections.
///
/// Bytes are delivered after a delay without limiting how many are under way. Only bytes are delayed, TCP's own
/// handshake is not: a connection over a real line takes one round trip longer.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    counts: Arc<Counts>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// A line to `server`, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port to listen on.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (mode, watched) = watch::channel(Mode::default());
        let counts = Arc::new(Counts::default());
        let accepting = tokio::spawn(accept(listener, server, watched, Arc::clone(&counts)));
        Ok(Self {
            address,
            mode,
            counts,
            accepting,
        })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Delivers bytes this much later, each way; a round trip takes twice as long. For bytes that come from now on.
    pub fn set_delay(&self, each_way: Duration) {
        self.mode.send_modify(|mode| mode.delay = each_way);
    }

    /// Takes bytes and delivers none, until [`resume`](Self::resume).
    pub fn stall(&self) {
        self.mode.send_modify(|mode| mode.stalled = true);
    }

    /// Cuts every connection with a reset; what was under way is lost. New ones are accepted.
    pub fn cut(&self) {
        self.mode.send_modify(|mode| mode.cuts += 1);
    }

    /// Cuts every connection with a reset, and resets new ones until [`resume`](Self::resume).
    pub fn cut_and_refuse(&self) {
        self.mode.send_modify(|mode| {
            mode.cuts += 1;
            mode.refusing = true;
        });
    }

    /// Takes bytes and delivers none as soon as there were so many more round trips, until [`resume`](Self::resume).
    pub fn stall_after(&self, round_trips: u64) {
        let at = self.counters().round_trips.saturating_add(round_trips);
        self.mode.send_modify(|mode| mode.stall_at = Some(at));
    }

    /// Waits until the line stalls.
    ///
    /// # Cancel safety
    /// Safe: it only looks.
    pub async fn stalled(&self) {
        loop {
            let moved = self.counts.moved.notified();
            if self.mode.borrow().stalls(&self.counts) {
                return;
            }
            moved.await;
        }
    }

    /// Ends [`stall`](Self::stall), [`stall_after`](Self::stall_after) and [`cut_and_refuse`](Self::cut_and_refuse); the delay stays.
    pub fn resume(&self) {
        self.mode.send_modify(|mode| {
            mode.stalled = false;
            mode.stall_at = None;
            mode.refusing = false;
        });
    }

    /// What went over it.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            connections: read(&self.counts.connections),
            to_server: read(&self.counts.to_server),
            to_client: read(&self.counts.to_client),
            round_trips: read(&self.counts.round_trips),
        }
    }

    /// Counts from zero again.
    pub fn reset_counters(&self) {
        let Counts {
            connections,
            to_server,
            to_client,
            round_trips,
            moved: _,
        } = &*self.counts;
        for counter in [connections, to_server, to_client, round_trips] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The connections are its: they go with it.
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, mode: watch::Receiver<Mode>, counts: Arc<Counts>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                if mode.borrow().refusing {
                    reset(&client);
                } else {
                    connections.spawn(carry(client, server, mode.clone(), Arc::clone(&counts)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, server: SocketAddr, mut mode: watch::Receiver<Mode>, counts: Arc<Counts>) {
    let cuts = mode.borrow().cuts;
    let Ok(server) = TcpStream::connect(server).await else {
        return reset(&client);
    };
    // Without it the line would add delays of its own.
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return reset(&client);
    }
    counts.connections.fetch_add(1, Ordering::Relaxed);
    let (client_out, client_in) = client.into_split();
    let (server_out, server_in) = server.into_split();
    let server_spoke = Arc::new(AtomicBool::new(false));
    let stalling = Arc::clone(&counts);
    let up = {
        let (counts, server_spoke) = (Arc::clone(&counts), Arc::clone(&server_spoke));
        move |bytes: u64| {
            counts.to_server.fetch_add(bytes, Ordering::Relaxed);
            if server_spoke.swap(false, Ordering::Relaxed) {
                counts.round_trips.fetch_add(1, Ordering::Relaxed);
                counts.moved.notify_waiters();
            }
        }
    };
    let down = move |bytes: u64| {
        counts.to_client.fetch_add(bytes, Ordering::Relaxed);
        server_spoke.store(true, Ordering::Relaxed);
    };
    let mut both = (
        OneWay::new(client_out, server_in, mode.clone(), Arc::clone(&stalling)),
        OneWay::new(server_out, client_in, mode.clone(), stalling),
    );
    let carried = async { tokio::try_join!(both.0.run(up), both.1.run(down)).map(drop) };
    let cut = async {
        // An error is the end of the proxy, which is a cut.
        drop(mode.wait_for(|mode| mode.cuts != cuts).await);
    };
    let in_order = tokio::select! {
        carried = carried => carried.is_ok(),
        () = cut => false,
    };
    if !in_order {
        both.0.reset();
        both.1.reset();
    }
}

/// Lets the stream end with a reset when it is dropped. Where that can't be asked for, it ends in order.
fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}

struct OneWay {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    mode: watch::Receiver<Mode>,
    counts: Arc<Counts>,
}

impl OneWay {
    fn new(
        from: OwnedReadHalf,
        to: OwnedWriteHalf,
        mode: watch::Receiver<Mode>,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            from,
            to,
            mode,
            counts,
        }
    }

    /// Ends what it carries with a reset.
    fn reset(self) {
        reset(self.from.as_ref());
        // Dropped, it would end in order first.
        self.to.forget();
    }

    /// Carries until the sender is done, then says so to the receiver.
    async fn run(&mut self, count: impl Fn(u64)) -> io::Result<()> {
        let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
        let watched = self.mode.clone();
        let read = async {
            loop {
                let mut piece = Vec::with_capacity(PIECE);
                if self.from.read_buf(&mut piece).await? == 0 {
                    break;
                }
                count(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                let due = Instant::now() + watched.borrow().delay;
                piece.shrink_to_fit();
                if sender.send((due, piece)).await.is_err() {
                    break;
                }
            }
            drop(sender);
            Ok(())
        };
        let write = async {
            while let Some((due, piece)) = receiver.recv().await {
                tokio::time::sleep_until(due).await;
                if self
                    .mode
                    .wait_for(|mode| !mode.stalls(&self.counts))
                    .await
                    .is_err()
                {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                self.to.write_all(&piece).await?;
            }
            self.to.shutdown().await
        };
        tokio::try_join!(read, write).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each piece with the same piece.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        address
    }

    async fn line() -> (Proxy, TcpStream) {
        let proxy = Proxy::start(echo().await).await.unwrap();
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        (proxy, stream)
    }

    async fn say(stream: &mut TcpStream, text: &[u8]) -> io::Result<()> {
        stream.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).await?;
        assert_eq!(answer, text);
        Ok(())
    }

    #[tokio::test]
    async fn it_counts_bytes_and_round_trips() {
        let (proxy, mut stream) = line().await;
        for _ in 0..5 {
            say(&mut stream, b"hello").await.unwrap();
        }
        let counted = proxy.counters();
        assert_eq!(
            (counted.connections, counted.to_server, counted.to_client),
            (1, 25, 25)
        );
        assert_eq!(counted.round_trips, 4, "the first word answers nothing");
        proxy.reset_counters();
        assert_eq!(proxy.counters(), Counters::default());
    }

    #[tokio::test]
    async fn a_delay_is_paid_once_each_way_and_not_per_piece() {
        let (proxy, stream) = line().await;
        proxy.set_delay(Duration::from_millis(50));
        let (mut from, mut to) = stream.into_split();
        let begin = Instant::now();
        let piece = vec![7; 1 << 20];
        let length = piece.len();
        let writing = tokio::spawn(async move {
            for piece in piece.chunks(1 << 10) {
                to.write_all(piece).await.unwrap();
            }
            to
        });
        let mut answer = vec![0; length];
        from.read_exact(&mut answer).await.unwrap();
        let taken = begin.elapsed();
        drop(writing.await);
        assert!(taken >= Duration::from_millis(100), "{taken:?}");
        assert!(taken < Duration::from_secs(5), "{taken:?}");
    }

    #[tokio::test]
    async fn a_stall_keeps_bytes_and_a_resume_delivers_them() {
        let (proxy, mut stream) = line().await;
        say(&mut stream, b"a").await.unwrap();
        proxy.stall();
        let waited = tokio::time::timeout(Duration::from_millis(100), say(&mut stream, b"b")).await;
        assert!(waited.is_err());
        proxy.resume();
        let mut answer = [0];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"b");
    }

    #[tokio::test]
    async fn a_stall_comes_after_the_round_trips_that_were_asked_for() {
        let (proxy, mut stream) = line().await;
        say(&mut stream, b"first").await.unwrap();
        proxy.stall_after(2);
        say(&mut stream, b"second").await.unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(100), say(&mut stream, b"third")).await;
        assert!(waited.is_err());
        proxy.stalled().await;
        proxy.resume();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"third");
        say(&mut stream, b"fourth").await.unwrap();
    }

    #[tokio::test]
    async fn a_cut_resets_and_new_connections_are_refused_until_the_resume() {
        let (proxy, mut stream) = line().await;
        say(&mut stream, b"a").await.unwrap();
        proxy.cut_and_refuse();
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        let refused = match TcpStream::connect(proxy.address()).await {
            Ok(mut stream) => say(&mut stream, b"b").await.is_err(),
            Err(_) => true,
        };
        assert!(refused);
        proxy.resume();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream, b"c").await.unwrap();
        proxy.cut();
        assert!(stream.read_u8().await.is_err());
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream, b"d").await.unwrap();
    }

    #[tokio::test]
    async fn an_end_is_passed_on() {
        let (_proxy, mut stream) = line().await;
        say(&mut stream, b"a").await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
}
