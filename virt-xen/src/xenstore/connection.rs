//! A connection to xenstored, and what can be asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use virt_core::host::{Host, StreamUse};
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::error::{about, ended, is, of_answer};
use super::message::{Message, MessageKind, check_size, malformed, split, words};
use super::owner::{self, Answer, Request, Shared, Waiting};
use super::path;
use super::permission::Permission;
use super::watch::{Changes, Watch};

/// Where xenstored listens, in the order in which it is looked for.
pub const SOCKETS: &[&str] = &["/run/xenstored/socket", "/var/run/xenstored/socket"];
/// How many requests are on their way at a time.
const WINDOW: usize = 256;
/// How deep a tree is read.
const DEEPEST: usize = 64;

/// A connection to xenstored. Cheap to clone; it is closed when the last clone, watch and transaction of it is dropped.
///
/// Calls may be made from any number of tasks at a time: they are sent at once, and answered in their order.
///
/// # Errors, of all methods
/// `InvalidArgument` for what is no path, before anything is sent; `NotFound` for a node there is not; `Denied`; `ResourceExhausted`
/// for what does not fit; `ConnectionLost` when xenstored has gone; `Timeout`.
/// [`Error::native::<XenstoreErrno>()`](super::XenstoreErrno) has xenstored's own name.
///
/// # Cancel safety, of all methods
/// Dropping the future of what only reads is harmless; of what changes something, it may have been changed.
#[derive(Debug, Clone)]
pub struct Xenstore {
    pub(super) link: Link,
    transaction: u32,
}

/// The way to the task that owns the connection.
#[derive(Debug, Clone)]
pub(super) struct Link {
    requests: mpsc::UnboundedSender<Request>,
    pub(super) shared: Arc<Shared>,
    window: Arc<Semaphore>,
    tokens: Arc<AtomicU64>,
    ended: watch::Receiver<bool>,
}

impl Link {
    /// Sends what nobody waits for.
    pub(super) fn send_unheard(&self, request: Request) {
        drop(self.requests.send(request));
    }
}

impl Xenstore {
    /// Connects to the xenstored of a machine.
    ///
    /// # Errors
    /// `NotFound` when the machine has no xenstored that listens on a socket.
    pub async fn connect(host: &dyn Host, call: &CallContext) -> Result<Self> {
        let mut refused = None;
        for socket in SOCKETS {
            let stream = host.sockets().connect_unix(socket, StreamUse::Control);
            match call.bound(Outcome::NotApplied, stream).await {
                Ok(stream) => return Ok(Self::over(stream)),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    refused.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        let message = "xenstored does not listen on a socket: is this a dom0, and does xenstored run?";
        let error = Error::new(ErrorKind::NotFound, message);
        Err(match refused {
            Some(cause) => error.with_source(cause),
            None => error,
        })
    }

    /// A connection over a stream that leads to xenstored. Has to be called within a runtime of tokio.
    pub fn over<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S) -> Self {
        let shared = Arc::new(Shared::default());
        let (requests, queue) = mpsc::unbounded_channel();
        let (ending, ended) = watch::channel(false);
        let clean_up = requests.downgrade();
        drop(tokio::spawn(owner::run(
            stream,
            Arc::clone(&shared),
            queue,
            clean_up,
            ending,
        )));
        Self {
            link: Link {
                requests,
                shared,
                window: Arc::new(Semaphore::new(WINDOW)),
                tokens: Arc::default(),
                ended,
            },
            transaction: 0,
        }
    }

    /// The same connection, within a transaction.
    pub(super) fn within(&self, transaction: u32) -> Self {
        Self {
            link: self.link.clone(),
            transaction,
        }
    }

    /// Whether the connection still works, as far as known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !*self.link.ended.borrow()
    }

    /// Waits until the connection has ended.
    pub async fn ended(&self) {
        drop(self.link.ended.clone().wait_for(|ended| *ended).await);
    }

    /// The value of a node (`XS_READ`).
    pub async fn read(&self, call: &CallContext, path: &str) -> Result<Vec<u8>> {
        path::check(path)?;
        self.ask(call, MessageKind::Read, self.transaction, words([path]), path)
            .await
    }

    /// The value of a node as text (`XS_READ`); `None` where there is no such node. What is no text is made one.
    pub async fn read_text(&self, call: &CallContext, path: &str) -> Result<Option<String>> {
        let value = there(self.read(call, path).await)?;
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    /// The values of these nodes as text, in their order, in one round trip.
    pub async fn read_texts(&self, call: &CallContext, paths: &[String]) -> Result<Vec<Option<String>>> {
        let reads = paths.iter().map(|path| self.read_text(call, path));
        join_all(reads).await.into_iter().collect()
    }

    /// The names of the nodes directly below one (`XS_DIRECTORY`; `XS_DIRECTORY_PART` where they do not fit into one message).
    pub async fn directory(&self, call: &CallContext, path: &str) -> Result<Vec<String>> {
        path::check(path)?;
        let listed = self
            .ask(
                call,
                MessageKind::Directory,
                self.transaction,
                words([path]),
                path,
            )
            .await;
        match listed {
            Ok(names) => split(&names),
            Err(error) if is(&error, "E2BIG") => self.directory_in_parts(call, path).await,
            Err(error) => Err(error),
        }
    }

    /// A directory that does not fit into a message; from its beginning again where it changes meanwhile.
    async fn directory_in_parts(&self, call: &CallContext, path: &str) -> Result<Vec<String>> {
        let (mut listed, mut generation) = (Vec::new(), None);
        loop {
            let offset = listed.len().to_string();
            let payload = words([path, offset.as_str()]);
            let part = self
                .ask(call, MessageKind::DirectoryPart, self.transaction, payload, path)
                .await?;
            let mut pieces = part.splitn(2, |byte| *byte == 0);
            let now = pieces.next().unwrap_or_default().to_vec();
            let names = pieces.next().unwrap_or_default();
            if generation.get_or_insert_with(|| now.clone()) != &now {
                (listed, generation) = (Vec::new(), None);
                continue;
            }
            // The end is a name without letters; a part without any would go on for ever.
            if names.is_empty() {
                return Err(malformed("a part of a directory without an end"));
            }
            if names == [0] || names.ends_with(&[0, 0]) {
                listed.extend_from_slice(names.strip_suffix(&[0]).unwrap_or(names));
                return split(&listed);
            }
            listed.extend_from_slice(names);
        }
    }

    /// All nodes below one, with their values as text, by their paths from there; empty where there is no such node. As many round
    /// trips as the tree is deep.
    pub async fn tree(&self, call: &CallContext, path: &str) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        let mut level = vec![String::new()];
        for _ in 0..DEEPEST {
            let full = |below: &str| match (path, below) {
                (path, "") => path.to_owned(),
                ("/", below) => format!("/{below}"),
                (path, below) => format!("{path}/{below}"),
            };
            let visits = level.iter().map(|below| async {
                let full = full(below);
                let (names, value) = futures::join!(self.directory(call, &full), self.read_text(call, &full));
                Ok::<_, Error>((below.clone(), there(names)?.unwrap_or_default(), value?))
            });
            let visited: Result<Vec<_>> = join_all(visits).await.into_iter().collect();
            let mut next = Vec::new();
            for (below, names, value) in visited? {
                let child = |name: String| {
                    if below.is_empty() {
                        name
                    } else {
                        format!("{below}/{name}")
                    }
                };
                next.extend(names.into_iter().map(child));
                if let Some(value) = value.filter(|_| !below.is_empty()) {
                    found.insert(below, value);
                }
            }
            if next.is_empty() {
                return Ok(found);
            }
            level = next;
        }
        Err(malformed("a tree that has no end"))
    }

    /// Gives a node a value; it and those above it are made where they are not there (`XS_WRITE`).
    pub async fn write(&self, call: &CallContext, path: &str, value: &[u8]) -> Result<()> {
        let mut payload = words([path]);
        payload.extend_from_slice(value);
        self.change(call, MessageKind::Write, path, payload).await
    }

    /// Makes a node without a value, and those above it, where they are not there (`XS_MKDIR`).
    pub async fn make_directory(&self, call: &CallContext, path: &str) -> Result<()> {
        self.change(call, MessageKind::MakeDirectory, path, words([path]))
            .await
    }

    /// Removes a node and all below it (`XS_RM`). One that is not there, below one that is: success, nothing happens.
    pub async fn remove(&self, call: &CallContext, path: &str) -> Result<()> {
        self.change(call, MessageKind::Remove, path, words([path])).await
    }

    /// Who may read and write a node, its owner first (`XS_GET_PERMS`).
    pub async fn permissions(&self, call: &CallContext, path: &str) -> Result<Vec<Permission>> {
        path::check(path)?;
        let told = self
            .ask(
                call,
                MessageKind::GetPermissions,
                self.transaction,
                words([path]),
                path,
            )
            .await?;
        let permission = |word: &String| word.parse().map_err(|_| malformed("a permission"));
        split(&told)?.iter().map(permission).collect()
    }

    /// Says who may read and write a node, its owner first (`XS_SET_PERMS`).
    pub async fn set_permissions(
        &self,
        call: &CallContext,
        path: &str,
        permissions: &[Permission],
    ) -> Result<()> {
        if permissions.is_empty() {
            let message = "a node has an owner: the first permission names it";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with_subject(about(path))
                .with_outcome(Outcome::NotApplied));
        }
        let written: Vec<String> = permissions.iter().map(ToString::to_string).collect();
        let payload = words(std::iter::once(path).chain(written.iter().map(String::as_str)));
        self.change(call, MessageKind::SetPermissions, path, payload)
            .await
    }

    /// The directory of a domain, whether it is there or not (`XS_GET_DOMAIN_PATH`).
    pub async fn domain_path(&self, call: &CallContext, domain: u32) -> Result<String> {
        let number = domain.to_string();
        let payload = words([number.as_str()]);
        let told = self.ask(call, MessageKind::GetDomainPath, 0, payload, "").await?;
        let path = split(&told)?.into_iter().next();
        path.ok_or_else(|| malformed("a domain without a directory"))
    }

    /// Whether xenstored knows a domain of this number (`XS_IS_DOMAIN_INTRODUCED`).
    pub async fn is_domain_introduced(&self, call: &CallContext, domain: u32) -> Result<bool> {
        let number = domain.to_string();
        let payload = words([number.as_str()]);
        let told = self
            .ask(call, MessageKind::IsDomainIntroduced, 0, payload, "")
            .await?;
        Ok(told.first() == Some(&b'T'))
    }

    /// Follows a node and all below it, or a special event such as [`DOMAIN_RELEASED`](super::DOMAIN_RELEASED) (`XS_WATCH`).
    pub async fn watch(&self, call: &CallContext, path: &str) -> Result<Watch> {
        path::check_watched(path)?;
        let link = self.link.clone();
        let token = link.tokens.fetch_add(1, Ordering::Relaxed).to_string();
        let changes = Arc::new(Changes::new(path));
        link.shared.watches().insert(token.clone(), Arc::clone(&changes));
        // When the call is given up, it is not followed any more.
        let watch = Watch {
            link,
            path: path.to_owned(),
            token,
            changes,
        };
        let payload = words([path, watch.token.as_str()]);
        let begun = self.ask(call, MessageKind::Watch, 0, payload, path);
        said(&begun.await?)?;
        Ok(watch)
    }

    async fn change(
        &self,
        call: &CallContext,
        kind: MessageKind,
        path: &str,
        payload: Vec<u8>,
    ) -> Result<()> {
        path::check(path)?;
        said(&self.ask(call, kind, self.transaction, payload, path).await?)
    }

    /// Sends a request, and waits for its answer.
    pub(super) async fn ask(
        &self,
        call: &CallContext,
        kind: MessageKind,
        transaction: u32,
        payload: Vec<u8>,
        path: &str,
    ) -> Result<Vec<u8>> {
        check_size(&payload)?;
        let outcome = if kind.changes() {
            Outcome::Unknown
        } else {
            Outcome::NotApplied
        };
        let exchange = async {
            let permit = Arc::clone(&self.link.window).acquire_owned().await;
            let permit = permit.map_err(|_| ended(Outcome::NotApplied))?;
            let (answer, answered) = oneshot::channel();
            let request = Request {
                kind,
                transaction,
                payload,
                answer: Some(Waiting { answer, permit }),
            };
            self.link
                .requests
                .send(request)
                .map_err(|_| ended(Outcome::NotApplied))?;
            let answer = answered.await.ok().and_then(Answer::take);
            answer.ok_or_else(|| ended(outcome))
        };
        let Message {
            kind: answered,
            payload,
            ..
        } = call.bound(outcome, exchange).await?;
        if answered == MessageKind::Error {
            return Err(of_answer(&payload, path));
        }
        if answered != kind {
            return Err(malformed("it answers another question").with_outcome(outcome));
        }
        Ok(payload)
    }
}

/// An answer that says that it was done.
pub(super) fn said(answer: &[u8]) -> Result<()> {
    if answer == b"OK\0" {
        return Ok(());
    }
    Err(malformed("it says not that it was done").with_outcome(Outcome::Unknown))
}

/// `None` where there is no such node.
fn there<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
