//! A download: a volume's content being read.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::file::FileWriter;
use super::into_io;
use super::{TransferProgress, VolumePiece};
use crate::connection::Connection;
use crate::deadline::CallClass;
use crate::driver::VolumeReader;
use crate::error::{Error, Result, Subject};
use crate::storage::StorageVolumeRef;

/// What a hole is read as, a piece at a time.
const ZEROS: &[u8] = &[0; 64 * 1024];

type Reading = Pin<Box<dyn Future<Output = Result<Option<VolumePiece>>> + Send>>;

/// A volume's content being read, from the offset of the [`DownloadOptions`](super::DownloadOptions) on.
///
/// # Ending
/// The end is told only when the other end has said that all was sent: what was read up to it is complete. Before it,
/// dropping or [aborting](Self::abort) gives the download up.
///
/// # Errors
/// As [`AsyncRead`] the [`Error`] is inside of the [`io::Error`]; [`Error::from`] gets it out.
///
/// # Cancel safety
/// Dropping the future of a read loses nothing.
pub struct VolumeDownload {
    connection: Connection,
    volume: StorageVolumeRef,
    reader: Arc<dyn VolumeReader>,
    /// What has come and was not given out yet.
    rest: Option<VolumePiece>,
    reading: Option<Reading>,
    over: bool,
    progress: TransferProgress,
}

impl VolumeDownload {
    pub(in crate::storage) fn new(
        connection: Connection,
        volume: StorageVolumeRef,
        reader: Box<dyn VolumeReader>,
    ) -> Self {
        Self {
            connection,
            volume,
            reader: Arc::from(reader),
            rest: None,
            reading: None,
            over: false,
            progress: TransferProgress::default(),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> TransferProgress {
        self.progress.clone()
    }

    /// The next piece: bytes or a hole; `None` at the end.
    ///
    /// # Errors
    /// `ConnectionLost`; `Failed` with the daemon's words when it can't read on.
    pub async fn next_piece(&mut self) -> Result<Option<VolumePiece>> {
        poll_fn(|cx| self.poll_piece(cx)).await
    }

    /// Writes all that comes to a writer, holes as zeros, flushes it, and says how many bytes that was.
    ///
    /// # Errors
    /// As [`next_piece`](Self::next_piece), and those of the writer.
    ///
    /// # Cancel safety
    /// Dropping the future loses what was read and not yet written: the download can only be given up then.
    pub async fn copy_to(&mut self, writer: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<u64> {
        let mut count = 0_u64;
        while let Some(piece) = self.next_piece().await? {
            count = count.saturating_add(piece.length());
            match piece {
                VolumePiece::Data(data) => writer.write_all(&data).await?,
                VolumePiece::Hole(length) => write_zeros(writer, length).await?,
            }
        }
        writer.flush().await?;
        Ok(count)
    }

    /// Writes all that comes to a file, from its beginning and instead of what is in it, holes as holes, and says how
    /// many bytes that was. When it fails the file holds what had come.
    ///
    /// # Errors
    /// As [`next_piece`](Self::next_piece), and those of writing the file.
    ///
    /// # Cancel safety
    /// As [`copy_to`](Self::copy_to).
    pub async fn copy_to_file(&mut self, file: std::fs::File) -> Result<u64> {
        let mut writer = FileWriter::start(file);
        loop {
            match self.next_piece().await {
                Ok(Some(piece)) => {
                    if !writer.send(piece).await {
                        return writer.finish().await;
                    }
                }
                Ok(None) => return writer.finish().await,
                Err(error) => {
                    // That the volume could not be read is what counts.
                    drop(writer.finish().await);
                    return Err(error);
                }
            }
        }
    }

    /// Gives the download up and waits until the other end has taken note.
    ///
    /// # Errors
    /// `ConnectionLost`; `Timeout`.
    pub async fn abort(mut self) -> Result<()> {
        self.reading = None;
        if self.over {
            return Ok(());
        }
        let reader = Arc::clone(&self.reader);
        let aborted = self
            .connection
            .call("volume_download_abort", CallClass::Query, async |call, _| {
                reader.abort(&call).await
            })
            .await;
        aborted.map_err(|error| self.dress(error))
    }

    fn dress(&self, error: Error) -> Error {
        error
            .with_operation("volume_download")
            .with_driver(self.connection.driver_name())
            .with_subject(Subject::from(&self.volume))
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<VolumePiece>>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Ok(Some(rest)));
        }
        if self.over {
            return Poll::Ready(Ok(None));
        }
        let reader = &self.reader;
        let reading = self.reading.get_or_insert_with(|| {
            let reader = Arc::clone(reader);
            Box::pin(async move { reader.next().await })
        });
        let read = ready!(reading.as_mut().poll(cx));
        self.reading = None;
        match &read {
            Ok(Some(piece)) => self.progress.add(piece),
            Ok(None) => self.over = true,
            Err(_) => {}
        }
        Poll::Ready(read.map_err(|error| self.dress(error)))
    }
}

async fn write_zeros(writer: &mut (impl AsyncWrite + Unpin + ?Sized), mut length: u64) -> io::Result<()> {
    while length > 0 {
        let count = usize::try_from(length).unwrap_or(usize::MAX).min(ZEROS.len());
        writer.write_all(ZEROS.get(..count).unwrap_or_default()).await?;
        length = length.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
    }
    Ok(())
}

impl AsyncRead for VolumeDownload {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match ready!(this.poll_piece(cx)).map_err(into_io)? {
                None => return Poll::Ready(Ok(())),
                Some(VolumePiece::Data(mut data)) => {
                    let given = data.split_to(data.len().min(buf.remaining()));
                    buf.put_slice(&given);
                    this.rest = (!data.is_empty()).then_some(VolumePiece::Data(data));
                    if !given.is_empty() {
                        return Poll::Ready(Ok(()));
                    }
                }
                Some(VolumePiece::Hole(length)) => {
                    let count = usize::try_from(length).unwrap_or(usize::MAX);
                    let count = count.min(buf.remaining()).min(ZEROS.len());
                    buf.put_slice(ZEROS.get(..count).unwrap_or_default());
                    let left = length.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
                    this.rest = (left > 0).then_some(VolumePiece::Hole(left));
                    if count > 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl fmt::Debug for VolumeDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VolumeDownload")
            .field("volume", &self.volume.to_string())
            .field("progress", &self.progress)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
