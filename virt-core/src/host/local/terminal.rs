//! Terminal devices of this machine.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::OptionalActions;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

use super::{absolute, blocking, io_error, readiness};
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::host::ByteStream;

/// Opens a terminal raw. It does not become our controlling one, and a line without carrier is not waited for.
pub(super) async fn open(path: &str) -> Result<Box<dyn ByteStream>> {
    let owned = path.to_owned();
    let device = blocking(move || open_raw(&owned)).await?;
    let device = readiness::watch(device, Interest::READABLE | Interest::WRITABLE)
        .map_err(|error| io_error(error, "cannot be waited on", path))?;
    Ok(Box::new(Terminal { device }))
}

fn open_raw(path: &str) -> Result<OwnedFd> {
    absolute(path)?;
    let failed = |error: Errno, tried| io_error(error.into(), tried, path);
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let device =
        rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(error, "cannot open"))?;
    let mut settings = rustix::termios::tcgetattr(&device).map_err(|error| match error {
        Errno::NOTTY => Error::new(ErrorKind::InvalidArgument, "is no terminal")
            .with_subject(Subject::Path(path.to_owned())),
        error => failed(error, "cannot read its settings"),
    })?;
    settings.make_raw();
    rustix::termios::tcsetattr(&device, OptionalActions::Now, &settings)
        .map_err(|error| failed(error, "cannot make it raw"))?;
    Ok(device)
}

/// A terminal as a stream. It ends when the other side of a pty is closed.
struct Terminal {
    device: AsyncFd<OwnedFd>,
}

impl AsyncRead for Terminal {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.device.poll_read_ready(cx))?;
            let unfilled = buf.initialize_unfilled();
            match ready.try_io(|device| rustix::io::read(device, &mut *unfilled).map_err(Into::into)) {
                Ok(Ok(read)) => {
                    buf.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if is_hang_up(&error) => return Poll::Ready(Ok(())),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for Terminal {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.device.poll_write_ready(cx))?;
            match ready.try_io(|device| rustix::io::write(device, bytes).map_err(Into::into)) {
                Ok(Ok(written)) => return Poll::Ready(Ok(written)),
                Ok(Err(error)) if is_hang_up(&error) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, error)));
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a pty says when its other side is gone.
fn is_hang_up(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pty::OpenptFlags;
    use std::fs::File;
    use std::io::{Read, Write};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// The other side of a pty, and the path of the terminal.
    fn pty() -> (File, String) {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let path = rustix::pty::ptsname(&master, Vec::new()).unwrap();
        (File::from(master), path.into_string().unwrap())
    }

    #[tokio::test]
    async fn bytes_pass_a_terminal_as_they_are() {
        let (mut master, path) = pty();
        let mut terminal = open(&path).await.unwrap();
        // Neither interrupt, end of file, line ends nor deletion mean anything.
        let sent = b"\x03\x04\r\n\x7f\x11\xff";
        master.write_all(sent).unwrap();
        let mut read = [0; 7];
        terminal.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, sent);
        terminal.write_all(sent).await.unwrap();
        master.read_exact(&mut read).unwrap();
        // Nothing was echoed, and nothing translated.
        assert_eq!(&read, sent);
    }

    #[tokio::test]
    async fn a_terminal_ends_when_its_other_side_is_closed() {
        let (master, path) = pty();
        let mut terminal = open(&path).await.unwrap();
        drop(master);
        let mut rest = Vec::new();
        terminal.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
        let error = terminal.write_all(b"x").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn what_is_no_terminal_is_refused() {
        let error = open("/dev/null").await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let error = open("/dev/no-such-terminal").await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
