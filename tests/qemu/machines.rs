//! Machines for QEMU: what they are made of, and where their files are.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use virt_sdk::model::domain::devices::{MemBalloonModel, Panic, Rng};
use virt_sdk::model::{ByteSize, Channel, Console, Disk, DomainConfig, DomainType, Interface};
use virt_testkit::conformance::{Doing as _, Failure};
use virt_testkit::live::guest::GuestImage;
use virt_testkit::live::kvm::{self, Accelerator};
use virt_testkit::live::qemu::QemuBinary;

/// A QEMU, a guest for it, and how guests that have to boot are run here.
#[derive(Debug, Clone)]
pub(crate) struct Machines {
    pub(crate) qemu: QemuBinary,
    pub(crate) image: GuestImage,
    pub(crate) accelerator: Accelerator,
}

impl Machines {
    /// For this QEMU; what is missing where there is none. Blocks, and makes the guest's image where it is not there yet.
    pub(crate) fn of(qemu: QemuBinary) -> Result<Self, String> {
        let image = GuestImage::obtain_blocking().map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
        let accelerator = runtime
            .block_on(kvm::accelerator())
            .map_err(|error| error.to_string())?;
        Ok(Self {
            qemu,
            image,
            accelerator,
        })
    }

    /// The same, for an asynchronous test.
    pub(crate) async fn installed() -> Result<Self, String> {
        let making = tokio::task::spawn_blocking(|| {
            let qemu = QemuBinary::installed().map_err(|error| error.to_string())?;
            Self::of(qemu)
        });
        making.await.map_err(|error| error.to_string())?
    }

    fn domain_type(&self) -> DomainType {
        if self.accelerator.kvm {
            DomainType::Kvm
        } else {
            DomainType::Qemu
        }
    }

    /// A machine in which nothing boots, with a small disk at `place`.
    pub(crate) fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let disk = place.join(format!("{name}.img"));
        File::create(&disk)
            .and_then(|file| file.set_len(1 << 20))
            .doing("making a disk")?;
        let config = DomainConfig::builder(name)
            .kind(self.domain_type())
            .machine("q35")
            .memory(ByteSize::mib(64))
            .emulator(self.qemu.path.to_string_lossy())
            .disk(Disk::file(disk.to_string_lossy()))
            .balloon(MemBalloonModel::Virtio)
            .build()?;
        Ok(config)
    }

    /// A machine whose guest boots: a console, an agent, a card with an address, a file system on its disk.
    pub(crate) fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure> {
        let disk = formatted_disk(place, name)?;
        let mut config = DomainConfig::builder(name)
            .kind(self.domain_type())
            .machine("q35")
            .memory(ByteSize::mib(256))
            .emulator(self.qemu.path.to_string_lossy())
            .kernel(self.image.kernel.to_string_lossy())
            .initrd(self.image.initrd.to_string_lossy())
            .cmdline(GuestImage::command_line("guest.mount=vda"))
            .disk(Disk::file(disk.to_string_lossy()))
            .interface(Interface::user())
            .console(Console::pty())
            .channel(Channel::guest_agent())
            .rng(Rng::urandom())
            .balloon(MemBalloonModel::Virtio)
            .build()?;
        config.devices_mut().panics.push(Panic::default());
        Ok(config)
    }
}

/// A file system that the guest mounts and that can be frozen.
fn formatted_disk(place: &Path, name: &str) -> Result<PathBuf, Failure> {
    let disk = place.join(format!("{name}.img"));
    File::create(&disk)
        .and_then(|file| file.set_len(8 << 20))
        .doing("making a disk")?;
    let made = Command::new("/sbin/mkfs.ext4")
        .args(["-q", "-F", "-O", "^has_journal"])
        .arg(&disk)
        .output()
        .doing("running mkfs.ext4 (package e2fsprogs)")?;
    if made.status.success() {
        return Ok(disk);
    }
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    Err(Failure::new(format!("mkfs.ext4 failed: {said}")))
}
