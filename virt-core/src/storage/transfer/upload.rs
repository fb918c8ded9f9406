//! An upload: a volume's content being written.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::file::FileReader;
use super::into_io;
use super::piece::{PIECE, with_holes};
use super::{TransferProgress, UploadOptions, VolumePiece};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::driver::VolumeWriter;
use crate::error::{Error, ErrorKind, Outcome, Result, Subject};
use crate::storage::StorageVolumeRef;

type Passing = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A volume's content being written, from the offset of the [`UploadOptions`] on.
///
/// # Ending
/// [`finish`](Self::finish) (or shutting it down as [`AsyncWrite`]) waits until all has been written at the other end:
/// before, nothing is certain. Dropped without that, or [aborted](Self::abort), the upload is given up.
///
/// An upload that was given up or failed leaves the volume as far written as it came, which is at most what
/// [`progress`](Self::progress) says, and may be less. The rest is as it was, or zeros where the old content was to be
/// discarded; an image file may end where writing did. Write it again from the beginning, or delete the volume.
///
/// # Errors
/// Writing tells what went wrong with any byte so far. As [`AsyncWrite`] the [`Error`] is inside of the
/// [`io::Error`]; [`Error::from`] gets it out. After an error nothing more can be written.
///
/// # Cancel safety
/// A future of [`write_piece`](Self::write_piece) that is dropped loses nothing: the piece is passed on before the next.
pub struct VolumeUpload {
    connection: Connection,
    volume: StorageVolumeRef,
    writer: Arc<dyn VolumeWriter>,
    /// What was written as bytes and is not passed on yet.
    buffer: BytesMut,
    passing: Option<Passing>,
    /// How many bytes may still be written.
    room: Option<u64>,
    dense: bool,
    finishing: bool,
    failure: Option<(ErrorKind, String)>,
    progress: TransferProgress,
}

impl VolumeUpload {
    pub(in crate::storage) fn new(
        connection: Connection,
        volume: StorageVolumeRef,
        writer: Box<dyn VolumeWriter>,
        options: &UploadOptions,
    ) -> Self {
        Self {
            connection,
            volume,
            writer: Arc::from(writer),
            buffer: BytesMut::new(),
            passing: None,
            room: options.length,
            dense: options.dense,
            finishing: false,
            failure: None,
            progress: TransferProgress::default(),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> TransferProgress {
        self.progress.clone()
    }

    /// Writes a piece: bytes, or a hole, which reads as zeros afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` beyond the upload's length; `ResourceExhausted` when there is no room; `ConnectionLost`.
    pub async fn write_piece(&mut self, piece: VolumePiece) -> Result<()> {
        self.claim(piece.length())?;
        poll_fn(|cx| self.poll_empty(cx)).await?;
        if piece.length() > 0 {
            self.pass(piece);
        }
        poll_fn(|cx| self.poll_passed(cx)).await
    }

    /// Writes all that comes from a reader, zeros in blocks of 64 KiB as holes, and says how many bytes that was. Ends
    /// with the reader; [`finish`](Self::finish) comes after.
    ///
    /// # Errors
    /// As [`write_piece`](Self::write_piece), and those of the reader.
    ///
    /// # Cancel safety
    /// Dropping the future loses what was read and not yet written: the upload can only be given up then.
    pub async fn copy_from(&mut self, reader: &mut (impl AsyncRead + Unpin + ?Sized)) -> Result<u64> {
        let mut count = 0_u64;
        loop {
            let mut bytes = BytesMut::with_capacity(PIECE);
            // A reader gives as little as it likes: pieces are made full.
            while bytes.len() < PIECE && reader.read_buf(&mut bytes).await? > 0 {}
            if bytes.is_empty() {
                return Ok(count);
            }
            for piece in self.cut(bytes.freeze()) {
                count = count.saturating_add(piece.length());
                self.write_piece(piece).await?;
            }
        }
    }

    /// Writes all that is in a file, its holes as holes, and says how many bytes that was. [`finish`](Self::finish)
    /// comes after.
    ///
    /// # Errors
    /// As [`write_piece`](Self::write_piece), and those of reading the file.
    ///
    /// # Cancel safety
    /// As [`copy_from`](Self::copy_from).
    pub async fn copy_file(&mut self, file: std::fs::File) -> Result<u64> {
        let mut reader = FileReader::start(file, self.dense);
        let mut count = 0_u64;
        while let Some(piece) = reader.next().await? {
            count = count.saturating_add(piece.length());
            self.write_piece(piece).await?;
        }
        Ok(count)
    }

    fn cut(&self, bytes: Bytes) -> Vec<VolumePiece> {
        if self.dense {
            vec![VolumePiece::Data(bytes)]
        } else {
            with_holes(bytes)
        }
    }

    /// Waits until all that was written is in the volume.
    ///
    /// # Errors
    /// Whatever went wrong with it: `ResourceExhausted` when there was no room; `ConnectionLost`; `Timeout` with
    /// [`Outcome::Unknown`] after the time of [`CallClass::Bulk`].
    ///
    /// # Cancel safety
    /// Dropping the future gives the upload up, unless the other end was told already.
    pub async fn finish(mut self) -> Result<()> {
        poll_fn(|cx| self.poll_finished(cx)).await
    }

    /// Gives the upload up and waits until the other end has taken note.
    ///
    /// # Errors
    /// `ConnectionLost`; `Timeout`.
    pub async fn abort(mut self) -> Result<()> {
        self.passing = None;
        let writer = Arc::clone(&self.writer);
        let aborted = self
            .connection
            .call("volume_upload_abort", CallClass::Change, async |call, _| {
                writer.abort(&call).await
            })
            .await;
        aborted.map_err(|error| self.dress(error))
    }

    /// Takes room for bytes: what lies beyond the length never goes out.
    fn claim(&mut self, length: u64) -> Result<()> {
        self.check()?;
        if let Some(room) = &mut self.room {
            *room = room.checked_sub(length).ok_or_else(|| {
                let message =
                    format!("{length} bytes more than the upload's length allows ({room} are left)");
                Error::new(ErrorKind::InvalidArgument, message)
                    .with_operation("volume_upload")
                    .with_subject(Subject::from(&self.volume))
            })?;
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if let Some((kind, message)) = &self.failure {
            let error = Error::new(*kind, message.clone()).with_outcome(Outcome::Unknown);
            return Err(self.dress(error));
        }
        if self.finishing {
            let error = Error::new(ErrorKind::InvalidState, "the upload is finished");
            return Err(self.dress(error));
        }
        Ok(())
    }

    fn dress(&self, error: Error) -> Error {
        error
            .with_operation("volume_upload")
            .with_driver(self.connection.driver_name())
            .with_subject(Subject::from(&self.volume))
    }

    fn pass(&mut self, piece: VolumePiece) {
        let (writer, progress) = (Arc::clone(&self.writer), self.progress.clone());
        self.passing = Some(Box::pin(async move {
            writer.send(piece.clone()).await?;
            progress.add(&piece);
            Ok(())
        }));
    }

    /// Waits until what is on its way has been passed on.
    fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(passing) = &mut self.passing else {
            return Poll::Ready(Ok(()));
        };
        let passed = ready!(passing.as_mut().poll(cx));
        self.passing = None;
        Poll::Ready(passed.map_err(|error| {
            self.buffer.clear();
            self.failure = Some((error.kind(), error.message().to_owned()));
            self.dress(error)
        }))
    }

    /// Passes on what is in the buffer.
    fn poll_empty(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            ready!(self.poll_passed(cx))?;
            if self.buffer.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let bytes = self.buffer.split().freeze();
            self.pass(VolumePiece::Data(bytes));
        }
    }

    fn poll_finished(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.finishing {
            self.check()?;
            ready!(self.poll_empty(cx))?;
            self.finishing = true;
            let (writer, connection) = (Arc::clone(&self.writer), self.connection.clone());
            self.passing = Some(Box::pin(async move {
                connection
                    .call("volume_upload_finish", CallClass::Bulk, async |call, _| {
                        writer.finish(&call).await
                    })
                    .await
            }));
        }
        self.poll_passed(cx)
    }
}

impl AsyncWrite for VolumeUpload {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.check().map_err(into_io)?;
        if this.buffer.len() >= PIECE {
            ready!(this.poll_empty(cx)).map_err(into_io)?;
        }
        let count = bytes.len().min(PIECE.saturating_sub(this.buffer.len()));
        let taken = bytes.get(..count).unwrap_or_default();
        this.claim(u64::try_from(count).unwrap_or(u64::MAX))
            .map_err(into_io)?;
        this.buffer.extend_from_slice(taken);
        if this.buffer.len() >= PIECE
            && let Poll::Ready(Err(error)) = this.poll_empty(cx)
        {
            return Poll::Ready(Err(into_io(error)));
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_empty(cx).map_err(into_io)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_finished(cx).map_err(into_io)
    }
}

impl fmt::Debug for VolumeUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VolumeUpload")
            .field("volume", &self.volume.to_string())
            .field("progress", &self.progress)
            .field("finishing", &self.finishing)
            .finish_non_exhaustive()
    }
}
