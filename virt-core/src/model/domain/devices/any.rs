//! One device by itself, as attach, detach and update take it.

use std::fmt;
use std::str::FromStr;

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
use super::list::Devices;
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
use super::usb::{Hub, RedirectedDevice};
use super::video::Video;
use super::vsock::Vsock;
use super::watchdog::Watchdog;
use crate::xml::derived::Parsed;
use crate::xml::{Element, Found, Limits, Record, XmlError, XmlProblem};

/// Where a device goes in the list of them: behind its like, or in the place of the one there is.
trait Place<T> {
    fn put(&mut self, device: T) -> Option<T>;
}

impl<T> Place<T> for Vec<T> {
    fn put(&mut self, device: T) -> Option<T> {
        self.push(device);
        None
    }
}

impl<T> Place<T> for Option<T> {
    fn put(&mut self, device: T) -> Option<T> {
        self.replace(device)
    }
}

/// Declares the devices by their elements and their fields in the list.
macro_rules! devices {
    ($($(#[$meta:meta])* $variant:ident($device:ty) = $element:literal in $field:ident;)+) => {
        /// A device of any kind, by itself: as `virDomainAttachDevice`, `virDomainDetachDevice` and
        /// `virDomainUpdateDevice` take it.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AnyDevice {
            $($(#[$meta])* #[doc = concat!("`<", $element, ">`")] $variant(Box<$device>),)+
        }

        impl AnyDevice {
            /// The elements there are devices for.
            pub const ELEMENTS: &'static [&'static str] = &[$($element),+];

            /// The name of the element.
            pub fn element(&self) -> &'static str {
                match self { $(Self::$variant(_) => $element,)+ }
            }

            /// An empty device with that element, if there is a type for it.
            pub fn empty(element: &str) -> Option<Self> {
                match element {
                    $($element => Some(Self::$variant(Box::default())),)+
                    _ => None,
                }
            }

            fn record_mut(&mut self) -> &mut dyn Record {
                match self { $(Self::$variant(device) => device.as_mut(),)+ }
            }

            /// The whole device in libvirt's style, secrets included.
            pub fn to_xml(&self) -> String {
                match self { $(Self::$variant(device) => device.to_xml(),)+ }
            }

            /// The device as libvirt shows it when nobody asked for secrets.
            pub fn to_xml_without_secrets(&self) -> String {
                match self { $(Self::$variant(device) => device.to_xml_without_secrets(),)+ }
            }

            /// The same in libvirt's order and spelling throughout.
            #[must_use]
            pub fn canonical(&self) -> Self {
                match self { $(Self::$variant(device) => Self::$variant(Box::new(device.canonical())),)+ }
            }

            /// Every element and attribute there is, with its path.
            pub fn present(&self) -> Vec<Found> {
                match self { $(Self::$variant(device) => device.present(),)+ }
            }

            /// Every element and attribute there is no typed field for, with its path.
            pub fn unknown(&self) -> Vec<Found> {
                match self { $(Self::$variant(device) => device.unknown(),)+ }
            }

            /// Puts the device behind the others of its kind. Of a kind there is one of (memory balloon, NVRAM, vsock,
            /// pstore) it takes the place of the one there was, which is returned.
            pub fn add_to(self, devices: &mut Devices) -> Option<Self> {
                match self { $(Self::$variant(device) => Place::put(&mut devices.$field, *device).map(Self::from),)+ }
            }
        }

        $(impl From<$device> for AnyDevice {
            fn from(device: $device) -> Self {
                Self::$variant(Box::new(device))
            }
        })+
    };
}

devices! {
    /// A sound backend of the host.
    Audio(Audio) = "audio" in audios;
    /// A channel between host and guest.
    Channel(Channel) = "channel" in channels;
    /// A console.
    Console(Console) = "console" in consoles;
    /// A controller.
    Controller(Controller) = "controller" in controllers;
    /// A crypto device.
    Crypto(CryptoDevice) = "crypto" in cryptos;
    /// A disk, CD-ROM or floppy.
    Disk(Disk) = "disk" in disks;
    /// A directory of the host.
    Filesystem(Filesystem) = "filesystem" in filesystems;
    /// A display.
    Graphics(Graphics) = "graphics" in graphics;
    /// A device of the host handed through.
    HostDevice(HostDevice) = "hostdev" in hostdevs;
    /// A USB hub.
    Hub(Hub) = "hub" in hubs;
    /// A keyboard, mouse or tablet.
    Input(Input) = "input" in inputs;
    /// A network interface of the guest; an interface of a host is another document with the same root.
    Interface(Interface) = "interface" in interfaces;
    /// An IOMMU.
    Iommu(Iommu) = "iommu" in iommus;
    /// A lease.
    Lease(Lease) = "lease" in leases;
    /// The memory balloon.
    MemBalloon(MemBalloon) = "memballoon" in memballoon;
    /// A memory module.
    Memory(MemoryDevice) = "memory" in memories;
    /// NVRAM of POWER.
    Nvram(NvramDevice) = "nvram" in nvram;
    /// A panic device.
    Panic(Panic) = "panic" in panics;
    /// A parallel port.
    Parallel(Parallel) = "parallel" in parallels;
    /// A persistent store.
    Pstore(Pstore) = "pstore" in pstore;
    /// A USB device redirected from a viewer.
    Redirected(RedirectedDevice) = "redirdev" in redirdevs;
    /// A random number generator.
    Rng(Rng) = "rng" in rngs;
    /// A serial port.
    Serial(Serial) = "serial" in serials;
    /// Memory shared between guests.
    Shmem(Shmem) = "shmem" in shmems;
    /// A smart card.
    Smartcard(Smartcard) = "smartcard" in smartcards;
    /// A sound card.
    Sound(Sound) = "sound" in sounds;
    /// A trusted platform module.
    Tpm(Tpm) = "tpm" in tpms;
    /// A graphics adapter.
    Video(Video) = "video" in videos;
    /// A socket device.
    Vsock(Vsock) = "vsock" in vsock;
    /// A watchdog.
    Watchdog(Watchdog) = "watchdog" in watchdogs;
}

impl AnyDevice {
    /// Parses the text within the default limits, as the device its root element says.
    ///
    /// # Errors
    /// [`XmlProblem::Root`] when the root element is no device; else those of the device it is.
    pub fn from_xml(text: &str) -> Result<Self, XmlError> {
        Self::from_xml_with(text, Limits::default())
    }

    /// Parses the text within `limits`.
    ///
    /// # Errors
    /// As [`from_xml`](Self::from_xml).
    pub fn from_xml_with(text: &str, limits: Limits) -> Result<Self, XmlError> {
        Self::read(&Parsed::of(text, limits)?)
    }

    /// Reads an element of a tree.
    ///
    /// # Errors
    /// As [`from_xml`](Self::from_xml), but for what concerns the text.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        Self::read(&Parsed::of_element(element))
    }

    fn read(parsed: &Parsed<'_>) -> Result<Self, XmlError> {
        let (root, position) = parsed.root();
        let Some(mut device) = Self::empty(root) else {
            let unknown = XmlProblem::Root {
                expected: Self::ELEMENTS.join("> or <"),
                found: root.to_owned(),
            };
            return Err(XmlError::new(unknown).at(position));
        };
        parsed.fill(device.record_mut())?;
        Ok(device)
    }
}

impl FromStr for AnyDevice {
    type Err = XmlError;

    fn from_str(text: &str) -> Result<Self, XmlError> {
        Self::from_xml(text)
    }
}

/// The device without secrets.
impl fmt::Display for AnyDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml_without_secrets())
    }
}
