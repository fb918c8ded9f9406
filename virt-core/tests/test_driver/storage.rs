//! What can go wrong with a volume's content, and what is left then.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use virt_core::model::{ByteSize, VolumeConfig};
use virt_core::storage::{StorageVolume, VolumePiece};
use virt_core::test::{Fault, TestControl};
use virt_core::{Connection, Error, ErrorKind, Outcome};

use super::open;

const PIECE: usize = 1 << 20;

fn piece(value: u8) -> VolumePiece {
    VolumePiece::Data(vec![value; PIECE].into())
}

async fn volume(conn: &Connection, size: ByteSize) -> StorageVolume {
    let pool = conn.storage_pool("default-pool").await.unwrap();
    let config = VolumeConfig::builder("v")
        .capacity(size)
        .allocation(ByteSize::ZERO);
    pool.create_volume(&config.build().unwrap()).await.unwrap()
}

async fn content(volume: &StorageVolume) -> Vec<u8> {
    let mut bytes = Vec::new();
    volume
        .download()
        .await
        .unwrap()
        .read_to_end(&mut bytes)
        .await
        .unwrap();
    bytes
}

#[tokio::test]
async fn an_upload_that_fails_half_way_says_so_and_takes_nothing_more() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::mib(4)).await;
    let control = TestControl::of(&conn).unwrap();
    let full = Fault::on("volume_upload_piece")
        .nth(3)
        .failing(ErrorKind::ResourceExhausted);
    control.inject(full).unwrap();
    let mut upload = volume.upload().await.unwrap();
    let progress = upload.progress();
    for value in [1, 2] {
        upload.write_piece(piece(value)).await.unwrap();
    }
    let error = upload.write_piece(piece(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(
        error.to_string(),
        "volume_upload: volume \"default-pool/v\": a fault was injected here"
    );
    // A piece that comes later would stand where the lost one should.
    let after = upload.write_piece(piece(4)).await.unwrap_err();
    assert_eq!(
        (after.kind(), after.outcome()),
        (ErrorKind::ResourceExhausted, Outcome::Unknown)
    );
    let finished = upload.finish().await.unwrap_err();
    assert_eq!(finished.kind(), ErrorKind::ResourceExhausted);
    assert_eq!(progress.bytes(), 2 << 20);
    let left = content(&volume).await;
    assert_eq!((left[0], left[PIECE], left[2 * PIECE]), (1, 2, 0));
}

#[tokio::test]
async fn writing_as_plain_bytes_fails_at_the_next_write_or_at_the_end() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::mib(4)).await;
    let control = TestControl::of(&conn).unwrap();
    control
        .inject(Fault::on("volume_upload_piece").failing(ErrorKind::Failed))
        .unwrap();
    let mut upload = volume.upload().await.unwrap();
    // It is small enough to be kept.
    upload.write_all(b"kept").await.unwrap();
    let error = Error::from(upload.shutdown().await.unwrap_err());
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Failed, Some("volume_upload"))
    );
    assert_eq!(
        Error::from(upload.write_all(b"more").await.unwrap_err()).kind(),
        ErrorKind::Failed
    );
    assert_eq!(content(&volume).await[..4], [0; 4]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_upload_that_never_comes_is_given_up_at_its_deadline() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::mib(1)).await;
    let control = TestControl::of(&conn).unwrap();
    control
        .inject(Fault::on("volume_upload_finish").hanging())
        .unwrap();
    let upload = volume
        .with_deadline(Duration::from_secs(2))
        .upload()
        .await
        .unwrap();
    let error = upload.finish().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown)
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_future_was_dropped_is_not_lost_and_not_done_twice() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::mib(3)).await;
    let control = TestControl::of(&conn).unwrap();
    let slow = Fault::on("volume_upload_piece").delayed(Duration::from_secs(5));
    control.inject(slow).unwrap();
    let mut upload = volume.upload().await.unwrap();
    let hasty = tokio::time::timeout(Duration::from_secs(1), upload.write_piece(piece(1))).await;
    assert!(hasty.is_err());
    upload.write_piece(piece(2)).await.unwrap();
    upload.finish().await.unwrap();
    let bytes = content(&volume).await;
    assert_eq!((bytes[0], bytes[PIECE], bytes[2 * PIECE]), (1, 2, 0));
}

#[tokio::test]
async fn a_download_that_fails_half_way_has_no_end() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::mib(2)).await;
    let mut upload = volume.upload().await.unwrap();
    upload.write_piece(piece(1)).await.unwrap();
    upload.finish().await.unwrap();
    let control = TestControl::of(&conn).unwrap();
    let broken = Fault::on("volume_download_piece")
        .nth(2)
        .failing(ErrorKind::Failed);
    control.inject(broken).unwrap();
    let mut bytes = Vec::new();
    let mut download = volume.download().await.unwrap();
    let error = Error::from(download.read_to_end(&mut bytes).await.unwrap_err());
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Failed, Some("volume_download"))
    );
    assert!(!bytes.is_empty() && bytes.len() < PIECE);
    // A file keeps what had come.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("copy");
    control
        .inject(
            Fault::on("volume_download_piece")
                .nth(2)
                .failing(ErrorKind::Failed),
        )
        .unwrap();
    let copied = volume
        .download_file(&path, &virt_core::storage::DownloadOptions::default())
        .await;
    assert_eq!(copied.unwrap_err().kind(), ErrorKind::Failed);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_connection_that_is_lost_ends_transfers() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::mib(2)).await;
    let mut upload = volume.upload().await.unwrap();
    let mut download = volume.download().await.unwrap();
    TestControl::of(&conn).unwrap().lose_connection();
    assert_eq!(
        upload.write_piece(piece(1)).await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
    assert_eq!(
        download.next_piece().await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
}

#[tokio::test]
async fn a_world_holds_only_so_much() {
    let conn = open().await;
    let volume = volume(&conn, ByteSize::gib(1)).await;
    let options = virt_core::storage::UploadOptions::default();
    let mut endless = tokio::io::repeat(1).take(1 << 30);
    let error = volume.upload_from(&mut endless, &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    assert!(error.to_string().contains("256 MiB"), "{error}");
    // Holes take no room.
    let mut upload = volume.upload_with(&options.discard()).await.unwrap();
    upload.write_piece(VolumePiece::Hole(1 << 30)).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(volume.info().await.unwrap().allocation, ByteSize::ZERO);
}
