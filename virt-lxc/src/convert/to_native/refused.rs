//! What is no part of a container, refused by name.

use virt_core::model::domain::devices::{Devices, MemBalloonModel};
use virt_core::model::domain::{Os, OsKind, SecurityLabelType};
use virt_core::model::{DomainConfig, DomainType};
use virt_core::{Error, Result};

use super::super::problem::{invalid, unsupported};

/// Refuses a domain with elements LXC has no means for. Those libvirt's driver takes without doing anything are taken:
/// emulator, clock, what happens at the end, features of machines, the number of virtual CPUs.
pub(super) fn check(domain: &DomainConfig) -> Result<()> {
    if domain.kind != DomainType::Lxc {
        return Err(invalid("/domain/@type", "a container has type 'lxc'"));
    }
    if domain.name.is_empty() || domain.name.contains('/') {
        return Err(invalid(
            "/domain/name",
            "the name of a container is not empty and has no '/'",
        ));
    }
    elements(domain)?;
    if let Some(os) = &domain.os {
        check_os(os)?;
    }
    if let Some(tune) = &domain.cputune {
        let pins = [
            (!tune.vcpupins.is_empty(), "vcpupin"),
            (tune.emulatorpin.is_some(), "emulatorpin"),
            (!tune.vcpuscheds.is_empty(), "vcpusched"),
            (tune.emulatorsched.is_some(), "emulatorsched"),
            (!tune.cachetunes.is_empty(), "cachetune"),
            (!tune.memorytunes.is_empty(), "memorytune"),
        ];
        if let Some((_, name)) = pins.into_iter().find(|(is_there, _)| *is_there) {
            let text = "a container has no virtual CPUs: say <vcpu cpuset='…'> for all of it";
            return Err(unsupported(format!("/domain/cputune/{name}"), text));
        }
    }
    match &domain.devices {
        Some(devices) => check_devices(devices),
        None => Ok(()),
    }
}

fn elements(domain: &DomainConfig) -> Result<()> {
    let labelled = domain
        .seclabels
        .iter()
        .any(|label| label.kind != Some(SecurityLabelType::None));
    let elements = [
        (domain.genid.is_some(), "genid", ""),
        (domain.max_memory.is_some(), "maxMemory", "; say <memory>"),
        (domain.memory_backing.is_some(), "memoryBacking", ""),
        (domain.vcpus.is_some(), "vcpus", "; say <vcpu cpuset='…'>"),
        (domain.iothreads.is_some(), "iothreads", ""),
        (domain.iothreadids.is_some(), "iothreadids", ""),
        (domain.defaultiothread.is_some(), "defaultiothread", ""),
        (!domain.sysinfo.is_empty(), "sysinfo", ""),
        (domain.bootloader.is_some(), "bootloader", "; say <init> in <os>"),
        (
            domain.throttlegroups.is_some(),
            "throttlegroups",
            "; say <blkiotune>",
        ),
        (domain.cpu.is_some(), "cpu", ""),
        (domain.perf.is_some(), "perf", ""),
        (
            labelled,
            "seclabel",
            "; keep a setting lxc.apparmor.profile or lxc.selinux.context in <metadata>",
        ),
        (domain.keywrap.is_some(), "keywrap", ""),
        (domain.launch_security.is_some(), "launchSecurity", ""),
        (domain.qemu_commandline.is_some(), "qemu:commandline", ""),
        (domain.qemu_override.is_some(), "qemu:override", ""),
        (domain.bhyve_commandline.is_some(), "bhyve:commandline", ""),
        (domain.xen_commandline.is_some(), "xen:commandline", ""),
    ];
    match elements.into_iter().find(|(is_there, ..)| *is_there) {
        Some((_, name, way_out)) => Err(unsupported(
            format!("/domain/{name}"),
            format!("it is of a machine, not of a container{way_out}"),
        )),
        None => Ok(()),
    }
}

fn check_os(os: &Os) -> Result<()> {
    let kind = os.kind.as_ref().and_then(|kind| kind.kind.as_ref());
    if kind.is_some_and(|kind| *kind != OsKind::Exe) {
        return Err(invalid("/domain/os/type", "the type of a container is 'exe'"));
    }
    let elements = [
        (os.loader.is_some(), "loader"),
        (os.nvram.is_some(), "nvram"),
        (os.kernel.is_some(), "kernel"),
        (os.initrd.is_some(), "initrd"),
        (os.cmdline.is_some(), "cmdline"),
        (os.dtb.is_some(), "dtb"),
        (!os.boot.is_empty(), "boot"),
        (os.boot_menu.is_some(), "bootmenu"),
    ];
    match elements.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, name)) => Err(of_a_machine("os", name)),
        None => Ok(()),
    }
}

fn of_a_machine(parent: &str, name: &str) -> Error {
    unsupported(
        format!("/domain/{parent}/{name}"),
        "a container boots nothing: say <init> in <os>",
    )
}

fn check_devices(devices: &Devices) -> Result<()> {
    let disks = "a container has file systems and device nodes: say <filesystem>, or <hostdev mode='capabilities' \
                 type='storage'>";
    let consoles = "a container has consoles only: say <console type='pty'>";
    let none = "a container has no such device";
    let balloon = devices
        .memballoon
        .as_ref()
        .is_some_and(|balloon| balloon.model != Some(MemBalloonModel::None));
    let controllers = devices
        .controllers
        .iter()
        .any(|controller| controller.model.as_deref() != Some("none"));
    let kinds = [
        (!devices.disks.is_empty(), "disk", disks),
        (controllers, "controller", none),
        (!devices.leases.is_empty(), "lease", none),
        (!devices.smartcards.is_empty(), "smartcard", none),
        (!devices.serials.is_empty(), "serial", consoles),
        (!devices.parallels.is_empty(), "parallel", consoles),
        (!devices.channels.is_empty(), "channel", consoles),
        (!devices.inputs.is_empty(), "input", none),
        (!devices.tpms.is_empty(), "tpm", none),
        (!devices.graphics.is_empty(), "graphics", none),
        (!devices.sounds.is_empty(), "sound", none),
        (!devices.audios.is_empty(), "audio", none),
        (!devices.videos.is_empty(), "video", none),
        (!devices.redirdevs.is_empty(), "redirdev", none),
        (devices.redirfilter.is_some(), "redirfilter", none),
        (!devices.hubs.is_empty(), "hub", none),
        (!devices.watchdogs.is_empty(), "watchdog", none),
        (
            balloon,
            "memballoon",
            "a container has a limit of memory: say <memtune>",
        ),
        (
            !devices.rngs.is_empty(),
            "rng",
            "a container has the random numbers of the host",
        ),
        (devices.nvram.is_some(), "nvram", none),
        (!devices.panics.is_empty(), "panic", none),
        (!devices.shmems.is_empty(), "shmem", none),
        (!devices.memories.is_empty(), "memory", none),
        (!devices.iommus.is_empty(), "iommu", none),
        (devices.vsock.is_some(), "vsock", none),
        (!devices.cryptos.is_empty(), "crypto", none),
        (devices.pstore.is_some(), "pstore", none),
    ];
    match kinds.into_iter().find(|(is_there, ..)| *is_there) {
        Some((_, name, text)) => Err(unsupported(format!("/domain/devices/{name}"), text)),
        None => Ok(()),
    }
}
