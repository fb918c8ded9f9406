//! The content of a volume: written and read as streams, from files and to files.

use std::path::Path;

use tokio::io::{AsyncRead, AsyncWrite};

use super::StorageVolume;
use crate::deadline::CallClass;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::storage::connection::volumes;
use crate::storage::{DownloadOptions, UploadOptions, VolumeDownload, VolumeUpload};

impl StorageVolume {
    /// Opens it to write its content from its beginning (`virStorageVolUpload`).
    pub async fn upload(&self) -> Result<VolumeUpload> {
        self.upload_with(&UploadOptions::default()).await
    }

    /// Opens it to write its content.
    ///
    /// What is written replaces what is there; all else stays as it is, unless the old content is to be discarded. Holes
    /// read as zeros afterwards. Whether they take room depends on what was there: they do not in a volume that has nothing
    /// allocated, or whose old content is discarded; and a volume in use by a guest should not be written at all.
    ///
    /// # Errors
    /// `InvalidArgument` for a discard together with an offset or a length, and for an offset beyond its end.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the volume as it is, but for a discard.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// use tokio::io::AsyncWriteExt;
    /// use virt_core::storage::UploadOptions;
    /// let mut upload = volume.upload_with(&UploadOptions::default().offset(512)).await?;
    /// upload.write_all(b"boot").await?;
    /// // Only now it is certain that all is written.
    /// upload.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload_with(&self, options: &UploadOptions) -> Result<VolumeUpload> {
        if options.discard && (options.offset > 0 || options.length.is_some()) {
            let message =
                "the old content can be discarded only of a whole volume: leave offset and length out";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with_operation("volume_upload")
                .with_subject(Subject::from(self.reference())));
        }
        let writer = self
            .call("volume_upload", CallClass::Change, async |call, driver| {
                volumes(&*driver)?.upload(&call, self.reference(), options).await
            })
            .await?;
        let (connection, volume) = (self.connection().clone(), self.reference().clone());
        Ok(VolumeUpload::new(connection, volume, writer, options))
    }

    /// Opens it to read its content from its beginning (`virStorageVolDownload`).
    pub async fn download(&self) -> Result<VolumeDownload> {
        self.download_with(&DownloadOptions::default()).await
    }

    /// Opens it to read its content.
    ///
    /// # Errors
    /// `Denied` on a read-only connection, as in libvirt; `InvalidArgument` for an offset beyond its end.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// use tokio::io::AsyncReadExt;
    /// use virt_core::storage::DownloadOptions;
    /// let mut download = volume.download_with(&DownloadOptions::default().offset(512).length(4)).await?;
    /// let mut bytes = Vec::new();
    /// download.read_to_end(&mut bytes).await?;
    /// assert_eq!(bytes, [0; 4]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn download_with(&self, options: &DownloadOptions) -> Result<VolumeDownload> {
        let reader = self
            .call("volume_download", CallClass::Change, async |call, driver| {
                volumes(&*driver)?
                    .download(&call, self.reference(), options)
                    .await
            })
            .await?;
        let (connection, volume) = (self.connection().clone(), self.reference().clone());
        Ok(VolumeDownload::new(connection, volume, reader))
    }

    /// Writes all that comes from a reader to it, zeros in blocks of 64 KiB as holes; when it returns all is written.
    /// Says how many bytes that was. For progress, open an [upload](Self::upload_with) and
    /// [copy](VolumeUpload::copy_from).
    ///
    /// # Errors
    /// As [`VolumeUpload`]; then the upload is given up.
    ///
    /// # Cancel safety
    /// Dropping the future gives the upload up.
    pub async fn upload_from(
        &self,
        reader: &mut (impl AsyncRead + Unpin + ?Sized),
        options: &UploadOptions,
    ) -> Result<u64> {
        let mut upload = self.upload_with(options).await?;
        let count = upload.copy_from(reader).await?;
        upload.finish().await?;
        Ok(count)
    }

    /// Writes all that is in a file of this machine to it, holes as holes; when it returns all is written. Says how many
    /// bytes that was.
    ///
    /// # Errors
    /// Those of opening and reading the file, with its path; else as [`upload_from`](Self::upload_from).
    ///
    /// # Cancel safety
    /// Dropping the future gives the upload up.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// # let pool = conn.storage_pool("default-pool").await?;
    /// # let config = virt_core::model::VolumeConfig::builder("web.img").capacity(virt_core::model::ByteSize::mib(8)).build()?;
    /// # let volume = pool.create_volume(&config).await?;
    /// use virt_core::storage::{DownloadOptions, UploadOptions};
    /// # let dir = tempfile::tempdir()?;
    /// # let (image, copy) = (dir.path().join("image"), dir.path().join("copy"));
    /// # std::fs::File::create(&image)?.set_len(4 << 20)?;
    /// let count = volume.upload_file(&image, &UploadOptions::default().discard()).await?;
    /// assert_eq!(count, 4 << 20);
    /// volume.download_file(&copy, &DownloadOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload_file(&self, path: impl AsRef<Path>, options: &UploadOptions) -> Result<u64> {
        let path = path.as_ref();
        let opened = tokio::fs::File::open(path).await;
        let file = opened.map_err(|error| of_file(error, path, "volume_upload"))?;
        let mut upload = self.upload_with(options).await?;
        let count = upload.copy_file(file.into_std().await).await?;
        upload.finish().await?;
        Ok(count)
    }

    /// Writes its content to a writer, holes as zeros, and says how many bytes that was.
    ///
    /// # Errors
    /// As [`VolumeDownload`], and those of the writer.
    ///
    /// # Cancel safety
    /// Dropping the future gives the download up.
    pub async fn download_to(
        &self,
        writer: &mut (impl AsyncWrite + Unpin + ?Sized),
        options: &DownloadOptions,
    ) -> Result<u64> {
        self.download_with(options).await?.copy_to(writer).await
    }

    /// Writes its content to a file of this machine, made anew or instead of what is in it, holes as holes. Says how many
    /// bytes that was. When it fails the file stays, with what had come.
    ///
    /// # Errors
    /// Those of making and writing the file, with its path; else as [`VolumeDownload`]. Nothing is made when the volume
    /// can't be opened.
    ///
    /// # Cancel safety
    /// Dropping the future gives the download up.
    pub async fn download_file(&self, path: impl AsRef<Path>, options: &DownloadOptions) -> Result<u64> {
        let path = path.as_ref();
        let mut download = self.download_with(options).await?;
        let made = tokio::fs::File::create(path).await;
        let file = made.map_err(|error| of_file(error, path, "volume_download"))?;
        download.copy_to_file(file.into_std().await).await
    }
}

fn of_file(error: std::io::Error, path: &Path, operation: &'static str) -> Error {
    Error::from(error)
        .with_operation(operation)
        .with_subject(Subject::Path(path.display().to_string()))
}
