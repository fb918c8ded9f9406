//! One device of a domain, whatever its kind.

use std::fmt;
use std::str::FromStr;

use super::{
    Audio, Channel, Console, Controller, CryptoDevice, Devices, Disk, Filesystem, Graphics, HostDevice, Hub,
    Input, Interface, Iommu, Lease, MemBalloon, MemoryDevice, NvramDevice, Panic, Parallel, Pstore,
    RedirectedDevice, Rng, Serial, Shmem, Smartcard, Sound, Tpm, Video, Vsock, Watchdog,
};
use crate::xml::derived::{Parsed, unknown, walk};
use crate::xml::{Element, Found, Limits, Record, XmlError, XmlProblem, identity_of};

/// Where a device goes in the list of them: behind its like, or in the place of the one there is.
trait Place<T> {
    fn put(&mut self, device: T) -> Option<T>;

    fn take_at(&mut self, index: usize) -> Option<T>;

    fn put_at(&mut self, index: usize, device: T) -> Option<T>;
}

impl<T> Place<T> for Vec<T> {
    fn put(&mut self, device: T) -> Option<T> {
        self.push(device);
        None
    }

    fn take_at(&mut self, index: usize) -> Option<T> {
        (index < self.len()).then(|| self.remove(index))
    }

    fn put_at(&mut self, index: usize, device: T) -> Option<T> {
        self.get_mut(index).map(|place| std::mem::replace(place, device))
    }
}

impl<T> Place<T> for Option<T> {
    fn put(&mut self, device: T) -> Option<T> {
        self.replace(device)
    }

    fn take_at(&mut self, index: usize) -> Option<T> {
        if index == 0 { self.take() } else { None }
    }

    fn put_at(&mut self, index: usize, device: T) -> Option<T> {
        match self {
            Some(place) if index == 0 => Some(std::mem::replace(place, device)),
            _ => None,
        }
    }
}

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

            /// An empty device with that element name, if there is a type for it.
            pub fn empty(name: &str) -> Option<Self> {
                match name {
                    $($element => Some(Self::$variant(Box::default())),)+
                    _ => None,
                }
            }

            /// The device as XML in libvirt's style, secrets included.
            pub fn to_xml(&self) -> String {
                match self {
                    $(Self::$variant(device) => device.to_xml(),)+
                    Self::Other(element) => element.to_string(),
                }
            }

            /// The same in libvirt's order and spelling throughout.
            #[must_use]
            pub fn canonical(&self) -> Self {
                match self {
                    $(Self::$variant(device) => Self::$variant(Box::new(device.canonical())),)+
                    Self::Other(element) => Self::Other(element.clone()),
                }
            }

            /// Puts the device behind the others of its kind. Of a kind there is one of (memory balloon, NVRAM, vsock,
            /// pstore) it takes the place of the one there was, which is returned.
            pub fn add_to(self, devices: &mut Devices) -> Option<Self> {
                match self {
                    $(Self::$variant(device) => Place::put(&mut devices.$list, *device).map(Self::from),)+
                    Self::Other(element) => {
                        devices.rest.push_element(*element);
                        None
                    }
                }
            }

            fn record_mut(&mut self) -> Option<&mut dyn Record> {
                match self {
                    $(Self::$variant(device) => Some(device.as_mut()),)+
                    Self::Other(_) => None,
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

            /// Takes the device at `index` among those with that element name out; of kinds without a type, nothing.
            pub fn remove(&mut self, name: &str, index: usize) -> Option<Device> {
                match name {
                    $($element => Place::take_at(&mut self.$list, index).map(Device::from),)+
                    _ => None,
                }
            }

            /// Puts the device in the place of the one at `index` among those of its kind, which is returned; nothing is
            /// changed where there is none.
            pub fn replace(&mut self, index: usize, device: Device) -> Option<Device> {
                match device {
                    $(Device::$variant(device) => {
                        Place::put_at(&mut self.$list, index, *device).map(Device::from)
                    })+
                    Device::Other(_) => None,
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
        Self::from_xml_with(text, Limits::default())
    }

    /// Parses the XML of one device within `limits`.
    ///
    /// # Errors
    /// As [`from_xml`](Self::from_xml).
    pub fn from_xml_with(text: &str, limits: Limits) -> Result<Self, XmlError> {
        let parsed = Parsed::of(text, limits)?;
        let (root, position) = parsed.root();
        if matches!(root, "domain" | "devices") {
            let wrong = XmlProblem::Root {
                expected: Self::NAMES.join("> or <"),
                found: root.to_owned(),
            };
            return Err(XmlError::new(wrong).at(position));
        }
        Self::read(&parsed)
    }

    /// Reads an element of a tree.
    ///
    /// # Errors
    /// Values that do not parse, and required things that are missing.
    pub fn from_element(element: &Element) -> Result<Self, XmlError> {
        Self::read(&Parsed::of_element(element))
    }

    fn read(parsed: &Parsed<'_>) -> Result<Self, XmlError> {
        let Some(mut device) = Self::empty(parsed.root().0) else {
            return Ok(Self::Other(Box::new(parsed.element())));
        };
        if let Some(record) = device.record_mut() {
            parsed.fill(record)?;
        }
        Ok(device)
    }

    /// The device as libvirt shows it when nobody asked for secrets.
    pub fn to_xml_without_secrets(&self) -> String {
        self.to_string()
    }

    /// Every element and attribute there is, with its path; of a device without a type, nothing.
    pub fn present(&self) -> Vec<Found> {
        self.record().map(walk).unwrap_or_default()
    }

    /// Every element and attribute there is no typed field for, with its path.
    pub fn unknown(&self) -> Vec<Found> {
        self.record().map(unknown).unwrap_or_default()
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

impl FromStr for Device {
    type Err = XmlError;

    fn from_str(text: &str) -> Result<Self, XmlError> {
        Self::from_xml(text)
    }
}
