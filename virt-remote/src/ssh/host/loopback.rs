//! A link to this very machine for tests: what sshd would start, started here.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};
use virt_core::host::{ByteStream, ExitStatus, StreamUse};
use virt_core::{Error, ErrorKind, Result};

use crate::ssh::link::{Dialer, FarProgram, Link};

/// The shells that do the work in tests. A machine that lacks one fails its test.
pub(crate) const SHELLS: [&str; 3] = ["dash", "bash", "busybox sh"];

/// Those of the far shells that are here; one that is missing is a skip.
pub(crate) fn shells() -> impl Iterator<Item = &'static str> {
    SHELLS.into_iter().filter(|shell| is_here(shell))
}

/// Whether this shell is here; a skip is declared where it is not.
pub(crate) fn is_here(shell: &str) -> bool {
    let here = exists(shell);
    if !here {
        virt_testkit::skip::declare(&format!("{shell} (`cargo xtask install shells` installs it)"));
    }
    here
}

/// Whether this shell is here.
pub(crate) fn exists(shell: &str) -> bool {
    let program = shell.split(' ').next().unwrap_or(shell);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).exists())
}

/// Logs in to this machine.
#[derive(Debug)]
pub(crate) struct Loopback {
    /// The login shell.
    pub(crate) login_shell: String,
    /// A program named `sshd` that runs the login shell and waits for it, where one is wanted.
    pub(crate) sshd: Option<String>,
    pub(crate) forbids_streams: AtomicBool,
    pub(crate) refuses: Mutex<Option<ErrorKind>>,
    pub(crate) execs: Arc<AtomicUsize>,
    pub(crate) links: Mutex<Vec<Arc<LoopbackLink>>>,
}

impl Loopback {
    pub(crate) fn new() -> Self {
        Self {
            login_shell: "sh".to_owned(),
            sshd: None,
            forbids_streams: AtomicBool::new(false),
            refuses: Mutex::default(),
            execs: Arc::default(),
            links: Mutex::default(),
        }
    }

    /// The newest link.
    pub(crate) fn link(&self) -> Arc<LoopbackLink> {
        Arc::clone(self.links.lock().unwrap().last().unwrap())
    }

    pub(crate) fn execs(&self) -> usize {
        self.execs.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Dialer for Loopback {
    fn name(&self) -> &str {
        "loopback"
    }

    fn user(&self) -> Option<&str> {
        Some("somebody")
    }

    async fn dial(&self) -> Result<Arc<dyn Link>> {
        if let Some(kind) = *self.refuses.lock().unwrap() {
            return Err(Error::new(kind, "the loopback refuses"));
        }
        let link = Arc::new(LoopbackLink {
            login_shell: self.login_shell.clone(),
            sshd: self.sshd.clone(),
            forbids_streams: self.forbids_streams.load(Ordering::SeqCst),
            execs: Arc::clone(&self.execs),
            mode: watch::Sender::new(Mode::Open),
        });
        self.links.lock().unwrap().push(Arc::clone(&link));
        Ok(link)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    /// Nothing goes through, and nobody is told.
    Stalled,
    Cut,
}

/// A login to this machine.
#[derive(Debug)]
pub(crate) struct LoopbackLink {
    login_shell: String,
    sshd: Option<String>,
    forbids_streams: bool,
    execs: Arc<AtomicUsize>,
    mode: watch::Sender<Mode>,
}

impl LoopbackLink {
    /// Ends it as a lost connection does: the far programs see the end of their input, and are not killed.
    pub(crate) fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }

    /// Lets nothing through any more: neither side learns of it.
    pub(crate) fn stall(&self) {
        self.mode.send_replace(Mode::Stalled);
    }
}

#[async_trait]
impl Link for LoopbackLink {
    async fn exec(&self, line: &str) -> Result<FarProgram> {
        let mode = *self.mode.borrow();
        match mode {
            Mode::Cut => return Err(Error::new(ErrorKind::ConnectionLost, "the link is cut")),
            Mode::Stalled => std::future::pending().await,
            Mode::Open => {}
        }
        self.execs.fetch_add(1, Ordering::SeqCst);
        let mut command = match &self.sshd {
            Some(sshd) => {
                let mut command = std::process::Command::new(sshd);
                command.args(["-c", "\"$@\"; exit $?", "sshd", &self.login_shell, "-c", line]);
                command
            }
            None => {
                let mut command = std::process::Command::new(&self.login_shell);
                command.args(["-c", line]);
                command
            }
        };
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = tokio::process::Command::from(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (mut from_us, mut to_us) = tokio::io::split(theirs);
        let mut mode = self.mode.subscribe();
        tokio::spawn(async move {
            let copy_in = async {
                let mut bytes = vec![0; 16 * 1024];
                while let Ok(read @ 1..) = from_us.read(&mut bytes).await {
                    if stdin.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                    let _ = stdin.flush().await;
                }
                drop(stdin);
            };
            pass(copy_in, &mut mode).await;
        });
        let mut mode = self.mode.subscribe();
        tokio::spawn(async move {
            let copy_out = async {
                let _ = tokio::io::copy(&mut stdout, &mut to_us).await;
                let _ = to_us.shutdown().await;
            };
            pass(copy_out, &mut mode).await;
        });
        let (told, end) = oneshot::channel();
        let mut mode = self.mode.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                _ = mode.wait_for(|mode| *mode == Mode::Cut) => drop(told),
                status = child.wait() => {
                    let status = status.unwrap();
                    let _ = told.send(match (status.code(), status.signal()) {
                        (Some(code), _) => ExitStatus::Code(code),
                        (_, Some(signal)) => ExitStatus::Signal(signal),
                        _ => ExitStatus::Unknown,
                    });
                }
            }
            let _ = child.wait().await;
        });
        Ok(FarProgram {
            stdio: Box::new(Cuttable::new(ours, self.mode.subscribe())),
            stderr: Box::new(stderr),
            end,
        })
    }

    async fn connect_unix(&self, path: &str, _stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        if self.forbids_streams {
            return Err(Error::new(ErrorKind::Denied, "AllowStreamLocalForwarding is off"));
        }
        match UnixStream::connect(path).await {
            Ok(stream) => Ok(Box::new(Cuttable::new(stream, self.mode.subscribe()))),
            Err(_) => Err(Error::new(
                ErrorKind::ConnectionLost,
                "the far sshd could not connect",
            )),
        }
    }

    async fn lost(&self) {
        let _ = self.mode.subscribe().wait_for(|mode| *mode == Mode::Cut).await;
    }

    async fn close(&self) {
        self.cut();
    }
}

/// Copies for as long as the link lets it: a stalled one holds all it has.
async fn pass(copying: impl Future<Output = ()>, mode: &mut watch::Receiver<Mode>) {
    let mut other = mode.clone();
    let cut = async {
        let _ = mode.wait_for(|mode| *mode == Mode::Cut).await.is_ok();
    };
    let stalled = async {
        let _ = other.wait_for(|mode| *mode != Mode::Open).await.is_ok();
    };
    tokio::pin!(copying, cut);
    tokio::select! {
        () = &mut copying => {}
        () = stalled => cut.await,
    }
}

/// A stream that fails when its link is cut.
struct Cuttable<S> {
    stream: S,
    cut: Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Cuttable<S> {
    fn new(stream: S, mut mode: watch::Receiver<Mode>) -> Self {
        let cut = async move {
            let _ = mode.wait_for(|mode| *mode == Mode::Cut).await.is_ok();
        };
        Self {
            stream,
            cut: Mutex::new(Box::pin(cut)),
        }
    }

    fn poll_cut(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Asked again after it was over, it must not be polled.
        let cut = self.cut.get_mut().unwrap();
        std::task::ready!(cut.as_mut().poll(cx));
        *cut = Box::pin(std::future::ready(()));
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(Ok(())) if buf.filled().len() == before && buf.remaining() > 0 => {
                match self.poll_cut(cx) {
                    Poll::Ready(lost) => Poll::Ready(lost),
                    Poll::Pending => Poll::Ready(Ok(())),
                }
            }
            Poll::Pending => self.poll_cut(cx),
            read => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
