//! Devices as people write them down: the usual ones, in a line.

use super::chardev::{ChardevSource, ChardevTarget, ChardevType};
use super::disk::{Disk, DiskBus, DiskDevice, DiskDriver, DiskTarget, DiskType, ImageFormat};
use super::interface::{
    Interface, InterfaceMac, InterfaceModel, InterfaceSource, InterfaceTarget, InterfaceType,
};
use super::rng::{Rng, RngBackend, RngBackendModel};
use super::source::DiskSource;
use super::virtio::VirtioModel;
use super::{Channel, Console, DeviceBoot, Serial};
use crate::model::value::MacAddress;

impl Disk {
    /// A disk in a file of the host; its format is that of the file name (`qcow2`, else `raw`), its bus virtio.
    pub fn file(path: impl Into<String>) -> Self {
        let path = path.into();
        let format = match path.rsplit_once('.') {
            Some((_, extension)) if extension.eq_ignore_ascii_case("qcow2") => ImageFormat::Qcow2,
            _ => ImageFormat::Raw,
        };
        let source = DiskSource {
            file: Some(path),
            ..DiskSource::default()
        };
        let disk = Self {
            kind: Some(DiskType::File),
            device: Some(DiskDevice::Disk),
            ..Self::default()
        };
        Self {
            source: Some(source),
            ..disk
        }
        .format(format)
    }

    /// A disk on a block device of the host; its format is raw, its bus virtio.
    pub fn block(path: impl Into<String>) -> Self {
        let source = DiskSource {
            dev: Some(path.into()),
            ..DiskSource::default()
        };
        let disk = Self {
            kind: Some(DiskType::Block),
            device: Some(DiskDevice::Disk),
            ..Self::default()
        };
        Self {
            source: Some(source),
            ..disk
        }
        .format(ImageFormat::Raw)
    }

    /// A CD-ROM drive with a raw image in it, read-only; its bus is SATA unless said.
    pub fn cdrom(path: impl Into<String>) -> Self {
        let disk = Self::file(path).format(ImageFormat::Raw);
        Self {
            device: Some(DiskDevice::Cdrom),
            readonly: true,
            ..disk
        }
    }

    /// A CD-ROM drive with nothing in it; its bus is SATA unless said.
    pub fn empty_cdrom() -> Self {
        Self {
            source: None,
            ..Self::cdrom("")
        }
    }

    /// The same on that bus.
    #[must_use]
    pub fn bus(mut self, bus: DiskBus) -> Self {
        self.target.get_or_insert_default().bus = Some(bus);
        self
    }

    /// The same with that name, as `vda`.
    #[must_use]
    pub fn target(mut self, dev: impl Into<String>) -> Self {
        self.target.get_or_insert_default().dev = Some(dev.into());
        self
    }

    /// The same in that format.
    #[must_use]
    pub fn format(mut self, format: ImageFormat) -> Self {
        let driver = self.driver.get_or_insert_with(|| DiskDriver {
            name: Some("qemu".to_owned()),
            ..DiskDriver::default()
        });
        driver.kind = Some(format);
        self
    }

    /// The same, not to be written by the guest.
    #[must_use]
    pub fn readonly(mut self) -> Self {
        self.readonly = true;
        self
    }

    /// The same with that serial number.
    #[must_use]
    pub fn serial(mut self, serial: impl Into<String>) -> Self {
        self.serial = Some(serial.into());
        self
    }

    /// The same at that place of the boot order, from 1.
    #[must_use]
    pub fn boot_order(mut self, order: u32) -> Self {
        self.boot = Some(DeviceBoot {
            order: Some(order),
            ..DeviceBoot::default()
        });
        self
    }

    /// The same with the next name that is free beside `others`, if it has none.
    #[must_use]
    pub(in crate::model) fn with_free_target(mut self, others: &[Self]) -> Self {
        let cdrom = self.device == Some(DiskDevice::Cdrom);
        let floppy = self.device == Some(DiskDevice::Floppy);
        let target = self.target.get_or_insert_with(DiskTarget::default);
        let bus = target.bus.get_or_insert(match (cdrom, floppy) {
            (true, _) => DiskBus::Sata,
            (_, true) => DiskBus::Fdc,
            _ => DiskBus::Virtio,
        });
        let prefix = match bus {
            DiskBus::Virtio => "vd",
            DiskBus::Ide => "hd",
            DiskBus::Fdc => "fd",
            DiskBus::Xen => "xvd",
            DiskBus::Uml => "ubd",
            _ => "sd",
        };
        if target.dev.is_none() {
            let taken = |name: &String| {
                let is = |other: &Self| {
                    other
                        .target
                        .as_ref()
                        .is_some_and(|target| target.dev.as_ref() == Some(name))
                };
                others.iter().any(is)
            };
            target.dev = (0..)
                .map(|index| format!("{prefix}{}", letters(index)))
                .find(|name| !taken(name));
        }
        self
    }
}

/// `a` to `z`, `aa`, `ab`, …
fn letters(index: u32) -> String {
    let last = char::from_u32(u32::from(b'a') + index % 26).unwrap_or('a');
    let mut name = if index < 26 {
        String::new()
    } else {
        letters(index / 26 - 1)
    };
    name.push(last);
    name
}

impl Interface {
    /// An interface connected to that, as virtio.
    pub fn of(kind: InterfaceType) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
        .model("virtio")
    }

    /// Reaches the host and what it reaches, through user space; no rights are needed.
    pub fn user() -> Self {
        Self::of(InterfaceType::User)
    }

    /// On a virtual network.
    pub fn network(name: impl Into<String>) -> Self {
        let source = InterfaceSource {
            network: Some(name.into()),
            ..InterfaceSource::default()
        };
        Self {
            source: Some(source),
            ..Self::of(InterfaceType::Network)
        }
    }

    /// On a bridge of the host.
    pub fn bridge(name: impl Into<String>) -> Self {
        let source = InterfaceSource {
            bridge: Some(name.into()),
            ..InterfaceSource::default()
        };
        Self {
            source: Some(source),
            ..Self::of(InterfaceType::Bridge)
        }
    }

    /// A tap device of the host that is there already.
    pub fn tap(name: impl Into<String>) -> Self {
        let target = InterfaceTarget {
            dev: Some(name.into()),
            ..InterfaceTarget::default()
        };
        Self {
            target: Some(target),
            ..Self::of(InterfaceType::Ethernet)
        }
    }

    /// The same with that model, as `virtio` or `e1000e`.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(InterfaceModel {
            kind: Some(model.into()),
            ..InterfaceModel::default()
        });
        self
    }

    /// The same with that address.
    #[must_use]
    pub fn mac(mut self, address: MacAddress) -> Self {
        self.mac = Some(InterfaceMac {
            address: Some(address),
            ..InterfaceMac::default()
        });
        self
    }

    /// The same at that place of the boot order, from 1.
    #[must_use]
    pub fn boot_order(mut self, order: u32) -> Self {
        self.boot = Some(DeviceBoot {
            order: Some(order),
            ..DeviceBoot::default()
        });
        self
    }
}

/// The ends a character device can have on the host.
macro_rules! ends {
    ($($device:ident),+) => { $(
        impl $device {
            /// A pseudo terminal of the host.
            pub fn pty() -> Self {
                Self { kind: Some(ChardevType::Pty), ..Self::default() }
            }

            /// Nothing.
            pub fn null() -> Self {
                Self { kind: Some(ChardevType::Null), ..Self::default() }
            }

            /// A file the output goes to.
            pub fn file(path: impl Into<String>) -> Self {
                Self::on(ChardevType::File, ChardevSource { path: Some(path.into()), ..ChardevSource::default() })
            }

            /// A UNIX socket the hypervisor listens on.
            pub fn unix(path: impl Into<String>) -> Self {
                let mode = Some("bind".to_owned());
                let source = ChardevSource { mode, path: Some(path.into()), ..ChardevSource::default() };
                Self::on(ChardevType::Unix, source)
            }

            /// That end.
            pub fn on(kind: ChardevType, source: ChardevSource) -> Self {
                Self { kind: Some(kind), sources: vec![source], ..Self::default() }
            }

            /// The path of the first source.
            pub fn source_path(&self) -> Option<&str> {
                self.sources.first().and_then(|source| source.path.as_deref())
            }
        }
    )+ };
}

ends!(Serial, Console, Channel);

impl Channel {
    /// The name by which the guest agent finds its channel.
    pub const GUEST_AGENT: &'static str = "org.qemu.guest_agent.0";

    /// The channel of the guest agent; the driver chooses the socket.
    pub fn guest_agent() -> Self {
        Self {
            kind: Some(ChardevType::Unix),
            ..Self::default()
        }
        .named(Self::GUEST_AGENT)
    }

    /// The same as a virtio channel of that name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let kind = Some("virtio".to_owned());
        self.target = Some(ChardevTarget {
            kind,
            name: Some(name.into()),
            ..ChardevTarget::default()
        });
        self
    }

    /// Whether this is the channel of the guest agent.
    pub fn is_guest_agent(&self) -> bool {
        self.target
            .as_ref()
            .is_some_and(|target| target.name.as_deref() == Some(Self::GUEST_AGENT))
    }
}

impl Rng {
    /// Random numbers from `/dev/urandom` of the host.
    pub fn urandom() -> Self {
        Self::device("/dev/urandom")
    }

    /// Random numbers from a device of the host.
    pub fn device(path: impl Into<String>) -> Self {
        let backend = RngBackend {
            model: Some(RngBackendModel::Random),
            device: Some(path.into()),
            ..RngBackend::default()
        };
        Self {
            model: Some(VirtioModel::Virtio),
            backend: Some(backend),
            ..Self::default()
        }
    }
}
