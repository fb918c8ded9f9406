//! Where a device sits, by the name it has in a VMX file.

use crate::vmx::convert::{Bus, Place};

/// A device, by its name in a VMX file. Controllers come before what is on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// `scsi0`, `sata0`, `nvme0`.
    Controller(Bus, u32),
    /// `usb`, and `ehci` with it.
    Usb,
    /// `usb_xhci`.
    UsbXhci,
    /// `svga`.
    Video,
    /// `scsi0:1`, `ide0:0`, `floppy0`.
    At(Place),
    /// `ethernet0`.
    Card(u32),
    /// `serial0`.
    Serial(u32),
    /// `parallel0`.
    Parallel(u32),
    /// `sound`.
    Sound,
}

impl Slot {
    /// The device that a key is about, and the rest of the key.
    pub(super) fn of_key(key: &str) -> Option<(Self, &str)> {
        let (device, rest) = key.split_once('.')?;
        let device = device.to_ascii_lowercase();
        let whole = match device.as_str() {
            "usb" => Some(Self::Usb),
            // It is the same controller: the whole key stays.
            "ehci" => return Some((Self::Usb, key)),
            "usb_xhci" => Some(Self::UsbXhci),
            "svga" => Some(Self::Video),
            "sound" => Some(Self::Sound),
            _ => None,
        };
        if let Some(slot) = whole {
            return Some((slot, rest));
        }
        let start = device.find(|letter: char| letter.is_ascii_digit())?;
        let (name, number) = device.split_at_checked(start)?;
        Self::numbered(name, number).map(|slot| (slot, rest))
    }

    fn numbered(name: &str, number: &str) -> Option<Self> {
        let bus = Bus::ALL.into_iter().find(|bus| bus.word() == name);
        if let Some(bus) = bus {
            let place = |controller, unit| {
                Self::At(Place {
                    bus,
                    controller,
                    unit,
                })
            };
            return Some(match (bus, number.split_once(':')) {
                (Bus::Floppy, None) => place(0, number.parse().ok()?),
                (Bus::Ide, None) => return None,
                (_, None) => Self::Controller(bus, number.parse().ok()?),
                (_, Some((controller, unit))) => place(controller.parse().ok()?, unit.parse().ok()?),
            });
        }
        let number = number.parse().ok()?;
        Some(match name {
            "ethernet" => Self::Card(number),
            "serial" => Self::Serial(number),
            "parallel" => Self::Parallel(number),
            _ => return None,
        })
    }

    /// The name in a file.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Controller(bus, number) => format!("{}{number}", bus.word()),
            Self::Usb => "usb".to_owned(),
            Self::UsbXhci => "usb_xhci".to_owned(),
            Self::Video => "svga".to_owned(),
            Self::At(place) => place.device(),
            Self::Card(number) => format!("ethernet{number}"),
            Self::Serial(number) => format!("serial{number}"),
            Self::Parallel(number) => format!("parallel{number}"),
            Self::Sound => "sound".to_owned(),
        }
    }

    /// The alias of the device in the document of a machine that runs: `scsi0-1` for `scsi0:1`.
    pub(crate) fn alias(self) -> String {
        self.name().replace(':', "-")
    }

    /// The path of its element in a document.
    pub(super) fn element(self) -> &'static str {
        match self {
            Self::Controller(..) | Self::Usb | Self::UsbXhci => "/domain/devices/controller",
            Self::Video => "/domain/devices/video",
            Self::At(_) => "/domain/devices/disk",
            Self::Card(_) => "/domain/devices/interface",
            Self::Serial(_) => "/domain/devices/serial",
            Self::Parallel(_) => "/domain/devices/parallel",
            Self::Sound => "/domain/devices/sound",
        }
    }

    /// The key that a new device has within one specification: below 0, as those that there are, are above.
    pub(super) fn new_key(self) -> i32 {
        let (base, number) = match self {
            Self::Controller(Bus::Scsi, number) => (1_000, number),
            Self::Controller(Bus::Sata, number) => (15_000, number),
            Self::Controller(Bus::Nvme, number) => (31_000, number),
            Self::Controller(_, number) => (200, number),
            Self::Usb => (7_000, 0),
            Self::UsbXhci => (14_000, 0),
            Self::Video => (500, 0),
            Self::At(place) => {
                let bus = match place.bus {
                    Bus::Scsi => 100_000,
                    Bus::Sata => 200_000,
                    Bus::Nvme => 300_000,
                    Bus::Ide => 400_000,
                    Bus::Floppy => 500_000,
                };
                (
                    bus,
                    place.controller.saturating_mul(1_000).saturating_add(place.unit),
                )
            }
            Self::Card(number) => (600_000, number),
            Self::Serial(number) => (700_000, number),
            Self::Parallel(number) => (800_000, number),
            Self::Sound => (900_000, 0),
        };
        i32::try_from(number).map_or(-base, |number| (-base).saturating_sub(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_of_devices_and_devices_have_names() {
        for (key, name, rest) in [
            ("scsi0.present", "scsi0", "present"),
            ("SCSI0:15.fileName", "scsi0:15", "fileName"),
            ("floppy1.present", "floppy1", "present"),
            ("ethernet9.dvs.portId", "ethernet9", "dvs.portId"),
            ("usb_xhci.present", "usb_xhci", "present"),
            ("ehci.present", "usb", "ehci.present"),
            ("svga.vramSize", "svga", "vramSize"),
        ] {
            let (slot, left) = Slot::of_key(key).unwrap();
            assert_eq!((slot.name().as_str(), left), (name, rest));
        }
        for other in [
            "memsize",
            "sched.mem.max",
            "ide0.present",
            "sharedFolder0.present",
            "pciBridge4.present",
        ] {
            assert_eq!(Slot::of_key(other), None, "{other}");
        }
    }

    #[test]
    fn new_devices_have_keys_of_their_own() {
        let mut keys: Vec<i32> = Vec::new();
        for bus in Bus::ALL {
            let places = (0..4).flat_map(|controller| (0..64).map(move |unit| (controller, unit)));
            keys.extend(places.map(|(controller, unit)| {
                Slot::At(Place {
                    bus,
                    controller,
                    unit,
                })
                .new_key()
            }));
            keys.extend((0..4).map(|number| Slot::Controller(bus, number).new_key()));
        }
        let far = Place {
            bus: Bus::Scsi,
            controller: u32::MAX,
            unit: 7,
        };
        assert!(Slot::At(far).new_key() < 0 && Slot::Card(u32::MAX).new_key() < 0);
        keys.sort_unstable();
        keys.dedup();
        // IDE and floppies have controllers of their own: those are never new.
        assert_eq!(keys.len(), 5 * 4 * 64 + 4 * 4);
        assert!(keys.iter().all(|key| *key < 0));
    }
}
