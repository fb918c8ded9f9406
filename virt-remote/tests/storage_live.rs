//! The content of volumes over a real libvirtd: sparse images up and down, transfers that end half-way, a daemon that is
//! killed meanwhile, pools of file systems.
#![cfg(feature = "rpc")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use virt_core::backend::BackendTable;
use virt_core::model::{ByteSize, PoolConfig, PoolType, VolumeConfig};
use virt_core::storage::{
    DownloadOptions, PoolOverwrite, PoolStartOptions, StoragePool, StorageVolume, UploadOptions, VolumePiece,
};
use virt_core::{Connection, ErrorKind};
use virt_testkit::live::libvirtd::Libvirtd;

/// A private daemon; `None`, loudly, where there is no libvirtd.
async fn daemon() -> Option<Libvirtd> {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip::declare("libvirtd is not installed: `cargo xtask install libvirt` installs it");
        return None;
    }
    Some(Libvirtd::start().await.expect("a private libvirtd"))
}

async fn connect(daemon: &Libvirtd) -> Connection {
    let backend = std::sync::Arc::new(virt_remote::driver::RemoteBackend::new());
    let table =
        BackendTable::default().backend("qemu", virt_core::backend::PathRule::Any, "rpc", Some(backend));
    let opened = Connection::builder().backends(table).open(&daemon.uri()).await;
    opened.expect("a connection")
}

/// A pool in a directory of its own.
async fn pool(conn: &Connection, name: &str, directory: &Path) -> StoragePool {
    let config = PoolConfig::builder(name, PoolType::Dir)
        .target(directory.join(name).to_string_lossy())
        .build()
        .expect("a document");
    let built = PoolStartOptions::default().build(PoolOverwrite::Default);
    let created = conn.create_storage_pool_with(&config, &built).await;
    created.expect("a pool")
}

async fn volume(pool: &StoragePool, name: &str, capacity: ByteSize) -> StorageVolume {
    let builder = VolumeConfig::builder(name).capacity(capacity);
    let config = builder.allocation(ByteSize::ZERO).build().expect("a document");
    pool.create_volume(&config).await.expect("a volume")
}

/// A directory that the daemon sees, too.
fn directory() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("virt-storage.")
        .tempdir_in("/tmp")
        .expect("a directory")
}

/// SHA-256, by the system's tool: another's than what wrote the file.
async fn hash(path: &Path) -> String {
    let mut command = tokio::process::Command::new("sha256sum");
    let output = command.arg(path).output().await.expect("sha256sum");
    let text = String::from_utf8(output.stdout).expect("text");
    text.split(' ').next().expect("a hash").to_owned()
}

fn allocated(path: impl AsRef<Path>) -> u64 {
    std::fs::metadata(path).expect("a file").blocks() * 512
}

/// 1 GiB, of which 16 pieces of 1 MiB hold something.
fn image(path: &Path) {
    let file = std::fs::File::create(path).expect("a file");
    for piece in 0..16_u64 {
        let bytes: Vec<u8> = (0..1 << 20)
            .map(|place: u64| u8::try_from((place * 31 + piece * 7 + (place >> 9)) % 255 + 1).unwrap())
            .collect();
        file.write_all_at(&bytes, piece * (64 << 20) + 12_288 * piece)
            .expect("written");
    }
    file.set_len(1 << 30).expect("a length");
}

/// One daemon for most of it: starting one takes seconds.
#[tokio::test]
async fn the_content_of_volumes_goes_to_a_real_daemon_and_comes_from_it() {
    let Some(daemon) = daemon().await else { return };
    let conn = connect(&daemon).await;
    let place = directory();
    let pool = pool(&conn, "images", place.path()).await;
    a_sparse_gibibyte_goes_up_and_down(&pool, place.path()).await;
    an_upload_given_up_half_way_leaves_the_volume_as_long_as_it_is_written(&pool).await;
    a_volume_that_holds_something_is_written_as_it_is_told(&pool).await;
    an_image_that_is_no_raw_one_is_replaced(&pool, place.path()).await;
    one_volume_is_looked_up_without_looking_for_the_others(&pool).await;
    pool.destroy().await.expect("destroyed");
    a_file_system_is_made_and_mounted(&conn, place.path()).await;
    conn.shutdown().await.expect("shut down");
    daemon.stop().await.expect("the end of the daemon");
}

async fn a_sparse_gibibyte_goes_up_and_down(pool: &StoragePool, place: &Path) {
    let (from, to) = (place.join("from"), place.join("to"));
    image(&from);
    let wanted = hash(&from).await;
    let volume = volume(pool, "sparse", ByteSize::gib(1)).await;
    let mut upload = volume.upload().await.expect("an upload");
    let progress = upload.progress();
    let file = std::fs::File::open(&from).expect("the image");
    assert_eq!(upload.copy_file(file).await.expect("copied"), 1 << 30);
    upload.finish().await.expect("finished");
    assert_eq!(progress.bytes(), 1 << 30);
    assert!(progress.data_bytes() <= 20 << 20, "{progress:?}");

    let path = volume.path().await.expect("a path");
    assert_eq!(hash(Path::new(&path)).await, wanted);
    let (there, here) = (allocated(&path), allocated(&from));
    assert!(
        there <= here + (2 << 20),
        "{there} bytes are allocated there, {here} here"
    );
    assert_eq!(std::fs::metadata(&path).expect("the volume").len(), 1 << 30);

    let count = volume.download_file(&to, &DownloadOptions::default()).await;
    assert_eq!(count.expect("copied"), 1 << 30);
    assert_eq!(hash(&to).await, wanted);
    let back = allocated(&to);
    assert!(
        back <= here + (2 << 20),
        "{back} bytes are allocated of what came back, {here} here"
    );

    // Once more over what is there: the same, and no more of it.
    let options = UploadOptions::default().discard();
    volume.upload_file(&from, &options).await.expect("copied again");
    assert_eq!(hash(Path::new(&path)).await, wanted);
    let again = allocated(&path);
    assert!(
        again <= here + (2 << 20),
        "{again} bytes are allocated the second time, {here} here"
    );
    for file in [from, to] {
        std::fs::remove_file(file).expect("removed");
    }
}

async fn an_upload_given_up_half_way_leaves_the_volume_as_long_as_it_is_written(pool: &StoragePool) {
    let volume = volume(pool, "half", ByteSize::mib(64)).await;
    let mut upload = volume.upload().await.expect("an upload");
    let data = VolumePiece::Data(vec![7; 4 << 20].into());
    upload.write_piece(data.clone()).await.expect("written");
    upload
        .write_piece(VolumePiece::Hole(4 << 20))
        .await
        .expect("written");
    upload.write_piece(data).await.expect("written");
    upload.abort().await.expect("given up");
    // The daemon is well, and the volume can be written from the beginning.
    let options = UploadOptions::default().discard();
    let written = volume.upload_from(&mut &[9_u8; 1 << 20][..], &options).await;
    assert_eq!(written.expect("written anew"), 1 << 20);
    let mut content = Vec::new();
    volume
        .download_to(&mut content, &DownloadOptions::default())
        .await
        .expect("read");
    assert!(content.iter().take(1 << 20).all(|byte| *byte == 9));
    assert!(
        content.iter().skip(1 << 20).all(|byte| *byte == 0),
        "something is left of what was given up"
    );
}

async fn a_volume_that_holds_something_is_written_as_it_is_told(pool: &StoragePool) {
    let volume = volume(pool, "full", ByteSize::mib(4)).await;
    let full = UploadOptions::default().dense();
    volume
        .upload_from(&mut &[0xff_u8; 4 << 20][..], &full)
        .await
        .expect("filled");
    // The daemon itself would leave what is in a hole, and cut off what is after it.
    let mut upload = volume.upload().await.expect("an upload");
    upload
        .write_piece(VolumePiece::Data(vec![1; 1000].into()))
        .await
        .expect("written");
    upload
        .write_piece(VolumePiece::Hole(1 << 20))
        .await
        .expect("written");
    upload.finish().await.expect("finished");
    let mut content = Vec::new();
    volume
        .download_to(&mut content, &DownloadOptions::default())
        .await
        .expect("read");
    let mut wanted = vec![1; 1000];
    wanted.resize(1000 + (1 << 20), 0);
    wanted.resize(4 << 20, 0xff);
    assert!(content == wanted, "the volume has another content");
}

async fn an_image_that_is_no_raw_one_is_replaced(pool: &StoragePool, place: &Path) {
    let xml = "<volume><name>image.qcow2</name><capacity unit='MiB'>64</capacity>\
               <target><format type='qcow2'/></target></volume>";
    let config = VolumeConfig::from_xml(xml).expect("a document");
    let volume = pool.create_volume(&config).await.expect("a qcow2 volume");
    let image = place.join("other.qcow2");
    let made = tokio::process::Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2", "-o", "preallocation=metadata"])
        .arg(&image)
        .arg("128M")
        .status()
        .await;
    assert!(made.expect("qemu-img").success());
    let options = UploadOptions::default().discard();
    volume.upload_file(&image, &options).await.expect("replaced");
    pool.refresh().await.expect("refreshed");
    let info = volume.info().await.expect("what it is");
    assert_eq!(info.capacity, ByteSize::mib(128));
    let path = volume.path().await.expect("a path");
    let checked = tokio::process::Command::new("qemu-img")
        .args(["check", "-q"])
        .arg(&path)
        .status()
        .await;
    assert!(checked.expect("qemu-img").success(), "the image is damaged");
}

/// With thousands of volumes, a refresh of the pool would take seconds.
async fn one_volume_is_looked_up_without_looking_for_the_others(pool: &StoragePool) {
    let there = volume(pool, "there", ByteSize::mib(1)).await;
    let path = there.path().await.expect("a path");
    // One that the daemon does not know of: only a refresh would find it.
    std::fs::write(Path::new(&path).with_file_name("unknown"), b"x").expect("written");
    pool.volume("there").await.expect("found");
    let unknown = pool.volume("unknown").await.expect_err("nothing was looked for");
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    pool.refresh().await.expect("refreshed");
    pool.volume("unknown").await.expect("found now");
}

async fn a_file_system_is_made_and_mounted(conn: &Connection, place: &Path) {
    let disk = place.join("disk");
    std::fs::File::create(&disk)
        .and_then(|file| file.set_len(64 << 20))
        .expect("a file");
    let losetup = tokio::process::Command::new("losetup")
        .args(["--find", "--show"])
        .arg(&disk)
        .output()
        .await;
    let device = match losetup {
        Ok(output) if output.status.success() => {
            String::from_utf8(output.stdout).expect("text").trim().to_owned()
        }
        _ => {
            virt_testkit::skip::declare(
                "no loop device can be had here: a pool of a file system is not tried",
            );
            return;
        }
    };
    let result = tokio::spawn(mounted(conn.clone(), device.clone(), place.join("mounted"))).await;
    let detached = tokio::process::Command::new("losetup")
        .args(["--detach", &device])
        .status()
        .await;
    assert!(detached.expect("losetup").success());
    result.expect("a pool of a file system");
}

async fn mounted(conn: Connection, device: String, target: std::path::PathBuf) {
    let config = PoolConfig::builder("mounted", PoolType::Fs)
        .device(&device)
        .format(virt_core::model::pool::PoolFormat::Ext4)
        .target(target.to_string_lossy())
        .build()
        .expect("a document");
    let pool = conn.define_storage_pool(&config).await.expect("defined");
    let refused = pool.start().await.expect_err("nothing is to be mounted");
    assert_eq!(refused.kind(), ErrorKind::Failed, "{refused}");
    let build = virt_core::storage::PoolBuildOptions::default().overwrite(PoolOverwrite::Refuse);
    pool.build_with(&build).await.expect("a file system");
    pool.start().await.expect("mounted");
    let info = pool.info().await.expect("what it is");
    assert!(
        info.capacity < ByteSize::mib(64) && info.capacity > ByteSize::mib(32),
        "{info:?}"
    );
    let volume = volume(&pool, "inside", ByteSize::mib(8)).await;
    volume
        .upload_from(&mut &b"mounted"[..], &UploadOptions::default())
        .await
        .expect("written");
    pool.destroy().await.expect("unmounted");
    let again = pool
        .build_with(&build)
        .await
        .expect_err("there is a file system already");
    assert!(
        matches!(again.kind(), ErrorKind::AlreadyExists | ErrorKind::InvalidState),
        "{again}"
    );
    pool.start().await.expect("mounted again");
    let inside = pool.volume("inside").await.expect("what was written");
    let mut content = Vec::new();
    let options = DownloadOptions::default().length(7);
    inside.download_to(&mut content, &options).await.expect("read");
    assert_eq!(content, b"mounted");
    pool.destroy().await.expect("unmounted");
    pool.undefine().await.expect("undefined");
}

#[tokio::test]
async fn transfers_end_with_the_daemon_and_say_so() {
    let Some(daemon) = daemon().await else { return };
    let conn = connect(&daemon).await;
    let place = directory();
    let pool = pool(&conn, "images", place.path()).await;
    let (up, down) = (
        volume(&pool, "up", ByteSize::gib(1)).await,
        volume(&pool, "down", ByteSize::mib(256)).await,
    );
    let filling = UploadOptions::default();
    let mut zeros = tokio::io::AsyncReadExt::take(tokio::io::repeat(5), 256 << 20);
    down.upload_from(&mut zeros, &filling).await.expect("filled");
    let mut upload = up.upload().await.expect("an upload");
    let mut download = down.download().await.expect("a download");
    let piece = VolumePiece::Data(vec![3; 1 << 20].into());
    upload.write_piece(piece.clone()).await.expect("written");
    download.next_piece().await.expect("read");

    daemon.stop().await.expect("the end of the daemon");

    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        let written = loop {
            if let Err(error) = upload.write_piece(piece.clone()).await {
                break error;
            }
        };
        let read = loop {
            match download.next_piece().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a download is complete though its daemon was killed"),
                Err(error) => break error,
            }
        };
        (written, read)
    });
    let (written, read) = ended.await.expect("both end");
    assert_eq!(written.kind(), ErrorKind::ConnectionLost, "{written}");
    assert_eq!(read.kind(), ErrorKind::ConnectionLost, "{read}");
    assert!(
        written.to_string().contains("up"),
        "the error does not name the volume: {written}"
    );
    let finished = upload.finish().await.expect_err("nothing is certain");
    assert_eq!(finished.kind(), ErrorKind::ConnectionLost, "{finished}");
}
