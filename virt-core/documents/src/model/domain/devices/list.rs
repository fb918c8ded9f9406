//! The devices of a domain.

use super::audio::Audio;
use super::channel::Channel;
use super::console::Console;
use super::controller::Controller;
use super::disk::Disk;
use super::filesystem::Filesystem;
use super::graphics::Graphics;
use super::hostdev::HostDevice;
use super::input::Input;
use super::interface::Interface;
use super::memballoon::MemBalloon;
use super::memory_device::MemoryDevice;
use super::panic::Panic;
use super::parallel::Parallel;
use super::platform::{CryptoDevice, Iommu, Lease, NvramDevice, Pstore};
use super::rng::Rng;
use super::serial::Serial;
use super::shmem::Shmem;
use super::smartcard::Smartcard;
use super::sound::Sound;
use super::tpm::Tpm;
use super::usb::{Hub, RedirectFilter, RedirectedDevice};
use super::video::Video;
use super::vsock::Vsock;
use super::watchdog::Watchdog;
use crate::xml::{Element, Rest, XmlElement};

/// `<devices>`: the devices, a list for each kind, in libvirt's order of kinds.
///
/// A parsed document keeps the order in which devices of different kinds stood.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct Devices {
    /// The program that emulates the machine.
    #[xml(leaf)]
    pub emulator: Option<String>,
    /// Disks, CD-ROMs, floppies.
    #[xml(child = "disk")]
    pub disks: Vec<Disk>,
    /// Controllers.
    #[xml(child = "controller")]
    pub controllers: Vec<Controller>,
    /// Leases.
    #[xml(child = "lease")]
    pub leases: Vec<Lease>,
    /// Directories of the host.
    #[xml(child = "filesystem")]
    pub filesystems: Vec<Filesystem>,
    /// Network interfaces.
    #[xml(child = "interface")]
    pub interfaces: Vec<Interface>,
    /// Smart cards.
    #[xml(child = "smartcard")]
    pub smartcards: Vec<Smartcard>,
    /// Serial ports.
    #[xml(child = "serial")]
    pub serials: Vec<Serial>,
    /// Parallel ports.
    #[xml(child = "parallel")]
    pub parallels: Vec<Parallel>,
    /// Consoles.
    #[xml(child = "console")]
    pub consoles: Vec<Console>,
    /// Channels.
    #[xml(child = "channel")]
    pub channels: Vec<Channel>,
    /// Keyboards, mice, tablets.
    #[xml(child = "input")]
    pub inputs: Vec<Input>,
    /// Trusted platform modules.
    #[xml(child = "tpm")]
    pub tpms: Vec<Tpm>,
    /// Displays.
    #[xml(child)]
    pub graphics: Vec<Graphics>,
    /// Sound cards.
    #[xml(child = "sound")]
    pub sounds: Vec<Sound>,
    /// Audio backends.
    #[xml(child = "audio")]
    pub audios: Vec<Audio>,
    /// Graphics adapters.
    #[xml(child = "video")]
    pub videos: Vec<Video>,
    /// Devices of the host handed through.
    #[xml(child = "hostdev")]
    pub hostdevs: Vec<HostDevice>,
    /// USB devices redirected from a viewer.
    #[xml(child = "redirdev")]
    pub redirdevs: Vec<RedirectedDevice>,
    /// Which of them may be redirected.
    #[xml(child)]
    pub redirfilter: Option<Box<RedirectFilter>>,
    /// USB hubs.
    #[xml(child = "hub")]
    pub hubs: Vec<Hub>,
    /// Watchdogs.
    #[xml(child = "watchdog")]
    pub watchdogs: Vec<Watchdog>,
    /// The memory balloon.
    #[xml(child)]
    pub memballoon: Option<MemBalloon>,
    /// Random number generators.
    #[xml(child = "rng")]
    pub rngs: Vec<Rng>,
    /// NVRAM of POWER.
    #[xml(child)]
    pub nvram: Option<NvramDevice>,
    /// Panic devices.
    #[xml(child = "panic")]
    pub panics: Vec<Panic>,
    /// Memory shared between guests.
    #[xml(child = "shmem")]
    pub shmems: Vec<Shmem>,
    /// Memory modules.
    #[xml(child = "memory")]
    pub memories: Vec<MemoryDevice>,
    /// IOMMUs.
    #[xml(child = "iommu")]
    pub iommus: Vec<Iommu>,
    /// The socket device.
    #[xml(child)]
    pub vsock: Option<Vsock>,
    /// Crypto devices.
    #[xml(child = "crypto")]
    pub cryptos: Vec<CryptoDevice>,
    /// The persistent store.
    #[xml(child)]
    pub pstore: Option<Pstore>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl Devices {
    /// The devices this version has no type for, by element name, in order.
    pub fn others(&self) -> impl Iterator<Item = &Element> {
        self.rest.elements()
    }
}
