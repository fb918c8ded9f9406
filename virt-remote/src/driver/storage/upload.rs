//! Uploads: `StorageVolUpload` and its stream.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use virt_core::driver::VolumeWriter;
use virt_core::model::ByteSize;
use virt_core::storage::{StorageVolumeInfo, StorageVolumeRef, UploadOptions, VolumePiece};
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::sparse::{self, Holes};
use super::wire_volume;
use crate::driver::{RemoteConnection, flags};
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
        let info = self.volume_info(call, volume).await?;
        check_offset(&info, options.offset)?;
        let mut holes = sparse::holes(self.libvirt, &info, options);
        let cut = sparse::can_be_cut_off(self.libvirt, &info, options);
        if let Some(length) = cut.filter(|_| holes == Holes::Zeros)
            && self.cut_off(call, volume).await?
        {
            holes = Holes::Sent { length: Some(length) };
        }
        let stream = self.open_stream(call, volume, options, holes).await?;
        let fill = info.physical.filter(|_| options.discard);
        Ok(Box::new(Upload {
            stream,
            at: AtomicU64::new(options.offset),
            holes,
            is_cut: cut.is_some(),
            fill_to: fill.map(ByteSize::as_bytes),
        }))
    }

    async fn open_stream(
        &self,
        call: &CallContext,
        volume: &StorageVolumeRef,
        options: &UploadOptions,
        holes: Holes,
    ) -> Result<RpcStream> {
        let args = StorageVolUploadArgs {
            vol: wire_volume(volume),
            offset: options.offset,
            // Nothing is said by none; the handle passes on no more than there may be.
            length: options.length.unwrap_or_default(),
            flags: flags::set(&[(holes != Holes::Zeros, SPARSE)]),
        };
        let ((), stream) = self.link.open_stream::<StorageVolUpload>(call, &args).await?;
        Ok(stream)
    }

    /// Has a file end after its first byte, and says whether it does: a hole is what a daemon cuts a file off at.
    async fn cut_off(&self, call: &CallContext, volume: &StorageVolumeRef) -> Result<bool> {
        let holes = Holes::Sent { length: None };
        let stream = self
            .open_stream(call, volume, &UploadOptions::default(), holes)
            .await?;
        stream.send_hole(1).await?;
        stream.finish(call.deadline).await?;
        let info = self.volume_info(call, volume).await?;
        Ok(info.physical == Some(ByteSize::bytes(1)))
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
    /// The file's first byte is an old one: it has to be written.
    is_cut: bool,
    /// How far zeros follow what is written.
    fill_to: Option<u64>,
}

impl Upload {
    async fn send_hole(&self, mut length: u64) -> Result<()> {
        if self.is_cut && self.at.load(Ordering::Relaxed) == 0 {
            self.stream.send(Bytes::from_static(&[0])).await?;
            length = length.saturating_sub(1);
        }
        if length > 0 {
            self.stream.send_hole(length).await?;
        }
        Ok(())
    }

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
            (VolumePiece::Hole(length), Holes::Sent { .. }) => self.send_hole(length).await?,
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
