//! Disks, CD-ROM drives and floppies, and the controllers they need.

use std::collections::BTreeSet;

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Disk, DiskTarget};

use super::super::places::{Bus, Place};
use super::controllers;
use super::media::{Medium, read_medium};
use super::source::Source;

pub(super) fn read(source: &Source<'_>, hardware: u32, domain: &mut DomainConfig) -> Result<()> {
    let mut names = BTreeSet::new();
    for bus in Bus::ALL {
        for place in Place::all(bus, hardware) {
            if !controllers::is_there(source, place)? || !source.is_present(&place.device())? {
                continue;
            }
            if let Some(medium) = source.device(|| read_medium(source, place))? {
                let disk = disk(source, hardware, place, medium, &mut names);
                domain.devices_mut().disks.push(disk);
            }
        }
    }
    controllers::read(source, domain)
}

fn disk(
    source: &Source<'_>,
    hardware: u32,
    place: Place,
    medium: Medium,
    names: &mut BTreeSet<String>,
) -> Disk {
    let mut target = DiskTarget::default();
    let mut disk = medium.disk;
    (target.dev, disk.address) = match source.is_complete() {
        true => (Some(place.unique_target(names)), Some(place.address())),
        false => (Some(place.target()), Some(place.libvirt_address(hardware))),
    };
    target.bus = Some(place.bus.in_domain());
    disk.target = Some(target);
    disk
}
