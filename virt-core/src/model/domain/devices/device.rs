//! One device of a domain, whatever its kind.

use std::fmt;

use super::{
    Audio, Channel, Console, Controller, CryptoDevice, Devices, Disk, Filesystem, Graphics, HostDevice, Hub,
    Input, Interface, Iommu, Lease, MemBalloon, MemoryDevice, NvramDevice, Panic, Parallel, Pstore,
    RedirectedDevice, Rng, Serial, Shmem, Smartcard, Sound, Tpm, Video, Vsock, Watchdog,
};
use crate::xml::{Document, Element, Limits, Record, XmlError, XmlProblem, identity_of};

/// Declares the kinds of devices: variant, type, element, list in [`Devices`].
macro_rules! devices {
    ($($variant:ident($device:ty) = $element:literal, $list:ident;)+) => {
        /// One device of a domain, whatever its kind: what is attached, detached and updated one by one.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Device {
            $(#[doc = concat!("`<", $element, ">`")] $variant(Box<$device>),)+
            /// A device this version has no type for.
            Other(Box<Element>),
        }

        impl Device {
            /// The element names of the kinds this version has types for.
            pub const NAMES: &'static [&'static str] = &[$($element),+];

            /// The name of its element.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $element,)+
                    Self::Other(element) => element.name.as_written(),
                }
            }

            /// Reads an element of a tree.
            ///
            /// # Errors
            /// Values that do not parse, and required things that are missing.
            pub fn from_element(element: Element) -> Result<Self, XmlError> {
                match element.name.as_written() {
                    $($element => <$device>::from_element(element).map(|device| Self::$variant(Box::new(device))),)+
                    _ => Ok(Self::Other(Box::new(element))),
                }
            }

            /// The device as XML in libvirt's style, secrets included.
            pub fn to_xml(&self) -> String {
                match self {
                    $(Self::$variant(device) => device.to_xml(),)+
                    Self::Other(element) => element.to_string(),
                }
            }

            /// The device as the engine sees it, unless this version has no type for it.
            pub fn record(&self) -> Option<&dyn Record> {
                match self {
                    $(Self::$variant(device) => Some(device.as_ref()),)+
                    Self::Other(_) => None,
                }
            }
        }

        impl Devices {
            /// The device at `index` among those with that element name.
            pub fn device(&self, name: &str, index: usize) -> Option<Device> {
                match name {
                    $($element => {
                        let device = self.$list.iter().nth(index).cloned()?;
                        Some(Device::$variant(Box::new(device)))
                    })+
                    _ => {
                        let mut others = self.others().filter(|element| element.name.as_written() == name);
                        others.nth(index).cloned().map(|element| Device::Other(Box::new(element)))
                    }
                }
            }
        }

        $(impl From<$device> for Device {
            fn from(device: $device) -> Self {
                Self::$variant(Box::new(device))
            }
        })+
    };
}

devices! {
    Disk(Disk) = "disk", disks;
    Controller(Controller) = "controller", controllers;
    Lease(Lease) = "lease", leases;
    Filesystem(Filesystem) = "filesystem", filesystems;
    Interface(Interface) = "interface", interfaces;
    Smartcard(Smartcard) = "smartcard", smartcards;
    Serial(Serial) = "serial", serials;
    Parallel(Parallel) = "parallel", parallels;
    Console(Console) = "console", consoles;
    Channel(Channel) = "channel", channels;
    Input(Input) = "input", inputs;
    Tpm(Tpm) = "tpm", tpms;
    Graphics(Graphics) = "graphics", graphics;
    Sound(Sound) = "sound", sounds;
    Audio(Audio) = "audio", audios;
    Video(Video) = "video", videos;
    Hostdev(HostDevice) = "hostdev", hostdevs;
    Redirdev(RedirectedDevice) = "redirdev", redirdevs;
    Hub(Hub) = "hub", hubs;
    Watchdog(Watchdog) = "watchdog", watchdogs;
    MemBalloon(MemBalloon) = "memballoon", memballoon;
    Rng(Rng) = "rng", rngs;
    Nvram(NvramDevice) = "nvram", nvram;
    Panic(Panic) = "panic", panics;
    Shmem(Shmem) = "shmem", shmems;
    Memory(MemoryDevice) = "memory", memories;
    Iommu(Iommu) = "iommu", iommus;
    Vsock(Vsock) = "vsock", vsock;
    Crypto(CryptoDevice) = "crypto", cryptos;
    Pstore(Pstore) = "pstore", pstore;
}

impl Device {
    /// Parses the XML of one device within the default limits.
    ///
    /// # Errors
    /// When the text is not well-formed or too large, a value does not parse or something required is missing.
    pub fn from_xml(text: &str) -> Result<Self, XmlError> {
        let root = Document::parse_with(text, Limits::default())?.root;
        if matches!(root.name.as_written(), "domain" | "devices") {
            let root_error = XmlProblem::Root {
                expected: Self::NAMES.join("> or <"),
                found: root.name.as_written().to_owned(),
            };
            return Err(XmlError::new(root_error).at(root.position().unwrap_or_default()));
        }
        Self::from_element(root)
    }
}

impl Device {
    /// What tells the device from others of its kind: the target of a disk, the address of an interface, the alias.
    pub fn identity(&self) -> Option<String> {
        identity_of(self.name(), self.record()?)
    }

    /// Kind and identity for people, as `disk vda`.
    pub fn title(&self) -> String {
        match self.identity() {
            Some(identity) => format!("{} {identity}", self.name()),
            None => self.name().to_owned(),
        }
    }
}

/// The device as XML, without secrets.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.record(), self) {
            (Some(record), _) => f.write_str(&crate::xml::derived::write_element(record, false)),
            (None, Self::Other(element)) => element.fmt(f),
            (None, _) => Ok(()),
        }
    }
}
