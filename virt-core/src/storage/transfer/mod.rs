//! The content of volumes as streams: uploads and downloads, with their holes.

mod download;
mod file;
mod options;
mod piece;
mod progress;
mod upload;

pub use download::VolumeDownload;
pub use options::{DownloadOptions, UploadOptions};
pub use piece::VolumePiece;
pub use progress::TransferProgress;
pub use upload::VolumeUpload;

use std::io;

use crate::error::{Error, ErrorKind};

/// The error as [`tokio::io`] passes it on; [`Error::from`] gets it back.
fn into_io(error: Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::NotFound => io::ErrorKind::NotFound,
        ErrorKind::InvalidArgument => io::ErrorKind::InvalidInput,
        ErrorKind::ResourceExhausted => io::ErrorKind::StorageFull,
        ErrorKind::Denied => io::ErrorKind::PermissionDenied,
        ErrorKind::Timeout => io::ErrorKind::TimedOut,
        ErrorKind::ConnectionLost => io::ErrorKind::ConnectionReset,
        ErrorKind::Unsupported => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
