//! The content of volumes as streams: up and down, in part, with holes, ended early.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use virt_core::model::ByteSize;
use virt_core::storage::{DownloadOptions, StorageVolume, UploadOptions, VolumePiece};
use virt_core::{Error, ErrorKind};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "transfers";
    what_goes_up_comes_down(None, StorageVolumes, VolumeTransfer);
    a_part_is_written_and_the_rest_stays(None, StorageVolumes, VolumeTransfer);
    a_part_is_read(None, StorageVolumes, VolumeTransfer);
    holes_are_kept_both_ways(None, StorageVolumes, VolumeTransfer);
    a_hole_over_old_content_reads_as_zeros(None, StorageVolumes, VolumeTransfer);
    a_hole_in_the_middle_leaves_what_comes_after(None, StorageVolumes, VolumeTransfer);
    what_was_discarded_reads_as_zeros(None, StorageVolumes, VolumeTransfer);
    every_byte_is_sent_when_told_so(None, StorageVolumes, VolumeTransfer);
    more_than_the_length_is_refused_and_never_sent(None, StorageVolumes, VolumeTransfer);
    an_offset_beyond_the_end_is_refused(None, StorageVolumes, VolumeTransfer);
    a_discard_of_a_part_is_refused(None, StorageVolumes, VolumeTransfer);
    an_upload_that_is_given_up_leaves_the_connection_well(None, StorageVolumes, VolumeTransfer);
    a_download_that_is_given_up_leaves_the_connection_well(None, StorageVolumes, VolumeTransfer);
    progress_is_told(None, StorageVolumes, VolumeTransfer);
    files_are_copied_up_and_down_with_their_holes(None, StorageVolumes, VolumeTransfer);
    small_writes_arrive_in_order(None, StorageVolumes, VolumeTransfer);
    several_transfers_at_a_time_do_not_disturb_each_other(None, StorageVolumes, VolumeTransfer);
    a_volume_that_is_gone_is_neither_written_nor_read(None, StorageVolumes, VolumeTransfer);
    nothing_is_written_on_a_connection_that_only_reads(None, StorageVolumes, VolumeTransfer);
}

/// Bytes without a pattern a mistake would keep.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut next)
        .take(count / 4 + 1)
        .flatten()
        .collect();
    bytes.truncate(count);
    bytes
}

async fn content(volume: &StorageVolume) -> Result<Vec<u8>, Failure> {
    let mut read = Vec::new();
    let count = volume.download_to(&mut read, &DownloadOptions::default()).await;
    let count = count.doing("reading the volume")?;
    ensure_eq!(
        usize::try_from(count).ok(),
        Some(read.len()),
        "how many bytes it says were read"
    );
    Ok(read)
}

fn same(found: &[u8], wanted: &[u8], what: &str) -> Result<(), Failure> {
    ensure_eq!(found.len(), wanted.len(), "how many bytes {what} has");
    match found
        .iter()
        .zip(wanted)
        .position(|(found, wanted)| found != wanted)
    {
        None => Ok(()),
        Some(place) => Err(Failure::new(format!("{what} differs from byte {place} on"))),
    }
}

async fn what_goes_up_comes_down(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let wanted = bytes(5_000_001);
    let volume = env.filled_volume(&pool, &wanted).await?;
    same(&content(&volume).await?, &wanted, "what came down")?;
    let info = volume.info().await.doing("asking for it")?;
    ensure!(
        info.allocation.as_bytes() >= 4_900_000,
        "it says that little is allocated: {info:?}"
    );
    Ok(())
}

async fn a_part_is_written_and_the_rest_stays(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let mut wanted = bytes(700_000);
    let volume = env.filled_volume(&pool, &wanted).await?;
    let part = [0xa5; 1234];
    let options = UploadOptions::default().offset(300_001).length(1234);
    let mut upload = volume
        .upload_with(&options)
        .await
        .doing("opening it in its middle")?;
    upload.write_all(&part).await.doing("writing")?;
    upload.finish().await.doing("finishing")?;
    let place = wanted.get_mut(300_001..301_235).unwrap_or_default();
    place.copy_from_slice(&part);
    same(&content(&volume).await?, &wanted, "what was written in part")
}

async fn a_part_is_read(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let wanted = bytes(700_000);
    let volume = env.filled_volume(&pool, &wanted).await?;
    for (offset, length) in [(0, 1), (123_456, 300_000), (699_999, 1), (700_000, 0)] {
        let options = DownloadOptions::default().offset(offset).length(length);
        if length == 0 {
            // No length at all means the rest: of nothing.
            continue;
        }
        let mut download = volume.download_with(&options).await.doing("opening a part")?;
        let mut read = Vec::new();
        download.read_to_end(&mut read).await.doing("reading a part")?;
        let from = usize::try_from(offset).unwrap_or_default();
        let part = wanted
            .iter()
            .skip(from)
            .take(usize::try_from(length).unwrap_or_default());
        let part: Vec<u8> = part.copied().collect();
        same(&read, &part, &format!("the part of {length} bytes at {offset}"))?;
    }
    let tail = DownloadOptions::default().offset(690_000);
    let mut read = Vec::new();
    volume
        .download_to(&mut read, &tail)
        .await
        .doing("reading to the end")?;
    same(
        &read,
        wanted.get(690_000..).unwrap_or_default(),
        "the rest from 690,000 on",
    )
}

async fn holes_are_kept_both_ways(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::gib(1)).await?;
    let data = bytes(1 << 20);
    let mut upload = volume.upload().await.doing("opening it")?;
    for piece in [
        VolumePiece::Data(data.clone().into()),
        VolumePiece::Hole((512 << 20) - (1 << 20)),
        VolumePiece::Data(data.clone().into()),
    ] {
        upload.write_piece(piece).await.doing("writing a piece")?;
    }
    upload.finish().await.doing("finishing")?;
    let info = volume.info().await.doing("asking for it")?;
    ensure_eq!(info.capacity, ByteSize::gib(1), "its capacity afterwards");
    ensure!(
        info.allocation <= ByteSize::mib(8),
        "{} are allocated of 2 MiB that were written",
        info.allocation
    );
    let mut download = volume.download().await.doing("opening it to read")?;
    let (mut at, mut read, mut sent) = (0_u64, Vec::new(), 0);
    while let Some(piece) = download.next_piece().await.doing("reading a piece")? {
        let length = piece.length();
        if let VolumePiece::Data(bytes) = piece {
            sent += bytes.len();
            if read.is_empty() && at > 0 && bytes.first() == data.first() {
                ensure_eq!(at, 512 << 20, "where the second piece is");
            }
            if at >= 512 << 20 {
                read.extend_from_slice(&bytes);
            }
        }
        at += length;
    }
    ensure_eq!(at, 1 << 30, "how many bytes came down");
    ensure!(
        sent <= 8 << 20,
        "{sent} bytes were sent of 2 MiB that were written"
    );
    same(
        read.get(..data.len()).unwrap_or_default(),
        &data,
        "the second piece",
    )
}

async fn a_hole_over_old_content_reads_as_zeros(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[0xff; 600_000]).await?;
    let mut upload = volume.upload().await.doing("opening it")?;
    for piece in [
        VolumePiece::Hole(400_000),
        VolumePiece::Data(vec![1; 100_000].into()),
    ] {
        upload.write_piece(piece).await.doing("writing a piece")?;
    }
    upload.finish().await.doing("finishing")?;
    let mut wanted = vec![0; 400_000];
    wanted.resize(500_000, 1);
    wanted.resize(600_000, 0xff);
    same(&content(&volume).await?, &wanted, "the volume")
}

async fn a_hole_in_the_middle_leaves_what_comes_after(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(8)).await?;
    let tail = UploadOptions::default().offset(7 << 20);
    volume
        .upload_from(&mut &[9_u8; 1 << 20][..], &tail)
        .await
        .doing("writing its end")?;
    let middle = UploadOptions::default().offset(1 << 20).length(1 << 20);
    let mut upload = volume.upload_with(&middle).await.doing("opening its middle")?;
    upload
        .write_piece(VolumePiece::Hole(1 << 20))
        .await
        .doing("writing a hole")?;
    upload.finish().await.doing("finishing")?;
    let mut wanted = vec![0; 7 << 20];
    wanted.resize(8 << 20, 9);
    same(&content(&volume).await?, &wanted, "the volume")
}

async fn what_was_discarded_reads_as_zeros(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[0xff; 2 << 20]).await?;
    let options = UploadOptions::default().discard();
    let mut upload = volume.upload_with(&options).await.doing("opening it")?;
    upload.write_all(b"new").await.doing("writing")?;
    upload.finish().await.doing("finishing")?;
    let mut wanted = b"new".to_vec();
    wanted.resize(2 << 20, 0);
    same(&content(&volume).await?, &wanted, "the volume")?;
    let info = volume.info().await.doing("asking for it")?;
    ensure_eq!(info.capacity, ByteSize::mib(2), "its capacity");
    ensure!(
        info.allocation <= ByteSize::kib(128),
        "{} are still allocated",
        info.allocation
    );
    Ok(())
}

async fn every_byte_is_sent_when_told_so(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(4)).await?;
    let dense = UploadOptions::default().dense();
    volume
        .upload_from(&mut tokio::io::repeat(0).take(4 << 20), &dense)
        .await
        .doing("writing zeros")?;
    let info = volume.info().await.doing("asking for it")?;
    ensure!(
        info.allocation >= ByteSize::mib(4),
        "not all is allocated: {info:?}"
    );
    let dense = DownloadOptions::default().dense();
    let mut download = volume.download_with(&dense).await.doing("opening it")?;
    let mut count = 0;
    while let Some(piece) = download.next_piece().await.doing("reading")? {
        ensure!(
            matches!(piece, VolumePiece::Data(_)),
            "a hole came though none was to"
        );
        count += piece.length();
    }
    ensure_eq!(count, 4 << 20, "how many bytes came");
    Ok(())
}

async fn more_than_the_length_is_refused_and_never_sent(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[1; 10_000]).await?;
    let options = UploadOptions::default().length(4);
    let mut upload = volume.upload_with(&options).await.doing("opening it")?;
    let written = upload
        .write_piece(VolumePiece::Data(b"12345".as_slice().into()))
        .await;
    refused(written, ErrorKind::InvalidArgument, "writing 5 bytes of 4")?;
    upload
        .write_piece(VolumePiece::Data(b"1234".as_slice().into()))
        .await
        .doing("writing 4 bytes of 4")?;
    let written = upload.write_all(b"5").await.map_err(Error::from);
    refused(written, ErrorKind::InvalidArgument, "writing a fifth byte")?;
    upload.finish().await.doing("finishing")?;
    let read = content(&volume).await?;
    ensure_eq!(
        read.get(..6),
        Some(&b"1234\x01\x01"[..]),
        "the beginning of the volume"
    );
    Ok(())
}

async fn an_offset_beyond_the_end_is_refused(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[1; 10_000]).await?;
    let upload = volume.upload_with(&UploadOptions::default().offset(10_001)).await;
    refused(upload, ErrorKind::InvalidArgument, "writing from beyond the end")?;
    let download = volume
        .download_with(&DownloadOptions::default().offset(10_001))
        .await;
    refused(
        download,
        ErrorKind::InvalidArgument,
        "reading from beyond the end",
    )?;
    same(&content(&volume).await?, &[1; 10_000], "the volume")
}

async fn a_discard_of_a_part_is_refused(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[1; 10_000]).await?;
    for options in [
        UploadOptions::default().offset(1),
        UploadOptions::default().length(1),
    ] {
        let upload = volume.upload_with(&options.discard()).await;
        refused(upload, ErrorKind::InvalidArgument, "discarding for a part")?;
    }
    same(&content(&volume).await?, &[1; 10_000], "the volume")
}

async fn an_upload_that_is_given_up_leaves_the_connection_well(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(16)).await?;
    let wanted = bytes(3 << 20);
    let mut upload = volume.upload().await.doing("opening it")?;
    upload.write_all(&wanted).await.doing("writing")?;
    drop(upload);
    let mut upload = volume.upload().await.doing("opening it after it was dropped")?;
    upload.write_all(&wanted).await.doing("writing")?;
    upload.abort().await.doing("giving it up")?;
    let info = volume.info().await.doing("asking for it")?;
    ensure_eq!(info.capacity, ByteSize::mib(16), "its capacity");
    // From the beginning, all is well.
    let options = UploadOptions::default();
    volume
        .upload_from(&mut wanted.as_slice(), &options)
        .await
        .doing("writing it anew")?;
    let read = content(&volume).await?;
    same(
        read.get(..wanted.len()).unwrap_or_default(),
        &wanted,
        "what was written anew",
    )
}

async fn a_download_that_is_given_up_leaves_the_connection_well(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let wanted = bytes(9_000_000);
    let volume = env.filled_volume(&pool, &wanted).await?;
    for drops in [true, false] {
        let mut download = volume.download().await.doing("opening it")?;
        let mut some = vec![0; 100_000];
        download.read_exact(&mut some).await.doing("reading some of it")?;
        same(&some, wanted.get(..100_000).unwrap_or_default(), "what was read")?;
        if drops {
            drop(download);
        } else {
            download.abort().await.doing("giving it up")?;
        }
    }
    same(&content(&volume).await?, &wanted, "what was read to the end")
}

async fn progress_is_told(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(8)).await?;
    let mut upload = volume.upload().await.doing("opening it")?;
    let progress = upload.progress();
    ensure_eq!(progress.bytes(), 0, "the progress at first");
    let data = VolumePiece::Data(bytes(1 << 20).into());
    for piece in [VolumePiece::Hole(5 << 20), data] {
        upload.write_piece(piece).await.doing("writing a piece")?;
    }
    ensure_eq!(progress.bytes(), 6 << 20, "the progress after 6 MiB");
    ensure_eq!(progress.data_bytes(), 1 << 20, "the bytes passed on");
    upload.finish().await.doing("finishing")?;
    let mut download = volume.download().await.doing("opening it to read")?;
    let progress = download.progress();
    let count = download
        .copy_to(&mut tokio::io::sink())
        .await
        .doing("reading it")?;
    ensure_eq!(progress.bytes(), count, "the progress at the end");
    ensure_eq!(count, 8 << 20, "how many bytes were read");
    Ok(())
}

async fn files_are_copied_up_and_down_with_their_holes(env: &Env) -> Result<(), Failure> {
    use std::os::unix::fs::{FileExt, MetadataExt};
    let pool = env.active_pool("pool").await?;
    let (image, copy) = (env.path("image"), env.path("copy"));
    let file = std::fs::File::create(&image)?;
    let some = bytes(100_000);
    for place in [0, 20 << 20, (64 << 20) - 100_000] {
        file.write_all_at(&some, place)?;
    }
    let volume = env.empty_volume(&pool, ByteSize::mib(64)).await?;
    let count = volume.upload_file(&image, &UploadOptions::default()).await;
    ensure_eq!(
        count.doing("copying the file up")?,
        64 << 20,
        "how many bytes went up"
    );
    let info = volume.info().await.doing("asking for the volume")?;
    ensure!(
        info.allocation <= ByteSize::mib(1),
        "{} are allocated of 300 kB",
        info.allocation
    );
    std::fs::write(&copy, vec![1; 70 << 20])?;
    let count = volume.download_file(&copy, &DownloadOptions::default()).await;
    ensure_eq!(
        count.doing("copying it down")?,
        64 << 20,
        "how many bytes came down"
    );
    same(
        &std::fs::read(&copy)?,
        &std::fs::read(&image)?,
        "the copy of the file",
    )?;
    let allocated = std::fs::metadata(&copy)?.blocks() * 512;
    ensure!(
        allocated <= 1 << 20,
        "{allocated} bytes are allocated for the copy"
    );
    let missing = volume
        .upload_file(env.path("missing"), &UploadOptions::default())
        .await;
    let error = refused(missing, ErrorKind::NotFound, "copying a file that is not there")?;
    ensure!(
        error.to_string().contains("missing"),
        "the error does not name the file: {error}"
    );
    Ok(())
}

async fn small_writes_arrive_in_order(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.empty_volume(&pool, ByteSize::mib(4)).await?;
    let wanted = bytes(3_000_000);
    let mut upload = volume.upload().await.doing("opening it")?;
    let mut rest = wanted.as_slice();
    for size in (1..5000).step_by(7).cycle() {
        let Some((now, later)) = rest.split_at_checked(size) else {
            break;
        };
        upload.write_all(now).await.doing("writing a little")?;
        rest = later;
    }
    upload.write_all(rest).await.doing("writing the rest")?;
    upload.shutdown().await.doing("shutting it down")?;
    upload.finish().await.doing("finishing what is shut down")?;
    let read = content(&volume).await?;
    same(
        read.get(..wanted.len()).unwrap_or_default(),
        &wanted,
        "what was written little by little",
    )
}

async fn several_transfers_at_a_time_do_not_disturb_each_other(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let wanted = bytes(2_000_000);
    let one = async |stem: u8| {
        let mut content = wanted.clone();
        content.fill_with(|| stem);
        let volume = env.filled_volume(&pool, &content).await?;
        let read = self::content(&volume).await?;
        same(&read, &content, "one of several volumes")
    };
    let (a, b, c, d) = tokio::join!(one(1), one(2), one(3), one(4));
    a.and(b).and(c).and(d)
}

async fn a_volume_that_is_gone_is_neither_written_nor_read(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[1; 1000]).await?;
    volume.delete().await.doing("deleting it")?;
    refused(
        volume.upload().await,
        ErrorKind::NotFound,
        "writing a volume that is gone",
    )?;
    refused(
        volume.download().await,
        ErrorKind::NotFound,
        "reading a volume that is gone",
    )?;
    let file = env.path("nothing");
    let copied = volume.download_file(&file, &DownloadOptions::default()).await;
    refused(copied, ErrorKind::NotFound, "copying a volume that is gone")?;
    ensure!(
        !file.exists(),
        "a file was made though there was nothing to be copied"
    );
    Ok(())
}

async fn nothing_is_written_on_a_connection_that_only_reads(env: &Env) -> Result<(), Failure> {
    let pool = env.active_pool("pool").await?;
    let volume = env.filled_volume(&pool, &[1; 1000]).await?;
    let reading = env
        .connect(|builder| builder.read_only())
        .await
        .doing("connecting to read")?;
    // A connection may be a world of its own, without this pool: what it refuses it refuses before it looks.
    let found = match reading.storage_pool(pool.uuid()).await {
        Ok(pool) => pool.volume(volume.name()).await.doing("looking it up")?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Failure::not_here("each connection has a world of its own"));
        }
        Err(error) => return Err(error).doing("looking up the pool"),
    };
    refused(found.upload().await, ErrorKind::Denied, "writing")?;
    refused(found.download().await, ErrorKind::Denied, "reading the content")?;
    refused(found.wipe().await, ErrorKind::Denied, "wiping")?;
    refused(found.delete().await, ErrorKind::Denied, "deleting")?;
    same(&content(&volume).await?, &[1; 1000], "the volume")
}
