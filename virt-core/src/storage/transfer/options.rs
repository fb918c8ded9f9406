//! How content is written and read.

use crate::option_steps::option_steps;

/// How a volume's content is written (`virStorageVolUpload`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadOptions {
    /// Where writing begins, in bytes from the volume's beginning.
    pub offset: u64,
    /// How many bytes may be written; as many as the volume takes when `None`. Writing more is refused.
    pub length: Option<u64>,
    /// What was in the volume is given up before: what is not written reads as zeros. Only for a whole volume, without
    /// `offset` and `length`.
    pub discard: bool,
    /// Zeros are sent as bytes and take room: no holes.
    pub dense: bool,
}

impl UploadOptions {
    /// Begins there, in bytes.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Writes so many bytes at most.
    #[must_use]
    pub fn length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    option_steps! {
        /// Gives up what was in the volume.
        discard;

        /// Sends every byte.
        dense;
    }
}

/// How a volume's content is read (`virStorageVolDownload`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DownloadOptions {
    /// Where reading begins, in bytes from the volume's beginning.
    pub offset: u64,
    /// How many bytes are read; to the volume's end when `None`.
    pub length: Option<u64>,
    /// Zeros are sent as bytes: no holes.
    pub dense: bool,
}

impl DownloadOptions {
    /// Begins there, in bytes.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Reads so many bytes.
    #[must_use]
    pub fn length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    option_steps! {
        /// Has every byte sent.
        dense;
    }
}
