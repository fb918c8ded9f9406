//! What the suite runs against.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use virt_core::connection::ConnectionBuilder;
use virt_core::model::domain::devices::{DiskBus, ImageFormat, MemBalloon, MemBalloonModel};
use virt_core::model::{Device, Disk, DomainConfig};
use virt_core::{Connection, Domain};

use super::{Doing as _, Failure};

/// How long things take at a target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// From a start to an agent that answers; what a case waits for has four times as long.
    pub boot: Duration,
    /// A change of state of a machine with nothing in it: start, suspend, destroy.
    pub change: Duration,
    /// How long nothing has to happen until it is taken for sure that nothing will.
    pub quiet: Duration,
}

impl Times {
    /// Of a target where a guest needs `boot` to boot.
    #[must_use]
    pub fn booting_in(boot: Duration) -> Self {
        Self {
            boot,
            change: Duration::from_secs(10),
            quiet: Duration::from_millis(300),
        }
    }
}

/// What the suite runs against: a URI, and what has to be known to use it.
///
/// `place` is a directory of the case alone; a target whose connections have state of their own keeps it there.
#[async_trait]
pub trait Target: Send + Sync + fmt::Debug + 'static {
    /// Its name, the first part of its cases' names: `test`, `qemu-10.0`.
    fn name(&self) -> &str;

    /// The URI to open.
    fn uri(&self, place: &Path) -> String;

    /// A builder that can open it.
    fn builder(&self) -> ConnectionBuilder;

    /// A small machine of this name without a guest that boots: it can be defined, run and be paused. It has a disk at
    /// `place` if the target has disks.
    fn machine(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure>;

    /// A machine of this name with a guest that boots, and with a console, an agent and an address; without an agent
    /// where the target [has none](Self::has_agents).
    fn guest(&self, place: &Path, name: &str) -> Result<DomainConfig, Failure>;

    /// A disk of its own for a machine at `place` to be attached as `target`: 16 MiB of nothing.
    fn disk(&self, place: &Path, target: &str) -> Result<Disk, Failure> {
        let path = place.join(format!("{target}.img"));
        let file = std::fs::File::create(&path).doing("making an image")?;
        file.set_len(16 << 20).doing("making an image large")?;
        let disk = Disk::file(path.to_string_lossy()).format(ImageFormat::Raw);
        Ok(disk.target(target).bus(DiskBus::Virtio))
    }

    /// What a disk is called that a machine is given beside its own.
    fn disk_target(&self) -> &str {
        "vdz"
    }

    /// A device that a machine at `place`, running or not, can be given and lets go of again; the same each time.
    fn device(&self, place: &Path) -> Result<Device, Failure> {
        Ok(self.disk(place, self.disk_target())?.into())
    }

    /// Whether its machines can have drives whose media are changed.
    fn has_drives(&self) -> bool {
        true
    }

    /// The same machine with a memory balloon, where its memory is changed by one.
    fn with_balloon(&self, mut config: DomainConfig) -> DomainConfig {
        let mut balloon = MemBalloon::default();
        balloon.model = Some(MemBalloonModel::Virtio);
        config.devices_mut().memballoon = Some(balloon);
        config
    }

    /// Whether an agent has to be in the guest, by a channel of the machine's; else one is always there.
    fn agents_need_channels(&self) -> bool {
        true
    }

    /// Whether a guest that reboots keeps the number of its run.
    fn keeps_id_over_reboots(&self) -> bool {
        true
    }

    /// Whether a guest has a kernel of its own, which can panic.
    fn has_kernels(&self) -> bool {
        true
    }

    /// The same machine on images that hold snapshots.
    fn for_snapshots(&self, config: DomainConfig) -> Result<DomainConfig, Failure> {
        Ok(config)
    }

    /// The URI of a connection, at a place of the case alone, that domains can move to; `None` where there is none.
    async fn migration_target(&self, _place: &Path) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// The URI by which a manager reaches the one behind a connection of [`migration_target`](Self::migration_target).
    fn peer_uri(&self, _target: &Connection) -> Option<String> {
        None
    }

    /// How long things take.
    fn times(&self) -> Times;

    /// What a guest prints when its console takes input; `None` when it always does.
    fn prompt(&self) -> Option<&str>;

    /// Whether its guests have agents.
    fn has_agents(&self) -> bool {
        true
    }

    /// Whether what is defined at a place is there when it is opened again.
    fn keeps_state(&self) -> bool;

    /// Whether a disk's image has to be there when a machine is started.
    fn needs_images(&self) -> bool;

    /// Whether the directory of a storage pool has to be there when the pool is started.
    fn has_directories(&self) -> bool {
        true
    }

    /// A device this target refuses at define, as XML, and the name its error has to contain; `None` when it takes all.
    fn refused_device(&self) -> Option<(&str, &str)> {
        None
    }

    /// Waits until a guest whose agent answers has booted, where that is not the same.
    async fn boots(&self, _domain: &Domain) -> Result<(), Failure> {
        Ok(())
    }

    /// Has the guest, which has booted, power itself off: nobody asked it from outside.
    async fn guest_powers_off(&self, domain: &Domain) -> Result<(), Failure>;

    /// Has the guest, which has booted, reboot itself.
    async fn guest_reboots(&self, domain: &Domain) -> Result<(), Failure>;

    /// Has the guest, which has booted, panic.
    async fn guest_panics(&self, domain: &Domain) -> Result<(), Failure>;

    /// Prepares a place before it is opened for the first time.
    async fn prepare(&self, place: &Path) -> Result<(), Failure>;

    /// What is left of a place's guests once all of them were destroyed and the connection is shut down: sentences, none
    /// when all is well. What was left is removed, so that it does not disturb others.
    async fn leftovers(&self, place: &Path) -> Vec<String>;
}
