//! The names that disks of a machine have in its domain, by where they sit.

use std::collections::BTreeSet;

use super::places::{Bus, Place};

/// Where a disk or drive sits, in the words of a file: `scsi` 0 1 for `scsi0:1`.
pub(crate) type Seat = (&'static str, u32, u32);

/// The device in a file, and the target in the domain, of each that sits there: `scsi0:1` and `sdb`. As a complete
/// reading of the file names them.
pub(crate) fn targets(seats: &[Seat]) -> Vec<(String, String)> {
    let places: Vec<Option<Place>> = seats.iter().map(|seat| place(*seat)).collect();
    let mut order: Vec<(usize, Place)> = places
        .iter()
        .enumerate()
        .filter_map(|(index, place)| Some((index, (*place)?)))
        .collect();
    order.sort_by_key(|(_, place)| (rank(place.bus), place.controller, place.unit));
    let mut names = BTreeSet::new();
    let mut found = vec![(String::new(), String::new()); seats.len()];
    for (index, place) in order {
        if let Some(found) = found.get_mut(index) {
            *found = (place.device(), place.unique_target(&mut names));
        }
    }
    found
}

fn place((word, controller, unit): Seat) -> Option<Place> {
    let bus = Bus::ALL.into_iter().find(|bus| bus.word() == word)?;
    Some(Place {
        bus,
        controller,
        unit,
    })
}

fn rank(bus: Bus) -> usize {
    Bus::ALL
        .iter()
        .position(|one| *one == bus)
        .unwrap_or(Bus::ALL.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_are_named_as_in_a_domain_and_no_two_alike() {
        let seats = [
            ("ide", 1, 0),
            ("sata", 0, 0),
            ("scsi", 0, 0),
            ("scsi", 0, 8),
            ("nvme", 0, 0),
        ];
        let named = targets(&seats);
        let wanted = [
            ("ide1:0", "hdc"),
            ("sata0:0", "sdb"),
            ("scsi0:0", "sda"),
            ("scsi0:8", "sdh"),
            ("nvme0:0", "nvme0n1"),
        ];
        let named: Vec<(&str, &str)> = named.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(named, wanted);
        // No machine has such, whatever a server says.
        assert_eq!(targets(&[("scsi", u32::MAX, 1), ("nvme", 0, u32::MAX)]).len(), 2);
    }
}
