//! The content of volumes and files, up and down.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use virt_core::model::{ByteSize, VolumeConfig};
use virt_core::storage::{DownloadOptions, StoragePool, StorageVolume, UploadOptions};
use virt_core::{Connection, ErrorKind, Outcome};
use virt_testkit::live::vsphere::{Simulator, SimulatorOptions};

use crate::fixture::{open, simulator};

async fn host() -> Option<(Simulator, Connection, StoragePool)> {
    let simulator = simulator(SimulatorOptions::esx().with_machines(0)).await?;
    let conn = open(&simulator, &simulator.esx_uri(), "")
        .await
        .expect("it opens");
    let pool = conn.storage_pool("LocalDS_0").await.expect("its datastore");
    Some((simulator, conn, pool))
}

async fn disk(pool: &StoragePool, name: &str, size: ByteSize) -> StorageVolume {
    let config = VolumeConfig::builder(name)
        .capacity(size)
        .allocation(ByteSize::ZERO)
        .build()
        .expect("a document");
    pool.create_volume(&config).await.expect("it is made")
}

async fn iso(pool: &StoragePool, name: &str) -> StorageVolume {
    let config = VolumeConfig::builder(name)
        .capacity(ByteSize::ZERO)
        .build()
        .expect("a document");
    pool.create_volume(&config).await.expect("it is made")
}

/// Bytes that are nowhere the same.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

/// An image with large holes.
fn sparse(path: &Path, size: u64) {
    let mut file = std::fs::File::create(path).expect("an image");
    for at in [0, size / 3, size - 70_000] {
        file.seek(SeekFrom::Start(at)).expect("its place");
        file.write_all(&bytes(65_537)).expect("its content");
    }
    file.set_len(size).expect("its size");
}

fn same_content(a: &Path, b: &Path) {
    let (a, b) = (
        std::fs::read(a).expect("one"),
        std::fs::read(b).expect("the other"),
    );
    assert!(a == b, "{} and {} bytes differ", a.len(), b.len());
}

#[tokio::test]
async fn a_large_image_goes_up_and_comes_down_with_its_holes() {
    let Some((_simulator, conn, pool)) = host().await else {
        return;
    };
    let size = 64 << 20;
    let volume = disk(&pool, "big/big.vmdk", ByteSize::bytes(size)).await;
    let dir = tempfile::tempdir().expect("a directory");
    let (image, copy) = (dir.path().join("image"), dir.path().join("copy"));
    sparse(&image, size);
    let count = volume
        .upload_file(&image, &UploadOptions::default())
        .await
        .expect("it goes up");
    assert_eq!(count, size);
    assert_eq!(
        volume.info().await.expect("what it is").capacity,
        ByteSize::bytes(size)
    );
    let mut download = volume.download().await.expect("it opens");
    let progress = download.progress();
    let file = std::fs::File::create(&copy).expect("a file");
    let count = download.copy_to_file(file).await.expect("it comes down");
    assert_eq!((count, progress.bytes()), (size, size));
    assert!(
        progress.data_bytes() < size / 2,
        "{} are data",
        progress.data_bytes()
    );
    same_content(&image, &copy);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_part_is_read_and_the_end_is_the_end() {
    let Some((simulator, conn, pool)) = host().await else {
        return;
    };
    let content = bytes(1 << 20);
    let volume = disk(&pool, "a/a.vmdk", ByteSize::mib(1)).await;
    let mut from = content.as_slice();
    volume
        .upload_from(&mut from, &UploadOptions::default())
        .await
        .expect("it goes up");
    let read = async |offset: u64, length: Option<u64>| {
        let mut options = DownloadOptions::default().offset(offset);
        options.length = length;
        let mut into = Vec::new();
        volume.download_to(&mut into, &options).await.map(|_| into)
    };
    let part = |from: usize, to: usize| content.get(from..to).expect("a part").to_vec();
    assert_eq!(read(1000, Some(5000)).await.expect("a part"), part(1000, 6000));
    assert_eq!(read(0, Some(1)).await.expect("a part"), part(0, 1));
    assert_eq!(
        read(1_048_570, None).await.expect("a part"),
        part(1_048_570, 1 << 20)
    );
    assert_eq!(
        read(1_048_570, Some(100)).await.expect("a part"),
        part(1_048_570, 1 << 20)
    );
    assert!(read(1 << 20, None).await.expect("nothing").is_empty());
    assert!(read(5, Some(0)).await.expect("nothing").is_empty());
    let error = read((1 << 20) + 1, None)
        .await
        .map(drop)
        .expect_err("it ends before");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    // A file that is cut says so, and does not end.
    simulator
        .control()
        .cut_next_file(300_000)
        .await
        .expect("the control");
    let error = read(0, None).await.map(drop).expect_err("it is cut");
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(read(0, None).await.expect("all of it"), content);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_disk_is_written_as_a_whole() {
    let Some((_simulator, conn, pool)) = host().await else {
        return;
    };
    let volume = disk(&pool, "a/a.vmdk", ByteSize::mib(1)).await;
    let content = bytes(1 << 20);
    let all = async || {
        let mut into = Vec::new();
        let options = DownloadOptions::default();
        volume
            .download_to(&mut into, &options)
            .await
            .expect("it comes down");
        into
    };
    volume
        .upload_from(&mut content.as_slice(), &UploadOptions::default())
        .await
        .expect("it goes up");
    for options in [
        UploadOptions::default().offset(512),
        UploadOptions::default().length(512),
    ] {
        let error = volume.upload_with(&options).await.map(drop).expect_err("a part");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let options = UploadOptions::default().length((1 << 20) + 1);
    let error = volume
        .upload_with(&options)
        .await
        .map(drop)
        .expect_err("too much");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_eq!(all().await, content, "what is refused changes nothing");
    // What was discarded and is not written reads as zeros.
    let mut upload = volume
        .upload_with(&UploadOptions::default().discard())
        .await
        .expect("it opens");
    upload.write_all(b"boot").await.expect("it is written");
    upload.finish().await.expect("it is there");
    let mut expected = vec![0; 1 << 20];
    expected.splice(..4, *b"boot");
    assert_eq!(all().await, expected);
    let mut upload = volume.upload().await.expect("it opens");
    upload.write_all(b"boot").await.expect("it is written");
    let error = upload.finish().await.expect_err("the rest is missing");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidArgument, Outcome::Unknown),
        "{error}"
    );
    let mut upload = volume.upload().await.expect("it opens");
    let more = bytes((1 << 20) + 1);
    let error = upload
        .copy_from(&mut more.as_slice())
        .await
        .expect_err("it is too much");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    upload.abort().await.expect("it is given up");
    volume
        .upload_from(&mut content.as_slice(), &UploadOptions::default())
        .await
        .expect("it goes up again");
    assert_eq!(all().await, content);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn an_image_is_what_was_uploaded_whatever_it_is_called() {
    let Some((simulator, conn, pool)) = host().await else {
        return;
    };
    for name in ["isos/plain.iso", "isos ü/a b%2f+#?&=.iso", "isos/floppy.img"] {
        let volume = iso(&pool, name).await;
        let content = bytes(100_001);
        volume
            .upload_from(&mut content.as_slice(), &UploadOptions::default())
            .await
            .expect("it goes up");
        let info = volume.info().await.expect("what it is");
        assert_eq!(info.capacity, ByteSize::bytes(100_001), "{name}");
        let mut into = Vec::new();
        let options = DownloadOptions::default();
        volume
            .download_to(&mut into, &options)
            .await
            .expect("it comes down");
        assert!(into == content, "{name}");
        assert_eq!(pool.volume(name).await.expect("it is found").key(), volume.key());
        let copy = format!("copies/{}", name.rsplit('/').next().expect("a name"));
        let copy = VolumeConfig::from_xml(&format!(
            "<volume><name>{}</name></volume>",
            copy.replace('&', "&amp;")
        ));
        let copy = pool
            .clone_volume(&copy.expect("a document"), &volume)
            .await
            .expect("a copy");
        assert_eq!(copy.info().await.expect("what it is").capacity, info.capacity);
        volume.delete().await.expect("it is deleted");
        let error = volume.download().await.map(drop).expect_err("it is gone");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    // Less than was there needs leave, and more than there is room for is refused.
    let volume = pool.volume("copies/plain.iso").await.expect("it is there");
    let options = UploadOptions::default().length(10);
    let error = volume.upload_with(&options).await.map(drop).expect_err("a part");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let options = UploadOptions::default().discard();
    volume
        .upload_from(&mut b"short".as_slice(), &options)
        .await
        .expect("it is replaced");
    assert_eq!(
        volume.info().await.expect("what it is").capacity,
        ByteSize::bytes(5)
    );
    simulator.control().leave_room(1000).await.expect("the control");
    let error = volume
        .upload_from(&mut bytes(200_000).as_slice(), &UploadOptions::default())
        .await
        .expect_err("there is no room");
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn a_session_that_ends_is_opened_again_for_files_as_well() {
    let Some((simulator, conn, pool)) = host().await else {
        return;
    };
    let content = bytes(24 << 20);
    let volume = iso(&pool, "a/a.iso").await;
    volume
        .upload_from(&mut content.as_slice(), &UploadOptions::default())
        .await
        .expect("it goes up");
    let mut download = volume.download().await.expect("it opens");
    let mut first = vec![0; 1000];
    download.read_exact(&mut first).await.expect("its beginning");
    simulator.control().end_sessions().await.expect("the control");
    let mut rest = Vec::new();
    download.read_to_end(&mut rest).await.expect("the rest");
    first.extend_from_slice(&rest);
    assert!(first == content, "what had begun goes on");
    simulator.control().end_sessions().await.expect("the control");
    let mut into = Vec::new();
    virt_esx::download_file(&conn, "[LocalDS_0] a/a.iso", &mut into)
        .await
        .expect("it is opened again");
    assert!(into == content);
    let mut upload = volume.upload().await.expect("it opens");
    upload.write_all(&bytes(1000)).await.expect("its beginning");
    simulator.control().end_sessions().await.expect("the control");
    // Whether the server had looked at it before says the end.
    match upload.copy_from(&mut content.as_slice()).await {
        Ok(_) => match upload.finish().await {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
        },
        Err(error) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
    }
    conn.shutdown().await.expect("it ends");
}

/// A reader that breaks in the middle.
struct Broken(usize);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.0 == 0 {
            return Poll::Ready(Err(std::io::Error::other("it broke")));
        }
        let count = buf.remaining().min(self.0);
        buf.put_slice(&bytes(count));
        self.0 -= count;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn files_of_all_kinds_are_listed_read_written_and_deleted() {
    let Some((_simulator, conn, pool)) = host().await else {
        return;
    };
    virt_esx::make_directory(&conn, "[LocalDS_0] stuff/ä b")
        .await
        .expect("it is made");
    virt_esx::make_directory(&conn, "[LocalDS_0] stuff/ä b")
        .await
        .expect("it is there");
    let name = "[LocalDS_0] stuff/ä b/notes+1.txt";
    let content = bytes(700_000);
    let count = virt_esx::upload_file(&conn, name, &mut content.as_slice())
        .await
        .expect("it is written");
    assert_eq!(count, 700_000);
    let listed = virt_esx::list_files(&conn, "[LocalDS_0] stuff/ä b")
        .await
        .expect("what is there");
    let shown: Vec<_> = listed
        .iter()
        .map(|entry| (entry.name.as_str(), entry.is_directory, entry.size))
        .collect();
    assert_eq!(shown, [("notes+1.txt", false, ByteSize::bytes(700_000))]);
    let top = virt_esx::list_files(&conn, "[LocalDS_0]")
        .await
        .expect("what is there");
    assert!(
        top.iter()
            .any(|entry| entry.name == "stuff" && entry.is_directory),
        "{top:?}"
    );
    let mut into = Vec::new();
    virt_esx::download_file(&conn, "/vmfs/volumes/LocalDS_0/stuff/ä b/notes+1.txt", &mut into)
        .await
        .expect("it is read");
    assert!(into == content);
    // It is no volume: neither disk nor image.
    assert!(pool.volumes().await.expect("its volumes").is_empty());
    let broken = "[LocalDS_0] stuff/broken.bin";
    let error = virt_esx::upload_file(&conn, broken, &mut Broken(600_000)).await;
    error.map(drop).expect_err("its source breaks");
    let left = virt_esx::list_files(&conn, "[LocalDS_0] stuff")
        .await
        .expect("what is there");
    assert!(
        left.iter().all(|entry| entry.is_directory),
        "a part is left: {left:?}"
    );
    for (name, kind) in [
        ("[LocalDS_0] nowhere/a.txt", ErrorKind::NotFound),
        ("[nothing] a.txt", ErrorKind::NotFound),
        ("[LocalDS_0] ../a.txt", ErrorKind::InvalidArgument),
        ("a.txt", ErrorKind::NotFound),
    ] {
        let error = virt_esx::upload_file(&conn, name, &mut b"x".as_slice()).await;
        assert_eq!(
            error.map(drop).expect_err("it has no place").kind(),
            kind,
            "{name}"
        );
    }
    let error = virt_esx::delete_file(&conn, "[LocalDS_0]")
        .await
        .expect_err("all of it");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    virt_esx::delete_file(&conn, "[LocalDS_0] stuff")
        .await
        .expect("it is deleted");
    let error = virt_esx::list_files(&conn, "[LocalDS_0] stuff").await.map(drop);
    assert_eq!(error.expect_err("it is gone").kind(), ErrorKind::NotFound);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn an_upload_that_is_given_up_ends_nothing() {
    let Some((_simulator, conn, pool)) = host().await else {
        return;
    };
    let volume = iso(&pool, "a/a.iso").await;
    let mut upload = volume.upload().await.expect("it opens");
    upload.write_all(&bytes(500_000)).await.expect("it is written");
    upload.abort().await.expect("it is given up");
    let mut upload = volume.upload().await.expect("it opens");
    upload.write_all(&bytes(500_000)).await.expect("it is written");
    drop(upload);
    // The connection goes on, and the volume can be written anew.
    let content = bytes(100);
    volume
        .upload_from(&mut content.as_slice(), &UploadOptions::default().discard())
        .await
        .expect("it goes up");
    let mut into = Vec::new();
    let options = DownloadOptions::default();
    volume
        .download_to(&mut into, &options)
        .await
        .expect("it comes down");
    assert_eq!(into, content);
    conn.shutdown().await.expect("it ends");
}

#[tokio::test]
async fn who_only_reads_sees_volumes_and_not_what_is_in_them() {
    let Some((simulator, conn, pool)) = host().await else {
        return;
    };
    disk(&pool, "a/a.vmdk", ByteSize::mib(1)).await;
    conn.shutdown().await.expect("it ends");
    let uri = format!(
        "{}?thumbprint={}",
        crate::fixture::bare(&simulator.esx_uri()),
        simulator.certificate().sha256_thumbprint()
    );
    let conn = crate::fixture::builder(&simulator)
        .read_only()
        .open(&uri)
        .await
        .expect("it opens");
    let pool = conn.storage_pool("LocalDS_0").await.expect("its datastore");
    let volume = pool.volume("a/a.vmdk").await.expect("it is there");
    volume.info().await.expect("what it is");
    let refused = [
        volume.download().await.map(drop),
        volume.upload().await.map(drop),
        volume.delete().await,
        volume.wipe().await,
        virt_esx::delete_file(&conn, "[LocalDS_0] a/a.vmdk").await,
    ];
    for result in refused {
        assert_eq!(result.expect_err("it only reads").kind(), ErrorKind::Denied);
    }
    conn.shutdown().await.expect("it ends");
}
