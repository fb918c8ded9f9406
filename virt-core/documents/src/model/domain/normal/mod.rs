//! The document as libvirt gives it back: its order, its spelling, and what its driver-neutral parser fills in.

mod chardevs;
mod controllers;
mod cpu;
mod disks;
mod displays;
mod ports;
mod small;

use super::boot::{BootDevice, BootDeviceKind, OsKind};
use super::clock::{Clock, ClockOffset};
use super::config::DomainConfig;
use super::memory::Memory;
use super::power::LifecycleAction;
use super::vcpu::{Vcpu, VcpuPlacement};
use crate::model::value::ByteSize;

impl DomainConfig {
    /// The document as libvirt gives it back: in libvirt's order and spelling, with the defaults that hold for every
    /// driver filled in; what stands in two elements that libvirt reads as one, stands in one.
    ///
    /// Those are: what happens at the end, the clock, the boot device, numbers and placement of virtual CPUs, the CPU's
    /// policies, places of disks on their controllers, the controllers that needs, the first video adapter being the
    /// primary one, where displays listen, ports and consoles. What a driver chooses (addresses on PCI, models, the
    /// machine) and what is made by chance (UUID, MAC addresses) is not filled in. Normalizing twice is normalizing
    /// once.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut config = self.gathered().canonical();
        config.fill_memory();
        config.fill_vcpu();
        config.fill_ends();
        cpu::fill(&mut config);
        small::fill(&mut config);
        let is_machine = config.is_machine();
        let is_x86 = config.is_x86();
        let devices = config.devices.get_or_insert_default();
        disks::fill(devices);
        chardevs::fill(devices);
        ports::fill(devices, is_machine);
        displays::fill(devices);
        controllers::fill(devices);
        small::fill_devices(devices, is_machine && is_x86);
        config
    }

    /// Whether it is a whole machine, not a container or a paravirtual guest.
    fn is_machine(&self) -> bool {
        let os = self.os.as_ref().and_then(|os| os.kind.as_ref());
        os.is_some_and(|os| os.kind == Some(OsKind::Hvm))
    }

    fn is_x86(&self) -> bool {
        let os = self.os.as_ref().and_then(|os| os.kind.as_ref());
        let arch = os.and_then(|os| os.arch.as_deref());
        matches!(arch, None | Some("x86_64" | "i686"))
    }

    fn fill_memory(&mut self) {
        let cells = self.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref());
        let cells: u64 = cells
            .map(|numa| numa.cells.iter().filter_map(|cell| cell.memory))
            .into_iter()
            .flatten()
            .fold(0, |sum, size| sum.saturating_add(size.as_bytes()));
        // libvirt counts in KiB.
        let whole = |size: ByteSize| ByteSize::kib(size.as_kib());
        let memory = self.memory.get_or_insert_default();
        memory.size = match cells {
            0 => whole(memory.size),
            cells => whole(ByteSize::bytes(cells)),
        };
        let plugged = self.devices.iter().flat_map(|devices| &devices.memories);
        let plugged = plugged
            .filter_map(|memory| memory.target.as_ref()?.size.as_ref()?.size)
            .fold(0_u64, |sum, size| sum.saturating_add(size.as_bytes()));
        if cells != 0 && plugged != 0 {
            memory.size = whole(ByteSize::bytes(cells.saturating_add(plugged)));
        }
        let bound = memory.size;
        let current = self.current_memory.get_or_insert_with(|| Memory::from(bound));
        current.size = whole(current.size);
        if current.size > bound || current.size.is_zero() {
            current.size = bound;
        }
    }

    fn fill_vcpu(&mut self) {
        let vcpu = self.vcpu.get_or_insert_with(|| Vcpu::from(1));
        vcpu.placement.get_or_insert(VcpuPlacement::Static);
        if vcpu.current == Some(vcpu.count) {
            vcpu.current = None;
        }
    }

    fn fill_ends(&mut self) {
        self.clock
            .get_or_insert_with(Clock::default)
            .offset
            .get_or_insert(ClockOffset::Utc);
        self.on_poweroff.get_or_insert(LifecycleAction::Destroy);
        self.on_reboot.get_or_insert(LifecycleAction::Restart);
        self.on_crash.get_or_insert(LifecycleAction::Destroy);
        let is_machine = self.is_machine();
        let by_device = self.devices.as_ref().is_some_and(|devices| {
            let disks = devices.disks.iter().any(|disk| disk.boot.is_some());
            let interfaces = devices.interfaces.iter().any(|one| one.boot.is_some());
            let others = devices.hostdevs.iter().any(|one| one.boot.is_some())
                || devices.redirdevs.iter().any(|one| one.boot.is_some())
                || devices.filesystems.iter().any(|one| one.boot.is_some());
            disks || interfaces || others
        });
        if let Some(os) = &mut self.os
            && is_machine
            && os.boot.is_empty()
            && !by_device
            && self.bootloader.is_none()
        {
            os.boot.push(BootDevice {
                dev: Some(BootDeviceKind::Hd),
                ..BootDevice::default()
            });
        }
    }
}
