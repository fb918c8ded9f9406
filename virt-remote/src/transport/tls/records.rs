//! No record of TLS has two messages.
//!
//! A daemon reads one message, and waits for its socket to have more. What GnuTLS has decrypted already is not in the
//! socket any more: the rest of a record with two messages lies there until something else comes, which may be the ping
//! after five seconds of silence (libvirtd up to 11.3 at least). libvirt's own client writes one message at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::length::{LENGTH, behind_length};

/// A stream that never writes beyond the end of a message at once. It writes from one place at a time: what it is given from
/// several must not go past it.
#[derive(Debug)]
pub(super) struct MessageRecords<S> {
    stream: S,
    going: Going,
}

impl<S> MessageRecords<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            going: Going::default(),
        }
    }
}

/// The message that is being written.
#[derive(Debug, Default)]
struct Going {
    /// What has gone of its length.
    length: Vec<u8>,
    /// How much of it is to go once its length has.
    left: usize,
}

impl Going {
    /// How much of these bytes is of this message; where that can't be known yet, its length alone.
    fn most(&self, bytes: &[u8]) -> usize {
        if self.left > 0 {
            return self.left;
        }
        let wanted = LENGTH - self.length.len().min(LENGTH);
        match bytes.get(..wanted) {
            Some(rest) => {
                wanted + behind_length(&[self.length.as_slice(), rest].concat()).unwrap_or_default()
            }
            None => wanted,
        }
    }

    fn went(&mut self, bytes: &[u8]) {
        if self.left > 0 {
            self.left -= bytes.len().min(self.left);
            return;
        }
        let wanted = LENGTH - self.length.len().min(LENGTH);
        self.length
            .extend_from_slice(bytes.get(..wanted).unwrap_or(bytes));
        if let Some(behind) = behind_length(&self.length) {
            self.left = behind.saturating_sub(bytes.len().saturating_sub(wanted));
            self.length.clear();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MessageRecords<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MessageRecords<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let part = buf.get(..this.going.most(buf)).unwrap_or(buf);
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, part))?;
        this.going.went(part.get(..written).unwrap_or(part));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    /// Keeps each write apart, and takes at most so much at once.
    #[derive(Debug)]
    struct Writes(Vec<Vec<u8>>, usize);

    impl AsyncWrite for Writes {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            let part = buf.get(..self.1).unwrap_or(buf);
            self.0.push(part.to_vec());
            Poll::Ready(Ok(part.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn message(content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + LENGTH).expect("a length");
        [length.to_be_bytes().as_slice(), content].concat()
    }

    #[tokio::test]
    async fn messages_that_are_written_together_go_one_by_one() {
        let messages = [message(b"one"), message(b""), message(b"and three")];
        let mut stream = MessageRecords::new(Writes(Vec::new(), usize::MAX));
        stream.write_all(&messages.concat()).await.expect("written");
        assert_eq!(stream.stream.0, messages);
    }

    #[tokio::test]
    async fn no_write_goes_beyond_a_message_however_they_are_cut() {
        let messages = [message(b"one"), message(b"and two")];
        for most in 1..12 {
            for cut in 1..messages.concat().len() {
                let mut stream = MessageRecords::new(Writes(Vec::new(), most));
                let all = messages.concat();
                for part in [&all[..cut], &all[cut..]] {
                    stream.write_all(part).await.expect("written");
                }
                let mut end = 0;
                let ends: Vec<usize> = stream
                    .stream
                    .0
                    .iter()
                    .map(|write| {
                        end += write.len();
                        end
                    })
                    .collect();
                assert!(ends.contains(&messages[0].len()), "{most} {cut} {ends:?}");
                assert_eq!(stream.stream.0.concat(), all);
            }
        }
    }
}
