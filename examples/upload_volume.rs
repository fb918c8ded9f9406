//! Copies an image into a volume, with its holes: `upload_volume [URI [FILE [POOL [NAME]]]]`.
//!
//! FILE is an image of 64 MiB made for the occasion unless said, POOL the first active pool, NAME that of the file. The
//! volume is made, as large as the file, unless it is there.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a program for a terminal"
)]

mod cli;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use virt_sdk::model::{ByteSize, VolumeConfig};
use virt_sdk::storage::{StoragePool, StoragePoolFilter, StorageVolume, UploadOptions};
use virt_sdk::{Connection, ErrorKind};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(upload_volume).await
}

async fn upload_volume(mut arguments: cli::Arguments) -> cli::Outcome {
    let conn = cli::connect(&arguments.uri).await?;
    let scratch = tempfile::tempdir()?;
    let file = match arguments.next() {
        Some(file) => PathBuf::from(file),
        None => some_image(scratch.path())?,
    };
    let size = tokio::fs::metadata(&file).await?.len();
    let pool = pool(&conn, arguments.next()).await?;
    let name = match arguments.next() {
        Some(name) => name,
        None => file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    };
    let volume = volume(&pool, &name, ByteSize::bytes(size)).await?;

    let mut upload = volume.upload_with(&UploadOptions::default().discard()).await?;
    let progress = upload.progress();
    let bar = ProgressBar::new(size).with_message(format!("{} → {name}", file.display()));
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let copying = async {
        upload.copy_file(std::fs::File::open(&file)?).await?;
        // Only now it is certain that all is written.
        upload.finish().await
    };
    let showing = async {
        loop {
            bar.set_position(progress.bytes());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let copied = tokio::select! {
        copied = copying => copied,
        never = showing => never,
    };
    bar.finish_and_clear();
    copied?;

    let info = volume.info().await?;
    println!(
        "{} is in {}: {}, {} of them sent as bytes, {} allocated",
        file.display(),
        info.volume,
        info.capacity,
        ByteSize::bytes(progress.data_bytes()),
        info.allocation,
    );
    conn.shutdown().await?;
    Ok(())
}

/// The pool of this name, or the first one that is active.
async fn pool(conn: &Connection, name: Option<String>) -> cli::Outcome<StoragePool> {
    if let Some(name) = name {
        return Ok(conn.storage_pool(name).await?);
    }
    let active = conn
        .storage_pools_with(&StoragePoolFilter::all().active())
        .await?;
    let none = || format!("no storage pool is active on {}: start one", conn.uri());
    Ok(active.into_iter().next().ok_or_else(none)?)
}

/// The volume of this name: one that is there, or a new one.
async fn volume(pool: &StoragePool, name: &str, size: ByteSize) -> cli::Outcome<StorageVolume> {
    let config = VolumeConfig::builder(name)
        .capacity(size)
        .allocation(ByteSize::ZERO)
        .build()?;
    match pool.create_volume(&config).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(pool.volume(name).await?),
        made => Ok(made?),
    }
}

/// An image of which there is little.
fn some_image(directory: &Path) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::FileExt;
    let path = directory.join("example.img");
    let file = std::fs::File::create(&path)?;
    file.write_all_at(b"some content", 0)?;
    file.write_all_at(b"and some more", 32 << 20)?;
    file.set_len(64 << 20)?;
    Ok(path)
}
