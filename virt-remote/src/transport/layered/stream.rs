//! The stream itself.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::layer::Layer;
use super::switch::{LayerSwitch, Stage};
use crate::transport::length::LENGTH;

/// How much is read at once, in bytes.
const READ: usize = 64 * 1024;

/// The stream.
pub(in crate::transport) struct LayeredStream<S> {
    stream: S,
    switch: LayerSwitch,
    /// What came and is not opened yet.
    sealed: BytesMut,
    /// What is opened and not read yet.
    plain: Vec<u8>,
    read: usize,
    /// What is sealed and not written yet.
    going: BytesMut,
}

impl<S> fmt::Debug for LayeredStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayeredStream")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> LayeredStream<S> {
    pub(in crate::transport) fn new(stream: S) -> Self {
        Self {
            stream,
            switch: LayerSwitch::new(),
            sealed: BytesMut::new(),
            plain: Vec::new(),
            read: 0,
            going: BytesMut::new(),
        }
    }

    pub(in crate::transport) fn switch(&self) -> LayerSwitch {
        self.switch.clone()
    }

    /// Gives what is opened.
    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        let rest = self.plain.get(self.read..).unwrap_or_default();
        let given = rest.get(..buf.remaining()).unwrap_or(rest);
        buf.put_slice(given);
        self.read += given.len();
        if self.read >= self.plain.len() {
            self.plain.clear();
            self.read = 0;
        }
    }

    /// Opens the next packet, where all of it is there.
    fn open_next(&mut self, layer: &mut dyn Layer) -> io::Result<bool> {
        let Some(length) = self.sealed.first_chunk::<LENGTH>() else {
            return Ok(false);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > layer.most_sealed() {
            let message = format!(
                "a sealed packet of {length} bytes: it may have {}",
                layer.most_sealed()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let Some(packet) = self.sealed.get(LENGTH..LENGTH.saturating_add(length)) else {
            return Ok(false);
        };
        layer.open(packet, &mut self.plain)?;
        self.sealed.advance(LENGTH + length);
        Ok(true)
    }

    fn poll_read_layered(
        &mut self,
        layer: &mut dyn Layer,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.read < self.plain.len() {
                self.give(buf);
                return Poll::Ready(Ok(()));
            }
            if self.open_next(layer)? {
                continue;
            }
            let before = self.sealed.len();
            self.sealed.resize(before + READ, 0);
            let mut room = ReadBuf::new(self.sealed.get_mut(before..).unwrap_or_default());
            let polled = Pin::new(&mut self.stream).poll_read(cx, &mut room);
            let came = room.filled().len();
            self.sealed.truncate(before + came);
            ready!(polled)?;
            match (came, before) {
                (0, 0) => return Poll::Ready(Ok(())),
                (0, _) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                _ => {}
            }
        }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.going.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.going))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.going.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

/// Reads at most so much.
fn poll_read_some<S: AsyncRead + Unpin>(
    stream: &mut S,
    most: usize,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<usize>> {
    let mut part = ReadBuf::new(buf.initialize_unfilled_to(most.min(buf.remaining())));
    ready!(Pin::new(stream).poll_read(cx, &mut part))?;
    let came = part.filled().len();
    buf.advance(came);
    Poll::Ready(Ok(came))
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for LayeredStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let switch = this.switch.clone();
        let mut state = switch.lock();
        match &mut state.stage {
            Stage::Open => {
                drop(state);
                Pin::new(&mut this.stream).poll_read(cx, buf)
            }
            Stage::Layered(layer) => this.poll_read_layered(layer.as_mut(), cx, buf),
            Stage::Login(gate) => {
                let most = gate.most();
                if most == 0 {
                    state.reader = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                let before = buf.filled().len();
                let came = ready!(poll_read_some(&mut this.stream, most, cx, buf))?;
                if came > 0 {
                    gate.came(buf.filled().get(before..).unwrap_or_default());
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for LayeredStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let switch = this.switch.clone();
        let mut state = switch.lock();
        match &mut state.stage {
            Stage::Open => {
                drop(state);
                Pin::new(&mut this.stream).poll_write(cx, buf)
            }
            Stage::Login(gate) => {
                let written = ready!(Pin::new(&mut this.stream).poll_write(cx, buf))?;
                gate.open();
                if let Some(reader) = state.reader.take() {
                    reader.wake();
                }
                Poll::Ready(Ok(written))
            }
            Stage::Layered(layer) => {
                ready!(this.poll_drain(cx))?;
                let plain = buf.get(..layer.most_plain()).unwrap_or(buf);
                let mut sealed = Vec::new();
                layer.seal(plain, &mut sealed)?;
                this.going.extend_from_slice(&sealed);
                // What does not go now goes with the next write, or is flushed.
                match this.poll_drain(cx) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    _ => Poll::Ready(Ok(plain.len())),
                }
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Turns every bit, and puts a mark behind.
    #[derive(Debug)]
    struct Turned;

    impl Layer for Turned {
        fn most_plain(&self) -> usize {
            5
        }

        fn most_sealed(&self) -> usize {
            10
        }

        fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
            let length = u32::try_from(plain.len() + 1).expect("a length");
            out.extend_from_slice(&length.to_be_bytes());
            out.extend(plain.iter().map(|byte| !byte));
            out.push(b'!');
            Ok(())
        }

        fn open(&mut self, packet: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
            let plain = packet.strip_suffix(b"!").ok_or(io::ErrorKind::InvalidData)?;
            out.extend(plain.iter().map(|byte| !byte));
            Ok(())
        }
    }

    /// A message of 28 bytes of that type.
    fn message(type_: u8) -> Vec<u8> {
        let mut message = vec![0; 28];
        message[3] = 28;
        message[19] = type_;
        message
    }

    #[tokio::test]
    async fn nothing_is_read_behind_a_reply_before_the_layer_is_there() {
        let (near, mut far) = tokio::io::duplex(1000);
        let mut near = LayeredStream::new(near);
        let switch = near.switch();
        far.write_all(&message(2)).await.expect("sent");
        far.write_all(&message(1)).await.expect("sent");
        // Somebody on the line slips this in.
        far.write_all(&message(2)).await.expect("sent");
        let mut read = Vec::new();
        let reading = async { while near.read_buf(&mut read).await.is_ok_and(|came| came > 0) {} };
        tokio::time::timeout(std::time::Duration::from_millis(50), reading)
            .await
            .expect_err("it waits behind the reply");
        assert_eq!(read, [message(2), message(1)].concat());
        switch.install(Box::new(Turned));
        // It is no packet of the layer's.
        near.read_buf(&mut read).await.expect_err("a fault");
    }

    #[tokio::test]
    async fn a_call_opens_the_way_for_its_reply() {
        let (near, mut far) = tokio::io::duplex(1000);
        let mut near = LayeredStream::new(near);
        let switch = near.switch();
        far.write_all(&[message(1), message(1)].concat())
            .await
            .expect("sent");
        let mut read = [0; 28];
        near.read_exact(&mut read).await.expect("a reply");
        near.write_all(b"a call").await.expect("sent");
        near.read_exact(&mut read).await.expect("a reply");
        switch.login_is_over();
        far.write_all(b"anything").await.expect("sent");
        let mut read = [0; 8];
        near.read_exact(&mut read).await.expect("the rest");
        assert_eq!(&read, b"anything");
    }

    #[tokio::test]
    async fn everything_goes_through_the_layer_in_packets_of_its_size() {
        let (near, far) = tokio::io::duplex(7);
        let (mut near, mut far) = (LayeredStream::new(near), LayeredStream::new(far));
        near.switch().install(Box::new(Turned));
        far.switch().install(Box::new(Turned));
        let sending = async {
            near.write_all(b"hello, world").await.expect("sent");
            near.flush().await.expect("sent");
            near.shutdown().await.expect("an end");
        };
        let receiving = async {
            let mut read = String::new();
            far.read_to_string(&mut read).await.expect("read");
            read
        };
        let ((), read) = tokio::join!(sending, receiving);
        assert_eq!(read, "hello, world");
    }

    #[tokio::test]
    async fn an_end_within_a_packet_and_one_that_is_too_long_are_faults() {
        for (sent, kind) in [
            (&b"\0\0\0\x04ab"[..], io::ErrorKind::UnexpectedEof),
            (b"\0\0\0\x0babcdefghijk", io::ErrorKind::InvalidData),
            (b"\0\0\0\x02ab", io::ErrorKind::InvalidData),
        ] {
            let (near, mut far) = tokio::io::duplex(100);
            let mut near = LayeredStream::new(near);
            near.switch().install(Box::new(Turned));
            far.write_all(sent).await.expect("sent");
            drop(far);
            let error = near.read_u8().await.expect_err("a fault");
            assert_eq!(error.kind(), kind, "{sent:?}");
        }
    }
}
