//! Files of this machine as pieces, with their holes: read and written on a thread of their own.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use rustix::fs::{SeekFrom, seek};
use rustix::io::{Errno, pread};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::VolumePiece;
use super::piece::{PIECE, with_holes};
use crate::error::{Error, ErrorKind, Result};

/// How many pieces wait between the file and the stream.
const AHEAD: usize = 4;

/// A file being read. Dropped, reading ends after the piece it is at.
pub(super) struct FileReader {
    pieces: mpsc::Receiver<io::Result<VolumePiece>>,
    thread: JoinHandle<()>,
}

impl FileReader {
    /// Begins to read a file from its beginning; every byte as it is when `dense`.
    pub(super) fn start(file: File, dense: bool) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let thread = tokio::task::spawn_blocking(move || {
            let pass = |piece| sender.blocking_send(Ok(piece)).is_ok();
            if let Err(error) = read(&file, dense, pass) {
                // Nobody who reads on need be told.
                drop(sender.blocking_send(Err(error)));
            }
        });
        Self { pieces, thread }
    }

    /// The next piece; `None` at the end. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Option<VolumePiece>> {
        match self.pieces.recv().await {
            Some(piece) => Ok(Some(piece?)),
            None => (&mut self.thread).await.map(|()| None).map_err(ended),
        }
    }
}

/// Reads a file piece by piece, as long as they are taken.
fn read(file: &File, dense: bool, mut pass: impl FnMut(VolumePiece) -> bool) -> io::Result<()> {
    let end = seek(file, SeekFrom::End(0))?;
    let mut at = 0;
    while at < end {
        let data = if dense { at } else { data_after(file, at, end)? };
        if data > at && !pass(VolumePiece::Hole(data - at)) {
            return Ok(());
        }
        let until = if dense { end } else { hole_after(file, data, end)? };
        at = data;
        while at < until {
            let size = usize::try_from(until - at).unwrap_or(usize::MAX).min(PIECE);
            let bytes = read_at(file, at, size)?;
            if bytes.is_empty() {
                // Somebody has cut the file meanwhile.
                return Ok(());
            }
            at = at.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            let pieces = if dense {
                vec![VolumePiece::Data(bytes)]
            } else {
                with_holes(bytes)
            };
            if !pieces.into_iter().all(&mut pass) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Where data begins, from `at` on.
fn data_after(file: &File, at: u64, end: u64) -> io::Result<u64> {
    match seek(file, SeekFrom::Data(at)) {
        Ok(data) => Ok(data.min(end)),
        Err(Errno::NXIO) => Ok(end),
        // A file system that knows no holes, or no file.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => Ok(at),
        Err(error) => Err(error.into()),
    }
}

/// Where data ends, from `at` on.
fn hole_after(file: &File, at: u64, end: u64) -> io::Result<u64> {
    match seek(file, SeekFrom::Hole(at)) {
        Ok(hole) => Ok(hole.min(end)),
        Err(Errno::NXIO | Errno::INVAL | Errno::OPNOTSUPP) => Ok(end),
        Err(error) => Err(error.into()),
    }
}

/// So many bytes of a file, or as many as there are.
fn read_at(file: &File, at: u64, size: usize) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        let place = at.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match pread(file, spare_capacity(&mut bytes), place) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(bytes.into())
}

/// A file being written.
pub(super) struct FileWriter {
    pieces: mpsc::Sender<VolumePiece>,
    thread: JoinHandle<io::Result<u64>>,
}

impl FileWriter {
    /// Begins to write a file, instead of what is in it.
    pub(super) fn start(file: File) -> Self {
        let (pieces, receiver) = mpsc::channel(AHEAD);
        let thread = tokio::task::spawn_blocking(move || write(&file, receiver));
        Self { pieces, thread }
    }

    /// Passes a piece on; `false` when writing has failed, which [`finish`](Self::finish) tells of.
    pub(super) async fn send(&mut self, piece: VolumePiece) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// Waits until all is written, and says how many bytes that is.
    pub(super) async fn finish(self) -> Result<u64> {
        drop(self.pieces);
        Ok(self.thread.await.map_err(ended)??)
    }
}

fn write(file: &File, mut pieces: mpsc::Receiver<VolumePiece>) -> io::Result<u64> {
    let has_holes = file.metadata()?.is_file();
    if has_holes {
        file.set_len(0)?;
    }
    let mut at = 0_u64;
    while let Some(piece) = pieces.blocking_recv() {
        match &piece {
            VolumePiece::Data(data) => file.write_all_at(data, at)?,
            VolumePiece::Hole(length) if !has_holes => write_zeros(file, at, *length)?,
            VolumePiece::Hole(_) => {}
        }
        at = at.saturating_add(piece.length());
    }
    if has_holes {
        file.set_len(at)?;
    }
    Ok(at)
}

fn write_zeros(file: &File, mut at: u64, length: u64) -> io::Result<()> {
    let zeros = vec![0; PIECE];
    let end = at.saturating_add(length);
    while at < end {
        let size = usize::try_from(end - at).unwrap_or(usize::MAX).min(PIECE);
        file.write_all_at(zeros.get(..size).unwrap_or_default(), at)?;
        at = at.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
    }
    Ok(())
}

fn ended(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Internal, "the thread of a file has ended").with_source(error)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[tokio::test]
    async fn a_file_is_copied_with_its_holes() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let file = File::create(&from).unwrap();
        file.write_all_at(b"begin", 0).unwrap();
        file.write_all_at(&[7; 3000], 9 << 20).unwrap();
        file.set_len(64 << 20).unwrap();

        let mut reader = FileReader::start(File::open(&from).unwrap(), false);
        // What was in it before is gone afterwards.
        std::fs::write(&to, vec![1; 1 << 20]).unwrap();
        let file = File::options().write(true).open(&to).unwrap();
        let mut writer = FileWriter::start(file);
        let mut data = 0;
        while let Some(piece) = reader.next().await.unwrap() {
            if let VolumePiece::Data(bytes) = &piece {
                data += bytes.len();
            }
            assert!(writer.send(piece).await);
        }
        assert_eq!(writer.finish().await.unwrap(), 64 << 20);
        assert!(data <= 256 << 10, "{data} bytes were passed on");
        assert_eq!(std::fs::read(&from).unwrap(), std::fs::read(&to).unwrap());
        let allocated = std::fs::metadata(&to).unwrap().blocks() * 512;
        assert!(allocated <= 512 << 10, "{allocated} bytes are allocated");
    }

    #[tokio::test]
    async fn a_file_is_read_byte_by_byte_when_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        File::create(&path).unwrap().set_len(3 << 20).unwrap();
        let mut reader = FileReader::start(File::open(&path).unwrap(), true);
        let mut count = 0;
        while let Some(piece) = reader.next().await.unwrap() {
            assert!(matches!(piece, VolumePiece::Data(_)), "{piece:?}");
            count += piece.length();
        }
        assert_eq!(count, 3 << 20);
    }
}
