//! What is to be written: calls and pongs go ahead of streams, at the next end of a message.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::fds::FdPipe;

/// How many pieces of streams wait here; the others wait with their writers.
const PIECES: usize = 2;

/// How large a buffer is kept for the next messages, in bytes.
const KEPT: usize = 1024 * 1024;

/// Bytes on their way out.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// What is being written, and how much of it is.
    current: io::Cursor<Vec<u8>>,
    /// What follows it: the content of a stream, which is written from where it is.
    body: Bytes,
    urgent: Vec<u8>,
    /// File descriptors, and the places among what is urgent of the bytes that they go along with.
    fds: Vec<(usize, OwnedFd)>,
    /// How they go.
    pipe: Option<FdPipe>,
    /// How much has been written, or is being written.
    begun: u64,
    pieces: VecDeque<Piece>,
    /// Something was written that may be held back on the way.
    unflushed: bool,
}

/// A message of a stream.
#[derive(Debug)]
struct Piece {
    header: Vec<u8>,
    body: Bytes,
}

impl Outbox {
    /// An empty one, on a stream that may take file descriptors.
    pub(super) fn new(pipe: Option<FdPipe>) -> Self {
        Self {
            pipe,
            ..Self::default()
        }
    }

    /// Appends a file descriptor behind what is urgent so far.
    pub(super) fn push_fd(&mut self, fd: OwnedFd) {
        self.fds.push((self.urgent.len(), fd));
        self.urgent.push(0);
    }

    /// Where calls and pongs are appended.
    pub(super) fn urgent(&mut self) -> &mut Vec<u8> {
        &mut self.urgent
    }

    /// Adds a message of a stream, its length and header apart.
    pub(super) fn push(&mut self, header: Vec<u8>, body: Bytes) {
        self.pieces.push_back(Piece { header, body });
    }

    pub(super) fn has_room_for_streams(&self) -> bool {
        self.pieces.len() < PIECES
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.unflushed && !self.is_writing() && self.urgent.is_empty() && self.pieces.is_empty()
    }

    fn is_writing(&self) -> bool {
        self.current.has_remaining() || self.body.has_remaining()
    }

    /// Writes some of it, or flushes what was written. Cancel-safe.
    pub(super) async fn write<W: AsyncWrite + Unpin>(&mut self, write: &mut W) -> io::Result<()> {
        if !self.is_writing() {
            self.take_next(write.is_write_vectored());
        }
        if !self.is_writing() {
            write.flush().await?;
            self.unflushed = false;
            return Ok(());
        }
        self.unflushed = true;
        let mut both = (&mut self.current).chain(&mut self.body);
        if write.write_buf(&mut both).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    /// Begins with the next message, or with all that is urgent. What cannot be written from two places is put together.
    fn take_next(&mut self, from_two_places: bool) {
        let mut next = std::mem::take(self.current.get_mut());
        next.clear();
        if next.capacity() > KEPT {
            next = Vec::new();
        }
        if !self.urgent.is_empty() {
            std::mem::swap(&mut next, &mut self.urgent);
            for (offset, fd) in self.fds.drain(..) {
                if let Some(pipe) = &self.pipe {
                    pipe.send_at(self.begun + length(offset), fd);
                }
            }
        } else if let Some(piece) = self.pieces.pop_front() {
            next.extend_from_slice(&piece.header);
            match from_two_places {
                true => self.body = piece.body,
                false => next.extend_from_slice(&piece.body),
            }
        }
        self.begun += length(next.len()) + length(self.body.len());
        self.current = io::Cursor::new(next);
    }
}

fn length(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn what_is_urgent_goes_ahead_of_streams_but_never_into_a_message() {
        let (mut near, mut far) = tokio::io::duplex(4);
        let mut outbox = Outbox::default();
        outbox.push(b"stream".to_vec(), Bytes::from_static(b"-1"));
        outbox.push(b"stream".to_vec(), Bytes::from_static(b"-2"));
        assert!(!outbox.has_room_for_streams());
        outbox.write(&mut near).await.expect("written");
        outbox.urgent().extend_from_slice(b"PONG");
        let mut read = [0; 20];
        let (written, _) = tokio::join!(
            async {
                while !outbox.is_empty() {
                    outbox.write(&mut near).await?;
                }
                io::Result::Ok(())
            },
            far.read_exact(&mut read)
        );
        written.expect("written");
        assert_eq!(&read, b"stream-1PONGstream-2");
    }
}
