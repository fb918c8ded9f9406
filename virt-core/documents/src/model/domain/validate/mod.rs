//! What libvirt's parser checks beyond single values, whatever the driver: what has to be there, what contradicts
//! itself, what may be there once only, and ranges.

mod addresses;
mod aliases;
mod at;
mod boot;
mod boot_order;
mod chardevs;
mod clock;
mod controllers;
mod cpu;
mod disk_source;
mod disks;
mod drive_addresses;
mod each;
mod features;
mod filesystems;
mod graphics;
mod hostdevs;
mod identity;
mod inputs;
mod interface_source;
mod interfaces;
mod iothreads;
mod memory;
mod memory_devices;
mod numa;
mod numatune;
mod once;
mod pci_topology;
mod platform;
mod resctrl;
mod resources;
mod security;
mod sound;
mod sysinfo;
mod throttling;
mod tpm;
mod tuning;
mod usb_addresses;
mod vcpu;
mod video;

pub(super) use self::disks::bus as disk_bus;
pub(super) use self::drive_addresses::target_number;
use super::config::{DomainConfig, DomainType};
use crate::xml::XmlError;
use crate::xml::derived::check_values;

impl DomainConfig {
    /// Checks what holds for every driver: what libvirt's parser refuses, this does.
    ///
    /// That is: mandatory elements and attributes, spellings of enumerations, ranges, contradictions, and what may be
    /// there once only, such as targets of disks, addresses, boot orders and aliases. What depends on a hypervisor's
    /// version, on the machine it emulates or on the host is for the driver.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        self.check_not_repeated()?;
        identity::check(self)?;
        memory::check(self)?;
        vcpu::check(self)?;
        iothreads::check(self)?;
        numa::check(self)?;
        numatune::check(self)?;
        cpu::check(self)?;
        boot::check(self)?;
        clock::check(self)?;
        features::check(self)?;
        sysinfo::check(self)?;
        tuning::check(self)?;
        resctrl::check(self)?;
        resources::check(self)?;
        security::check(self)?;
        match &self.devices {
            Some(devices) => self.check_devices(devices),
            None => Ok(()),
        }
    }

    fn check_devices(&self, devices: &super::devices::Devices) -> Result<(), XmlError> {
        disks::check(self, devices)?;
        throttling::check(self, devices)?;
        controllers::check(self, devices)?;
        filesystems::check(self, devices)?;
        interfaces::check(self, devices)?;
        chardevs::check(devices)?;
        inputs::check(devices)?;
        tpm::check(devices)?;
        graphics::check(self, devices)?;
        sound::check(devices)?;
        video::check(devices)?;
        hostdevs::check(self, devices)?;
        memory_devices::check(self, devices)?;
        platform::check(devices)?;
        let all = each::devices(devices);
        aliases::check(&all)?;
        boot_order::check(self, &all)?;
        addresses::check(&all)?;
        pci_topology::check(devices)?;
        drive_addresses::check(devices)?;
        usb_addresses::check(devices, &all)
    }

    /// Whether QEMU runs it: some contradictions are such for every machine and version it has.
    fn is_run_by_qemu(&self) -> bool {
        matches!(self.kind, DomainType::Kvm | DomainType::Qemu | DomainType::Hvf)
    }
}
