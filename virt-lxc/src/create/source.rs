//! What a root file system is made from.

use virt_core::{Error, ErrorKind, Result, Subject};

/// What a root file system is made from: on the machine of the containers, by absolute paths.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootfsSource {
    /// A directory, which is copied; what is mounted in it is not.
    Directory(String),
    /// A tarball, plain or compressed in a way that the machine's `tar` knows (gzip, xz, zstd).
    Tarball(String),
    /// An image of the Open Container Initiative, in a directory (`oci-layout`, `index.json`, `blobs`).
    OciLayout {
        /// The directory.
        path: String,
        /// Which image of it: the name it has there (`org.opencontainers.image.ref.name`), or its digest. The only one
        /// unless said. Of an image for several architectures, the one for that of the container is taken.
        reference: Option<String>,
    },
}

impl RootfsSource {
    /// A directory.
    pub fn directory(path: impl Into<String>) -> Self {
        Self::Directory(path.into())
    }

    /// A tarball.
    pub fn tarball(path: impl Into<String>) -> Self {
        Self::Tarball(path.into())
    }

    /// The only image of a directory of images.
    pub fn oci_layout(path: impl Into<String>) -> Self {
        Self::OciLayout {
            path: path.into(),
            reference: None,
        }
    }

    /// Of a directory of images, the one of this name or digest.
    #[must_use]
    pub fn with_reference(mut self, name: impl Into<String>) -> Self {
        if let Self::OciLayout { reference, .. } = &mut self {
            *reference = Some(name.into());
        }
        self
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Directory(path) | Self::Tarball(path) | Self::OciLayout { path, .. } => path,
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let path = self.path();
        if path.starts_with('/') && !path.contains(['\n', '\0']) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidArgument,
            "a root file system is made from something with an absolute path",
        )
        .with_subject(Subject::Path(path.to_owned())))
    }
}
