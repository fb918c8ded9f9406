//! Uploads: `StorageVolUpload` and its stream.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use virt_core::driver::VolumeWriter;
use virt_core::model::volume::{VolumeFormat, VolumeType};
use virt_core::storage::{StorageVolumeInfo, StorageVolumeRef, UploadOptions, VolumePiece, WipeAlgorithm};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::sparse::{self, Holes};
use super::wire_volume;
use crate::driver::{RemoteConnection, flags};
use crate::protocol::remote::connect::ConnectGetLibVersion;
use crate::protocol::remote::storage_volume::{StorageVolUpload, StorageVolUploadArgs};
use crate::rpc::RpcStream;

/// `VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM`.
const SPARSE: u32 = 1;

/// What stands for a hole where it is sent as bytes: the protocol's largest piece.
static ZEROS: [u8; 262_120] = [0; 262_120];

impl RemoteConnection {
    pub(super) async fn open_upload(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
    ) -> Result<Box<dyn VolumeWriter>> {
        let (info, version) = tokio::join!(self.volume_info(call, volume), self.daemon_version(call));
        let (mut info, version) = (info?, version?);
        check_offset(&info, options.offset)?;
        if options.discard {
            info = self.discard(call, info).await?;
        }
        let holes = sparse::holes(version, &info, options);
        let args = StorageVolUploadArgs {
            vol: wire_volume(volume),
            offset: options.offset,
            // Nothing is said by none; the handle passes on no more than there may be.
            length: options.length.unwrap_or_default(),
            flags: flags::set(&[(holes != Holes::Zeros, SPARSE)]),
        };
        let ((), stream) = self.link.open_stream::<StorageVolUpload>(call, &args).await?;
        let fill = info.physical.filter(|_| options.discard);
        Ok(Box::new(Upload {
            stream,
            at: AtomicU64::new(options.offset),
            holes,
            fill_to: fill.map(virt_core::model::ByteSize::as_bytes),
        }))
    }

    /// The version of the daemon, as libvirt counts: 3.4.0 is 3,004,000.
    pub(super) async fn daemon_version(&self, call: &CallContext) -> Result<u64> {
        Ok(self.link.call::<ConnectGetLibVersion>(call, &()).await?.lib_ver)
    }

    /// Gives up what is in a file; what is on a device is overwritten to its end by the upload itself.
    async fn discard(&self, call: &CallContext, info: StorageVolumeInfo) -> Result<StorageVolumeInfo> {
        if info.kind != VolumeType::File || info.allocation.is_zero() {
            return Ok(info);
        }
        let config = self.volume_config(call, &info.volume).await?;
        let format = config.target.and_then(|target| target.format);
        let format = format.and_then(|format| format.kind);
        match info.physical {
            Some(length) if format == Some(VolumeFormat::Raw) && !length.is_zero() => {
                self.forget_content(call, &info.volume, length).await?;
            }
            _ => self.wipe_volume(call, &info.volume, WipeAlgorithm::Zero).await?,
        }
        Ok(sparse::wiped(&info))
    }
}

/// Beyond its end a file would be made longer, and a device refuse.
pub(super) fn check_offset(info: &StorageVolumeInfo, offset: u64) -> Result<()> {
    match info.physical {
        Some(length) if offset > length.as_bytes() => {
            let length = length.as_bytes();
            let message = format!("byte {offset} is beyond the volume's end: it has {length} bytes");
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
        _ => Ok(()),
    }
}

/// The stream of an upload. Dropped, it is aborted.
struct Upload {
    stream: RpcStream,
    at: AtomicU64,
    holes: Holes,
    /// How far zeros follow what is written.
    fill_to: Option<u64>,
}

impl Upload {
    async fn send_zeros(&self, mut length: u64) -> Result<()> {
        let zeros = Bytes::from_static(&ZEROS);
        while length > 0 {
            let count = usize::try_from(length).unwrap_or(usize::MAX).min(zeros.len());
            self.stream.send(zeros.slice(..count)).await?;
            length = length.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// What has to follow for the volume to be as long as it was, and to hold nothing more of what was discarded.
    fn missing(&self) -> u64 {
        let length = match self.holes {
            Holes::Sent { length } => length.max(self.fill_to),
            Holes::Zeros => self.fill_to,
        };
        let at = self.at.load(Ordering::Relaxed);
        length.map_or(0, |length| length.saturating_sub(at))
    }
}

#[async_trait]
impl VolumeWriter for Upload {
    async fn send(&self, piece: VolumePiece) -> Result<()> {
        let length = piece.length();
        match (piece, self.holes) {
            (VolumePiece::Data(data), _) => self.stream.send(data).await?,
            // Nothing is no hole: the daemon would take it for the end.
            (VolumePiece::Hole(0), _) => {}
            (VolumePiece::Hole(length), Holes::Sent { .. }) => self.stream.send_hole(length).await?,
            (VolumePiece::Hole(length), Holes::Zeros) => self.send_zeros(length).await?,
            (other, _) => return Err(Error::unsupported(format!("{other:?} can't be sent"))),
        }
        self.at.fetch_add(length, Ordering::Relaxed);
        Ok(())
    }

    async fn finish(&self, call: &CallContext) -> Result<()> {
        let missing = self.missing();
        if missing > 0 {
            self.send(VolumePiece::Hole(missing)).await?;
        }
        Ok(self.stream.finish(call.deadline).await?)
    }

    async fn abort(&self, call: &CallContext) -> Result<()> {
        Ok(self.stream.abort(call.deadline).await?)
    }
}
