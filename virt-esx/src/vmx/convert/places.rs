//! Where disks sit: on which controller of a file, and under which name and address of a domain.

use std::collections::BTreeSet;

use virt_core::model::domain::devices::{Address, DiskBus};

/// A place in a file: `scsi0:1` is bus SCSI, controller 0, unit 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) bus: Bus,
    /// The controller; of IDE its channel, of floppies 0.
    pub(crate) controller: u32,
    pub(crate) unit: u32,
}

/// The buses a file knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bus {
    Scsi,
    Sata,
    Nvme,
    Ide,
    Floppy,
}

/// SCSI: the unit that is the controller itself.
const OWN_UNIT: u32 = 7;
/// SATA: how many units a controller has in a file.
const SATA_UNITS: u32 = 30;
/// SATA: how many units a controller has in a domain.
const SATA_PLACES: u32 = 6;

impl Bus {
    pub(crate) const ALL: [Self; 5] = [Self::Scsi, Self::Sata, Self::Nvme, Self::Ide, Self::Floppy];

    pub(super) fn of(bus: &DiskBus) -> Option<Self> {
        Some(match bus {
            DiskBus::Scsi => Self::Scsi,
            DiskBus::Sata => Self::Sata,
            DiskBus::Nvme => Self::Nvme,
            DiskBus::Ide => Self::Ide,
            DiskBus::Fdc => Self::Floppy,
            _ => return None,
        })
    }

    pub(super) fn in_domain(self) -> DiskBus {
        match self {
            Self::Scsi => DiskBus::Scsi,
            Self::Sata => DiskBus::Sata,
            Self::Nvme => DiskBus::Nvme,
            Self::Ide => DiskBus::Ide,
            Self::Floppy => DiskBus::Fdc,
        }
    }

    /// The name of the controllers in a file.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Scsi => "scsi",
            Self::Sata => "sata",
            Self::Nvme => "nvme",
            Self::Ide => "ide",
            Self::Floppy => "floppy",
        }
    }

    pub(super) fn controllers(self) -> u32 {
        match self {
            Self::Scsi | Self::Sata | Self::Nvme => 4,
            Self::Ide => 2,
            Self::Floppy => 1,
        }
    }

    /// How many units a controller has, its own counted.
    pub(super) fn units(self, hardware: u32) -> u32 {
        match self {
            Self::Scsi if hardware >= 13 => 64,
            Self::Scsi => 16,
            Self::Sata => SATA_UNITS,
            Self::Nvme => 64,
            Self::Ide | Self::Floppy => 2,
        }
    }
}

impl Place {
    /// Every place of a bus.
    pub(super) fn all(bus: Bus, hardware: u32) -> impl Iterator<Item = Self> {
        let on = move |controller| {
            (0..bus.units(hardware)).map(move |unit| Self {
                bus,
                controller,
                unit,
            })
        };
        (0..bus.controllers())
            .flat_map(on)
            .filter(move |place| bus != Bus::Scsi || place.unit != OWN_UNIT)
    }

    pub(super) fn is_there(self, hardware: u32) -> bool {
        self.controller < self.bus.controllers()
            && self.unit < self.bus.units(hardware)
            && (self.bus != Bus::Scsi || self.unit != OWN_UNIT)
    }

    /// The device of the file: `scsi0:1`, `floppy0`.
    pub(crate) fn device(self) -> String {
        match self.bus {
            Bus::Floppy => format!("floppy{}", self.unit),
            bus => format!("{}{}:{}", bus.word(), self.controller, self.unit),
        }
    }

    /// The name of the target libvirt gives a disk here.
    pub(super) fn target(self) -> String {
        // A server may say any numbers.
        let number = |units: u32, unit: u32| self.controller.saturating_mul(units).saturating_add(unit);
        match self.bus {
            Bus::Nvme => format!("nvme{}n{}", self.controller, self.unit.saturating_add(1)),
            Bus::Scsi => name("sd", number(15, without_own(self.unit))),
            Bus::Sata => name("sd", number(SATA_UNITS, self.unit)),
            Bus::Ide => name("hd", number(2, self.unit)),
            Bus::Floppy => name("fd", self.unit),
        }
    }

    /// The name of the target, or the next one that is free: of SCSI and SATA they begin alike.
    pub(super) fn unique_target(self, names: &mut BTreeSet<String>) -> String {
        let prefix = match self.bus {
            Bus::Scsi | Bus::Sata => "sd",
            Bus::Ide => "hd",
            Bus::Floppy => "fd",
            Bus::Nvme => return self.target(),
        };
        let own = self.target();
        let others = (0..u32::MAX).map(|number| name(prefix, number));
        let mut free = std::iter::once(own.clone()).chain(others);
        let found = free.find(|one| !names.contains(one)).unwrap_or(own);
        names.insert(found.clone());
        found
    }

    /// The address of a disk here.
    pub(super) fn address(self) -> Address {
        match self.bus {
            Bus::Sata => {
                let number = self.controller * SATA_UNITS + self.unit;
                Address::drive(number / SATA_PLACES, 0, 0, u64::from(number % SATA_PLACES))
            }
            Bus::Ide => Address::drive(0, self.controller, 0, u64::from(self.unit)),
            Bus::Floppy => Address::drive(0, 0, 0, u64::from(self.unit)),
            Bus::Scsi | Bus::Nvme => Address::drive(self.controller, 0, 0, u64::from(self.unit)),
        }
    }

    /// The address libvirt gives a disk here: by the name of its target, which it counts in fifteens, as if controllers had
    /// the units they can have.
    pub(super) fn libvirt_address(self, hardware: u32) -> Address {
        let places = self.bus.units(hardware) - 1;
        match self.bus {
            Bus::Scsi => {
                let number = self.controller * 15 + without_own(self.unit);
                let unit = with_own(number % places);
                Address::drive(number / places, 0, 0, u64::from(unit))
            }
            _ => self.address(),
        }
    }

    /// The place a name of a target stands for.
    pub(super) fn of_target(bus: Bus, target: &str) -> Option<Self> {
        let (controller, unit) = match bus {
            Bus::Scsi => {
                let number = number("sd", target)?;
                (number / 15, with_own(number % 15))
            }
            Bus::Sata => {
                let number = number("sd", target)?;
                (number / SATA_UNITS, number % SATA_UNITS)
            }
            Bus::Ide => {
                let number = number("hd", target)?;
                (number / 2, number % 2)
            }
            Bus::Floppy => (0, number("fd", target)?),
            Bus::Nvme => {
                let (controller, unit) = target.strip_prefix("nvme")?.split_once('n')?;
                let unit: u32 = unit.parse().ok()?;
                (controller.parse().ok()?, unit.checked_sub(1)?)
            }
        };
        Some(Self {
            bus,
            controller,
            unit,
        })
    }

    /// The place an address stands for.
    pub(super) fn of_address(bus: Bus, address: &Address) -> Option<Self> {
        let controller = address.controller.unwrap_or_default();
        let channel = address.bus.map(|bus| bus.value()).unwrap_or_default();
        let unit = u32::try_from(address.unit.unwrap_or_default()).ok()?;
        let is_plain = address.target.unwrap_or_default() == 0;
        let (controller, unit) = match bus {
            Bus::Ide if controller == 0 => (channel, unit),
            Bus::Ide => return None,
            _ if channel != 0 => return None,
            Bus::Sata => {
                let number = controller.checked_mul(SATA_PLACES)?.checked_add(unit)?;
                (unit < SATA_PLACES).then_some((number / SATA_UNITS, number % SATA_UNITS))?
            }
            _ => (controller, unit),
        };
        is_plain.then_some(Self {
            bus,
            controller,
            unit,
        })
    }
}

/// The number of a SCSI unit among those that are not the controller itself.
fn without_own(unit: u32) -> u32 {
    if unit > OWN_UNIT { unit - 1 } else { unit }
}

fn with_own(number: u32) -> u32 {
    if number >= OWN_UNIT { number + 1 } else { number }
}

/// `sda` for 0, `sdz` for 25, `sdaa` for 26.
pub(super) fn name(prefix: &str, number: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = Some(number);
    while let Some(number) = rest {
        letters.push(char::from_u32(u32::from('a') + number % 26).unwrap_or('a'));
        rest = (number / 26).checked_sub(1);
    }
    prefix.chars().chain(letters.into_iter().rev()).collect()
}

/// The other way round.
fn number(prefix: &str, name: &str) -> Option<u32> {
    let letters = name.strip_prefix(prefix).filter(|letters| !letters.is_empty())?;
    let mut number = 0_u32;
    for letter in letters.chars() {
        let digit = u32::from(letter)
            .checked_sub(u32::from('a'))
            .filter(|digit| *digit < 26)?;
        number = number.checked_mul(26)?.checked_add(digit + 1)?;
    }
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers() {
        for (index, letters) in [
            (0, "sda"),
            (25, "sdz"),
            (26, "sdaa"),
            (701, "sdzz"),
            (702, "sdaaa"),
        ] {
            assert_eq!(name("sd", index), letters);
            assert_eq!(number("sd", letters), Some(index));
        }
        for bad in ["sd", "hda", "sdA", "sd1", "sdzzzzzzzzzz"] {
            assert_eq!(number("sd", bad), None);
        }
    }

    #[test]
    fn every_place_has_an_address_of_its_own() {
        for hardware in [4, 13] {
            for bus in Bus::ALL {
                for place in Place::all(bus, hardware) {
                    assert_eq!(Place::of_address(bus, &place.address()), Some(place));
                    assert!(place.is_there(hardware));
                    if hardware < 13 {
                        assert_eq!(Place::of_target(bus, &place.target()), Some(place));
                        assert_eq!(
                            Place::of_address(bus, &place.libvirt_address(hardware)),
                            Some(place)
                        );
                    }
                }
            }
        }
    }
}
