//! The content of a volume, up and down, beside virsh; both sides open a connection of their own for each.

use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar, Samples};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use virt_sdk::model::{ByteSize, PoolConfig, PoolType, VolumeConfig};
use virt_sdk::storage::{DownloadOptions, PoolOverwrite, PoolStartOptions, StorageVolume, UploadOptions};

const MIB: u32 = 512;
const ROUNDS: usize = 10;
const POOL: &str = "bench";
const VOLUME: &str = "content";

/// Measures both directions.
pub(super) fn measure(runtime: &tokio::runtime::Runtime, uri: &str, directory: &Path) -> Outcome {
    figure::remark(&format!("{MIB} MiB up and down, {ROUNDS} rounds on either side"));
    let file = directory.join("content");
    fill(&file)?;
    runtime.block_on(prepare(uri, directory))?;
    let (mut up, mut down) = (Sides::default(), Sides::default());
    for round in 0..ROUNDS {
        up.add(
            timed(|| runtime.block_on(upload(uri, &file)))?,
            timed(|| virsh(uri, "vol-upload", &file))?,
        );
        let back = directory.join("back");
        // Who comes first has the pages of what was written before still being written out beside it.
        let (mut ours, mut virshs) = (Duration::ZERO, Duration::ZERO);
        for turn in 0..2 {
            match (round + turn) % 2 {
                0 => ours = timed(|| runtime.block_on(download(uri, &back)))?,
                _ => virshs = timed(|| virsh(uri, "vol-download", &back))?,
            }
            same(&file, &back)?;
        }
        down.add(ours, virshs);
    }
    up.print("upload");
    down.print("download");
    Ok(())
}

/// MiB a second, and the ratio.
#[derive(Default)]
struct Sides {
    ours: Samples,
    virsh: Samples,
    ratios: Samples,
}

impl Sides {
    fn add(&mut self, ours: Duration, virsh: Duration) {
        self.ours.add(f64::from(MIB) / ours.as_secs_f64());
        self.virsh.add(f64::from(MIB) / virsh.as_secs_f64());
        self.ratios.add(virsh.as_secs_f64() / ours.as_secs_f64());
    }

    fn print(&self, what: &str) {
        figure::print(&format!("rpc.{what}_mib_per_s"), "MiB/s", Bar::Open, &self.ours);
        figure::print(
            &format!("rpc.{what}_virsh_mib_per_s"),
            "MiB/s",
            Bar::Open,
            &self.virsh,
        );
        let name = format!("rpc.{what}_ours_over_virsh");
        figure::print(&name, "ratio", Bar::AtLeast(1.0), &self.ratios);
    }
}

fn timed(work: impl FnOnce() -> Outcome) -> Outcome<Duration> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

/// A file in which every MiB is another.
fn fill(path: &Path) -> Outcome {
    let mut file = File::create(path)?;
    for number in 0..MIB {
        let block: Vec<u8> = number.to_le_bytes().into_iter().cycle().take(1 << 20).collect();
        file.write_all(&block)?;
    }
    Ok(())
}

fn same(one: &Path, other: &Path) -> Outcome {
    match fs::read(one)? == fs::read(other)? {
        true => Ok(()),
        false => failed(format!("{} and {} differ", one.display(), other.display())),
    }
}

async fn prepare(uri: &str, directory: &Path) -> Outcome {
    let connection = virt_sdk::connect(uri).await?;
    let config = PoolConfig::builder(POOL, PoolType::Dir)
        .target(directory.join("pool").to_string_lossy())
        .build()?;
    let built = PoolStartOptions::default().build(PoolOverwrite::Default);
    let pool = connection.create_storage_pool_with(&config, &built).await?;
    let config = VolumeConfig::builder(VOLUME)
        .capacity(ByteSize::mib(u64::from(MIB)))
        .build()?;
    pool.create_volume(&config).await?;
    connection.shutdown().await?;
    Ok(())
}

async fn upload(uri: &str, file: &Path) -> Outcome {
    let connection = virt_sdk::connect(uri).await?;
    let volume: StorageVolume = connection.storage_pool(POOL).await?.volume(VOLUME).await?;
    volume.upload_file(file, &UploadOptions::default()).await?;
    connection.shutdown().await?;
    Ok(())
}

async fn download(uri: &str, file: &Path) -> Outcome {
    let connection = virt_sdk::connect(uri).await?;
    let volume: StorageVolume = connection.storage_pool(POOL).await?.volume(VOLUME).await?;
    volume.download_file(file, &DownloadOptions::default()).await?;
    connection.shutdown().await?;
    Ok(())
}

fn virsh(uri: &str, command: &str, file: &Path) -> Outcome {
    let status = Command::new("virsh")
        .args([
            "--quiet",
            "--connect",
            uri,
            command,
            "--pool",
            POOL,
            "--vol",
            VOLUME,
        ])
        .arg(file)
        .stdout(Stdio::null())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => failed(format!("virsh {command}: {status}")),
    }
}
