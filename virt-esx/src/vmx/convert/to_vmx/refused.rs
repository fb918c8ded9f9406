//! What is no part of a machine of VMware's, refused by name.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{ClockOffset, DomainType, LifecycleAction, Os, OsKind, VcpuPlacement};

use super::super::problem::{invalid, unsupported};

/// Refuses a domain with elements there are no keys for.
pub(super) fn check(domain: &DomainConfig) -> Result<()> {
    if domain.kind != DomainType::Vmware {
        let text = format!("a machine of VMware's has type 'vmware', not '{}'", domain.kind);
        return Err(invalid("/domain/@type", text));
    }
    if domain.name.is_empty() {
        return Err(invalid("/domain/name", "a machine has a name"));
    }
    elements(domain)?;
    if let Some(os) = &domain.os {
        check_os(os)?;
    }
    check_tuning(domain)?;
    check_ends(domain)
}

fn elements(domain: &DomainConfig) -> Result<()> {
    let elements = [
        (domain.title.is_some(), "title"),
        (domain.max_memory.is_some(), "maxMemory"),
        (domain.blkiotune.is_some(), "blkiotune"),
        (domain.memory_backing.is_some(), "memoryBacking"),
        (domain.vcpus.is_some(), "vcpus"),
        (domain.iothreads.is_some(), "iothreads"),
        (domain.iothreadids.is_some(), "iothreadids"),
        (domain.defaultiothread.is_some(), "defaultiothread"),
        (domain.numatune.is_some(), "numatune"),
        (!domain.sysinfo.is_empty(), "sysinfo"),
        (domain.bootloader.is_some(), "bootloader"),
        (domain.throttlegroups.is_some(), "throttlegroups"),
        (domain.idmap.is_some(), "idmap"),
        (domain.pm.is_some(), "pm"),
        (domain.perf.is_some(), "perf"),
        (!domain.seclabels.is_empty(), "seclabel"),
        (domain.keywrap.is_some(), "keywrap"),
        (domain.launch_security.is_some(), "launchSecurity"),
        (domain.qemu_commandline.is_some(), "qemu:commandline"),
        (domain.qemu_override.is_some(), "qemu:override"),
        (domain.lxc_namespace.is_some(), "lxc:namespace"),
        (domain.bhyve_commandline.is_some(), "bhyve:commandline"),
        (domain.xen_commandline.is_some(), "xen:commandline"),
    ];
    if let Some((_, name)) = elements.into_iter().find(|(is_there, _)| *is_there) {
        return Err(not_said(name));
    }
    Ok(())
}

pub(super) fn not_said(name: &str) -> virt_core::Error {
    unsupported(
        format!("/domain/{name}"),
        "a VMX file does not say it: leave it out, or keep a setting of VMware's in <metadata>",
    )
}

fn check_os(os: &Os) -> Result<()> {
    let kind = os.kind.as_ref().and_then(|kind| kind.kind.as_ref());
    if kind.is_some_and(|kind| *kind != OsKind::Hvm) {
        return Err(invalid("/domain/os/type", "the type of a machine is 'hvm'"));
    }
    let elements = [
        (os.init.is_some(), "init"),
        (os.loader.is_some(), "loader"),
        (os.nvram.is_some(), "nvram"),
        (os.kernel.is_some(), "kernel"),
        (os.initrd.is_some(), "initrd"),
        (os.cmdline.is_some(), "cmdline"),
        (os.dtb.is_some(), "dtb"),
        (os.shim.is_some(), "shim"),
        (os.root.is_some(), "root"),
        (os.acpi.is_some(), "acpi"),
        (os.boot_menu.is_some(), "bootmenu"),
        (os.bios.is_some(), "bios"),
    ];
    match elements.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, name)) => Err(not_said(&format!("os/{name}"))),
        None => Ok(()),
    }
}

fn check_tuning(domain: &DomainConfig) -> Result<()> {
    if let Some(tune) = &domain.memtune {
        let limits = [
            (tune.hard_limit.is_some(), "hard_limit"),
            (tune.soft_limit.is_some(), "soft_limit"),
            (tune.swap_hard_limit.is_some(), "swap_hard_limit"),
        ];
        if let Some((_, name)) = limits.into_iter().find(|(is_there, _)| *is_there) {
            return Err(not_said(&format!("memtune/{name}")));
        }
    }
    let placement = domain.vcpu.as_ref().and_then(|vcpu| vcpu.placement.as_ref());
    if placement == Some(&VcpuPlacement::Auto) {
        return Err(not_said("vcpu/@placement"));
    }
    let Some(tune) = &domain.cputune else {
        return Ok(());
    };
    let tuning = [
        (tune.period.is_some(), "period"),
        (tune.quota.is_some(), "quota"),
        (tune.global_period.is_some(), "global_period"),
        (tune.global_quota.is_some(), "global_quota"),
        (tune.emulator_period.is_some(), "emulator_period"),
        (tune.emulator_quota.is_some(), "emulator_quota"),
        (tune.iothread_period.is_some(), "iothread_period"),
        (tune.iothread_quota.is_some(), "iothread_quota"),
        (!tune.vcpupins.is_empty(), "vcpupin"),
        (tune.emulatorpin.is_some(), "emulatorpin"),
        (!tune.iothreadpins.is_empty(), "iothreadpin"),
        (!tune.vcpuscheds.is_empty(), "vcpusched"),
        (!tune.iothreadscheds.is_empty(), "iothreadsched"),
        (tune.emulatorsched.is_some(), "emulatorsched"),
        (!tune.cachetunes.is_empty(), "cachetune"),
        (!tune.memorytunes.is_empty(), "memorytune"),
    ];
    match tuning.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, name)) => Err(not_said(&format!("cputune/{name}"))),
        None => Ok(()),
    }
}

/// What happens at the end is not said in a file, and is always the same.
fn check_ends(domain: &DomainConfig) -> Result<()> {
    let is = |action: &Option<LifecycleAction>, usual: LifecycleAction| match action {
        Some(action) => *action == usual,
        None => true,
    };
    let ends = [
        (is(&domain.on_poweroff, LifecycleAction::Destroy), "on_poweroff"),
        (is(&domain.on_reboot, LifecycleAction::Restart), "on_reboot"),
        (is(&domain.on_crash, LifecycleAction::Destroy), "on_crash"),
        (domain.on_lockfailure.is_none(), "on_lockfailure"),
    ];
    if let Some((_, name)) = ends.into_iter().find(|(is_usual, _)| !*is_usual) {
        return Err(not_said(name));
    }
    let Some(clock) = &domain.clock else {
        return Ok(());
    };
    match &clock.offset {
        None | Some(ClockOffset::Utc) if clock.timers.is_empty() => Ok(()),
        None | Some(ClockOffset::Utc) => Err(not_said("clock/timer")),
        Some(_) => Err(not_said("clock/@offset")),
    }
}
