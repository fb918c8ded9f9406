//! Whether a guest really boots under KVM here: `/dev/kvm` may open, and a guest still never reach user space.

use super::cache::{cache_directory, content_key};
use super::error::{LiveError, Result};
use super::guest::{GuestImage, READY_LINE};
use super::qemu::QemuBinary;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

/// How long a guest may take under KVM; one that boots does so in 1 to 3 seconds.
const PATIENCE: Duration = Duration::from_secs(12);

/// How guests that have to boot are run on this machine, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accelerator {
    /// Whether a guest was seen to boot under KVM.
    pub kvm: bool,
    /// One sentence that says why.
    pub why: String,
}

impl Accelerator {
    /// The accelerator's name for QEMU: `kvm` or `tcg`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.kvm { "kvm" } else { "tcg" }
    }

    /// libvirt's name for the type of domain that uses it: `kvm` or `qemu`.
    #[must_use]
    pub fn domain_type(&self) -> &'static str {
        if self.kvm { "kvm" } else { "qemu" }
    }
}

/// Whether a guest boots under KVM with the installed QEMU, tried once per boot of this machine and then remembered.
///
/// # Errors
/// [`LiveError`] when there is no QEMU or no guest image to try with. That KVM does not work is no error.
///
/// # Cancel safety
/// Safe: a guest that was being tried is killed.
pub async fn accelerator() -> std::result::Result<Accelerator, LiveError> {
    let qemu = QemuBinary::installed()?;
    if let Err(error) = OpenOptions::new().read(true).write(true).open("/dev/kvm") {
        return Ok(Accelerator {
            kvm: false,
            why: format!("/dev/kvm cannot be opened: {error}"),
        });
    }
    let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let key = content_key(&[
        boot_id.trim(),
        &qemu.path.to_string_lossy(),
        &format!("{:?}", qemu.version),
    ]);
    let remembered = cache_directory().join(format!("kvm-{key}.json"));
    if let Some(known) = fs::read(&remembered)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
    {
        return Ok(known);
    }
    let found = try_kvm(&qemu, &GuestImage::obtain().await?).await?;
    remember(&remembered, &found)?;
    Ok(found)
}

/// The same as a plain yes or no.
///
/// # Errors
/// As [`accelerator`].
pub async fn kvm_boots() -> std::result::Result<bool, LiveError> {
    Ok(accelerator().await?.kvm)
}

async fn try_kvm(qemu: &QemuBinary, guest: &GuestImage) -> Result<Accelerator> {
    let began = Instant::now();
    let mut child = Command::new(&qemu.path)
        .args([
            "-accel",
            "kvm",
            "-cpu",
            "qemu64",
            "-machine",
            "pc",
            "-m",
            "256",
            "-nodefaults",
            "-display",
            "none",
        ])
        .args(["-no-reboot", "-serial", "stdio"])
        .arg("-kernel")
        .arg(&guest.kernel)
        .arg("-initrd")
        .arg(&guest.initrd)
        .args(["-append", &GuestImage::command_line("guest.off")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| LiveError::file("run", &qemu.path, error))?;
    let console = child.stdout.take();
    let ready = timeout(PATIENCE, async {
        let mut lines = BufReader::new(console?).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.contains(READY_LINE) {
                return Some(());
            }
        }
        None
    })
    .await;
    let why = match &ready {
        Ok(Some(())) => format!(
            "a guest booted under KVM in {:.1} s",
            began.elapsed().as_secs_f64()
        ),
        Ok(None) => "QEMU ended before a guest was up under KVM".to_owned(),
        Err(_) => format!(
            "/dev/kvm opens, but a guest was not up under KVM within {} s",
            PATIENCE.as_secs()
        ),
    };
    // It may have powered off by itself already.
    drop(child.kill().await);
    Ok(Accelerator {
        kvm: matches!(ready, Ok(Some(()))),
        why,
    })
}

fn remember(path: &Path, found: &Accelerator) -> Result<()> {
    let text =
        serde_json::to_vec(found).map_err(|error| LiveError::file("write", path, io::Error::other(error)))?;
    let directory = cache_directory();
    let mut file = tempfile::NamedTempFile::new_in(&directory)
        .map_err(|error| LiveError::file("create a file in", &directory, error))?;
    io::Write::write_all(&mut file, &text).map_err(|error| LiveError::file("write", path, error))?;
    file.persist(path)
        .map_err(|error| LiveError::file("write", path, error.error))?;
    Ok(())
}
