//! The places on all PCI buses of a guest: which are taken, which is next, and which buses must be added.

use virt_core::{Error, ErrorKind, Result};

use super::bus::{BusModel, Connect};

/// A place on one of the buses. The domain is always 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Place {
    pub(crate) bus: usize,
    pub(crate) slot: u8,
    pub(crate) function: u8,
}

impl Place {
    pub(crate) const fn new(bus: usize, slot: u8, function: u8) -> Self {
        Self { bus, slot, function }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    functions: u8,
    aggregate: bool,
}

#[derive(Debug, Clone)]
struct Bus {
    model: BusModel,
    slots: [Slot; 32],
}

impl Bus {
    fn slot(&self, slot: u8) -> Slot {
        self.slots.get(usize::from(slot)).copied().unwrap_or_default()
    }

    /// The first free place for a device of that kind; `function` if only that one will do.
    fn free(&self, needs: Connect, function: Option<u8>) -> Option<(u8, u8)> {
        if !needs.fits(self.model.accepts()) {
            return None;
        }
        let (first, last) = self.model.slots();
        (first..=last).find_map(|number| {
            let slot = self.slot(number);
            if slot.functions == 0 {
                return Some((number, function.unwrap_or(0)));
            }
            if !slot.aggregate || !needs.has(Connect::AGGREGATE) {
                return None;
            }
            let free = |candidate: &u8| slot.functions & (1 << candidate) == 0;
            match function {
                Some(wanted) => free(&wanted).then_some((number, wanted)),
                None => (0..8).find(free).map(|function| (number, function)),
            }
        })
    }

    fn is_full(&self) -> bool {
        let (first, last) = self.model.slots();
        (first..=last).all(|slot| self.slot(slot).functions != 0)
    }
}

/// The buses and their places.
#[derive(Debug, Clone)]
pub(crate) struct PlaceSet {
    buses: Vec<Bus>,
    grows: bool,
    pcie_to_pci_bridge: bool,
}

impl PlaceSet {
    /// Empty buses of these models. When it `grows`, buses are added as they are needed.
    pub(crate) fn new(models: &[BusModel], grows: bool, pcie_to_pci_bridge: bool) -> Self {
        let mut set = Self {
            buses: Vec::new(),
            grows,
            pcie_to_pci_bridge,
        };
        set.extend(models.iter().copied());
        set
    }

    /// The models of the buses, added ones included.
    pub(crate) fn models(&self) -> Vec<BusModel> {
        self.buses.iter().map(|bus| bus.model).collect()
    }

    /// How many buses there are.
    pub(crate) fn len(&self) -> usize {
        self.buses.len()
    }

    /// Whether every slot of every bus is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.buses.iter().all(Bus::is_full)
    }

    /// Whether any function of the slot is taken.
    pub(crate) fn slot_in_use(&self, place: Place) -> bool {
        self.buses
            .get(place.bus)
            .is_some_and(|bus| bus.slot(place.slot).functions != 0)
    }

    /// Takes a place the document or the machine asks for.
    pub(crate) fn reserve(&mut self, place: Place, needs: Connect) -> Result<()> {
        if self.grows && place.bus >= self.buses.len() {
            self.grow_to(place.bus, needs)?;
        }
        let refuse = |why: String| Err(Error::new(ErrorKind::InvalidConfig, why));
        let shown = format!("0000:{:02x}:{:02x}.{:x}", place.bus, place.slot, place.function);
        let Some(bus) = self.buses.get_mut(place.bus) else {
            return refuse(format!(
                "there is no PCI bus {} for the address {shown}; add a controller",
                place.bus
            ));
        };
        let (first, last) = bus.model.slots();
        if !(first..=last).contains(&place.slot) {
            return refuse(format!(
                "slot {:#x} of the address {shown} is not one of {first:#x} to {last:#x}, which a {} has",
                place.slot,
                bus.model.name()
            ));
        }
        if !needs.is_none() && !needs.fits_by_choice(bus.model.accepts()) {
            return refuse(format!(
                "this kind of device cannot be plugged into a {} at {shown}",
                bus.model.name()
            ));
        }
        let Some(slot) = bus.slots.get_mut(usize::from(place.slot)) else {
            return refuse(format!("the address {shown} is out of range"));
        };
        let mask = 1_u8.checked_shl(u32::from(place.function)).unwrap_or(0);
        if slot.functions & mask != 0 {
            return refuse(format!("the PCI address {shown} is used twice"));
        }
        if slot.functions == 0 && needs.has(Connect::AGGREGATE) {
            slot.aggregate = true;
        }
        slot.functions |= mask;
        Ok(())
    }

    /// Takes the next free place; `function` if only that one will do.
    pub(crate) fn reserve_next(&mut self, needs: Connect, function: Option<u8>) -> Result<Place> {
        let place = match self.next_free(needs, function) {
            Some(place) => place,
            None if self.grows => {
                let bus = self.grow(needs)?;
                let first = self.buses.get(bus).map_or(0, |bus| bus.model.slots().0);
                Place::new(bus, first, function.unwrap_or(0))
            }
            None => {
                return Err(Error::new(
                    ErrorKind::InvalidConfig,
                    "no free PCI slot is left; add a controller",
                ));
            }
        };
        self.reserve(place, needs)?;
        Ok(place)
    }

    fn next_free(&self, needs: Connect, function: Option<u8>) -> Option<Place> {
        self.buses.iter().enumerate().find_map(|(number, bus)| {
            let (slot, function) = bus.free(needs, function)?;
            Some(Place::new(number, slot, function))
        })
    }

    fn grow_to(&mut self, bus: usize, needs: Connect) -> Result<()> {
        if bus > 255 {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                format!("there is no PCI bus {bus}: 255 is the last"),
            ));
        }
        while self.buses.len() <= bus {
            self.grow(needs)?;
        }
        Ok(())
    }

    /// Adds the bus, or the buses, that a device of this kind needs, and says on which of them it goes.
    fn grow(&mut self, needs: Connect) -> Result<usize> {
        let added = self.buses_for(needs)?;
        if self.buses.len() + added.len() > 256 {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the guest has more devices than 256 PCI buses hold",
            ));
        }
        self.extend(added);
        Ok(self.buses.len() - 1)
    }

    fn buses_for(&self, needs: Connect) -> Result<Vec<BusModel>> {
        let bridgeable = self
            .buses
            .iter()
            .any(|bus| bus.model.accepts().has(Connect::PCI_BRIDGE));
        let express = Connect::PCIE_DEVICE
            .and(Connect::SWITCH_UPSTREAM_PORT)
            .and(Connect::PCIE_TO_PCI_BRIDGE);
        Ok(if needs.has(Connect::PCI_DEVICE) && bridgeable {
            vec![BusModel::PciBridge]
        } else if needs.has(Connect::PCI_DEVICE.and(Connect::PCI_BRIDGE)) && !bridgeable {
            match (self.pcie_to_pci_bridge, needs.has(Connect::PCI_DEVICE)) {
                (true, _) => vec![BusModel::PcieRootPort, BusModel::PcieToPciBridge],
                (false, true) => vec![BusModel::DmiToPciBridge, BusModel::PciBridge],
                (false, false) => vec![BusModel::DmiToPciBridge],
            }
        } else if needs.has(express) {
            vec![BusModel::PcieRootPort]
        } else {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "no PCI bus is left that this kind of controller can be plugged into; add one",
            ));
        })
    }

    fn extend(&mut self, models: impl IntoIterator<Item = BusModel>) {
        self.buses.extend(models.into_iter().map(|model| Bus {
            model,
            slots: [Slot::default(); 32],
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PCI: Connect = Connect::PCI_DEVICE.and(Connect::HOTPLUG);
    const EXPRESS: Connect = Connect::PCIE_DEVICE.and(Connect::HOTPLUG);

    #[test]
    fn root_ports_share_a_slot_and_devices_do_not() {
        let mut set = PlaceSet::new(&[BusModel::PcieRoot], true, true);
        let ports: Vec<Place> = (0..9)
            .map(|_| set.reserve_next(BusModel::PcieRootPort.needs(), None).unwrap())
            .collect();
        assert_eq!(ports[7], Place::new(0, 1, 7));
        assert_eq!(ports[8], Place::new(0, 2, 0));
        assert_eq!(set.reserve_next(EXPRESS, None).unwrap(), Place::new(1, 0, 0));
        assert_eq!(set.reserve_next(EXPRESS, None).unwrap(), Place::new(2, 0, 0));
    }

    #[test]
    fn a_conventional_device_on_an_express_machine_brings_its_bridge() {
        let mut set = PlaceSet::new(&[BusModel::PcieRoot], true, true);
        assert_eq!(set.reserve_next(PCI, None).unwrap(), Place::new(2, 1, 0));
        assert_eq!(
            set.models(),
            [
                BusModel::PcieRoot,
                BusModel::PcieRootPort,
                BusModel::PcieToPciBridge
            ]
        );
    }

    #[test]
    fn a_full_root_is_continued_on_a_bridge() {
        let mut set = PlaceSet::new(&[BusModel::PciRoot], true, true);
        for _ in 1..=31 {
            set.reserve_next(PCI, None).unwrap();
        }
        assert!(set.is_full());
        assert_eq!(set.reserve_next(PCI, None).unwrap(), Place::new(1, 1, 0));
    }

    #[test]
    fn a_place_is_given_once() {
        let mut set = PlaceSet::new(&[BusModel::PciRoot], false, true);
        set.reserve(Place::new(0, 3, 0), PCI).unwrap();
        assert_eq!(
            set.reserve(Place::new(0, 3, 0), PCI).unwrap_err().kind(),
            ErrorKind::InvalidConfig
        );
        assert!(set.reserve(Place::new(1, 3, 0), PCI).is_err());
        assert!(set.reserve(Place::new(0, 0, 0), PCI).is_err());
    }
}
