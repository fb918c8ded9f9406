//! Terminal devices of a far machine.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use virt_core::host::ByteStream;
use virt_core::{Error, ErrorKind, Result, Subject};

use super::answer::{self, End};
use super::connection::Connection;
use super::error::{absolute, far_error};
use super::far::Role;
use super::login::Login;
use super::quote::Call;
use super::session::Session;

/// Opens a terminal raw.
///
/// # Errors
/// `InvalidArgument` for what is no terminal.
pub(super) async fn open(connection: &Connection, path: &str) -> Result<Box<dyn ByteStream>> {
    absolute(path)?;
    let login = connection.login().await?;
    stream(&login, Role::Terminal, "terminal MARKER", path).await
}

/// Starts a session that becomes a stream once its script says so.
pub(super) async fn stream(
    login: &Arc<Login>,
    role: Role,
    call: &'static str,
    path: &str,
) -> Result<Box<dyn ByteStream>> {
    let call = Call::new(call).arg(path)?;
    let mut session = Session::open(login.link.as_ref(), &login.launch, role, call).await?;
    let answer = answer::one(&mut session.reader).await?;
    let about = || Subject::Path(path.to_owned());
    match answer.end {
        End::Done => Ok(Box::new(Stream {
            session,
            login_over: login.over(),
        })),
        End::Failed(said) if said == "%tools" => Err(Error::new(
            ErrorKind::Denied,
            "cannot connect: the far sshd forbids it (AllowStreamLocalForwarding), and the machine has none of perl, \
             python3, socat and nc with -U that could do it instead",
        )
        .with_subject(about())),
        End::Failed(said) if role == Role::Terminal && said.contains("Inappropriate ioctl") => {
            Err(Error::new(ErrorKind::InvalidArgument, "is no terminal").with_subject(about()))
        }
        End::Failed(said) if role == Role::Terminal => Err(far_error(&said, "cannot open", about())),
        End::Failed(said) if said.contains("Connection refused") => Err(far_error(
            &said,
            "cannot connect: nobody listens there",
            about(),
        )),
        End::Failed(said) => Err(far_error(&said, "cannot connect", about())),
        End::NotBegun => Err(super::error::not_understood("a stream")),
    }
}

/// A session as a stream: what its program reads and writes.
#[derive(Debug)]
struct Stream {
    session: Session,
    /// Whether the login was given up: the next one ends what is left of it, and that is no end of the terminal.
    login_over: Arc<AtomicBool>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, has_room) = (buf.filled().len(), buf.remaining() > 0);
        std::task::ready!(Pin::new(&mut self.session.reader).poll_read(cx, buf))?;
        if has_room && buf.filled().len() == before && self.login_over.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "the connection to the machine was lost",
            )));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.session.writer).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.session.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.session.writer).poll_shutdown(cx)
    }
}
