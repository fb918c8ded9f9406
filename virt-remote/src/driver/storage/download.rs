//! Downloads: `StorageVolDownload` and its stream.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use virt_core::driver::VolumeReader;
use virt_core::storage::{DownloadOptions, StorageVolumeRef, VolumePiece};
use virt_core::{CallContext, Result};

use super::sparse::HOLES;
use super::upload::check_offset;
use super::wire_volume;
use crate::driver::{RemoteConnection, flags};
use crate::protocol::remote::storage_volume::{StorageVolDownload, StorageVolDownloadArgs};
use crate::rpc::{RpcStream, StreamItem};

/// `VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM`.
const SPARSE: u32 = 1;

/// How long the daemon has to confirm that all was sent.
const FINISH: Duration = Duration::from_secs(60);

impl RemoteConnection {
    pub(super) async fn open_download(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &DownloadOptions,
    ) -> Result<Box<dyn VolumeReader>> {
        let info = self.volume_info(call, volume).await?;
        check_offset(&info, options.offset)?;
        if options.length == Some(0) {
            return Ok(Box::new(Nothing));
        }
        let args = StorageVolDownloadArgs {
            vol: wire_volume(volume),
            offset: options.offset,
            // None is the rest.
            length: options.length.unwrap_or_default(),
            flags: flags::set(&[(!options.dense && self.libvirt >= HOLES, SPARSE)]),
        };
        let ((), stream) = self.link.open_stream::<StorageVolDownload>(call, &args).await?;
        Ok(Box::new(Download { stream }))
    }
}

/// The stream of a download. Dropped, it is aborted.
struct Download {
    stream: RpcStream,
}

#[async_trait]
impl VolumeReader for Download {
    async fn next(&self) -> Result<Option<VolumePiece>> {
        match self.stream.next().await? {
            Some(StreamItem::Data(data)) => Ok(Some(VolumePiece::Data(data))),
            Some(StreamItem::Hole(length)) => Ok(Some(VolumePiece::Hole(length))),
            None => {
                self.stream.finish(Instant::now() + FINISH).await?;
                Ok(None)
            }
        }
    }

    async fn abort(&self, call: &CallContext) -> Result<()> {
        Ok(self.stream.abort(call.deadline).await?)
    }
}

/// No bytes at all: to the daemon, a length of 0 is the rest.
struct Nothing;

#[async_trait]
impl VolumeReader for Nothing {
    async fn next(&self) -> Result<Option<VolumePiece>> {
        Ok(None)
    }

    async fn abort(&self, _call: &CallContext) -> Result<()> {
        Ok(())
    }
}
