//! What a guest is built of.

use serde_json::Value;
use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{ControllerType, InputType};
use virt_core::model::domain::{
    ClockBasis, ClockOffset, CpuFeature, CpuFeaturePolicy, CpuMode, Os, TimerName,
};
use virt_core::model::value::{ByteSize, CpuSet, OnOff};

use super::super::complete::{is_present, is_traditional};
use super::super::options::ToLibxl;
use super::super::problem::{invalid, unsupported};
use super::super::to_config::{
    acpi_table, boot_order, check_other_mode, controllers, distances, loader_override, serial_text, uefi,
    usb_inputs, viridian,
};
use super::super::words::{Kind, VIRIDIAN, feature_for_libxl};
use super::cpuid::Policy;
use super::object::Object;

/// libvirt's boot loader of paravirtual guests that say nothing.
const BOOT_LOADER: &str = "pygrub";

/// What every kind of guest has.
pub(super) fn info(domain: &DomainConfig, kind: Kind, options: &ToLibxl) -> Result<Object> {
    let mut info = Object::default();
    write_cpus(domain, options, &mut info)?;
    write_clock(domain, kind, &mut info)?;
    write_memory(domain, options, &mut info)?;
    for (_place, bus) in controllers(domain, &ControllerType::Xenbus) {
        info.set_number("event_channels", bus.max_event_channels.unwrap_or(0).into());
        info.set_number("max_grant_frames", bus.max_grant_frames.unwrap_or(0).into());
    }
    write_cpu(domain, kind, options, &mut info)?;
    write_nodes(domain, options, &mut info)?;
    let mut scheduler = Object::default();
    if let Some(weight) = domain.cputune.as_ref().and_then(|tune| tune.shares) {
        scheduler.set("weight", weight);
    }
    info.set("sched_params", scheduler);
    for arch in ["arch_arm", "arch_x86"] {
        info.set(arch, Object::default());
    }
    let commandline = domain.xen_commandline.as_ref();
    let arguments = commandline.into_iter().flat_map(|commandline| &commandline.args);
    let arguments: Vec<&str> = arguments
        .filter_map(|argument| argument.value.as_deref())
        .collect();
    info.set_list("extra", arguments);
    Ok(info)
}

/// More pins of virtual CPUs to those of the host than there are.
const MOST_PINS: usize = 1 << 20;

fn write_cpus(domain: &DomainConfig, options: &ToLibxl, info: &mut Object) -> Result<()> {
    let vcpu = domain.vcpu.as_ref();
    let most = vcpu.map_or(1, |vcpu| vcpu.count);
    let current = vcpu.and_then(|vcpu| vcpu.current).unwrap_or(most);
    if most == 0 || current == 0 || current > most || most > CpuSet::LIMIT {
        return Err(invalid(
            "/domain/vcpu",
            "a guest has a virtual CPU, and not more at once than it has",
        ));
    }
    info.set("max_vcpus", most);
    info.set("avail_vcpus", (0..current).collect::<Vec<u32>>());
    let shared = vcpu.and_then(|vcpu| vcpu.cpuset.as_ref());
    let pins = domain.cputune.iter().flat_map(|tune| &tune.vcpupins);
    let pins: Vec<(u32, &CpuSet)> = pins
        .filter_map(|pin| Some((pin.vcpu?, pin.cpuset.as_ref()?)))
        .collect();
    let last = match shared {
        Some(_) => Some(most - 1),
        None => pins
            .iter()
            .map(|(number, _)| *number)
            .filter(|number| *number < most)
            .max(),
    };
    let Some(last) = last else { return Ok(()) };
    let mut sets = Vec::new();
    let mut all = 0;
    for number in 0..=last {
        let own = pins
            .iter()
            .find(|(pinned, _)| *pinned == number)
            .map(|(_, set)| *set);
        sets.push(match own.or(shared) {
            Some(set) => set.iter().collect::<Vec<u32>>(),
            None => {
                let unknown = || {
                    let text = format!(
                        "virtual CPU {number} runs anywhere: say how many CPUs the host has, or pin it"
                    );
                    invalid("/domain/cputune/vcpupin", text)
                };
                (0..options.host_cpus.ok_or_else(unknown)?.min(CpuSet::LIMIT)).collect()
            }
        });
        all += sets.last().map_or(0, Vec::len);
        if all > MOST_PINS {
            let text = "they are more pins than any host has CPUs for";
            return Err(invalid("/domain/vcpu/@cpuset", text));
        }
    }
    info.set(
        "vcpu_hard_affinity",
        sets.into_iter().map(Value::from).collect::<Vec<Value>>(),
    );
    info.flag("numa_placement", false);
    Ok(())
}

fn write_clock(domain: &DomainConfig, kind: Kind, info: &mut Object) -> Result<()> {
    let Some(clock) = &domain.clock else { return Ok(()) };
    match &clock.offset {
        None | Some(ClockOffset::Utc) => {}
        Some(ClockOffset::Localtime) => info.flag("localtime", true),
        Some(ClockOffset::Variable) => {
            if clock.basis == Some(ClockBasis::Localtime) {
                info.flag("localtime", true);
            }
            let text = clock.adjustment.as_deref().unwrap_or("0");
            let bad = || {
                invalid(
                    "/domain/clock/@adjustment",
                    format!("{text:?} is no number of seconds"),
                )
            };
            let seconds: i32 = text.trim().parse().map_err(|_error| bad())?;
            if seconds != 0 {
                info.set("rtc_timeoffset", seconds);
            }
        }
        Some(offset) => {
            let text = format!("guests have clocks of offset utc, localtime and variable, not {offset}");
            return Err(unsupported("/domain/clock/@offset", text));
        }
    }
    for timer in &clock.timers {
        match &timer.name {
            Some(TimerName::Tsc) => match timer.mode.as_deref() {
                Some("native") => info.set("tsc_mode", "native"),
                Some("paravirt") => info.set("tsc_mode", "native_paravirt"),
                Some("emulate") => info.set("tsc_mode", "always_emulate"),
                _ => {}
            },
            Some(TimerName::Hpet) if kind == Kind::Hvm => {}
            name => {
                let name = name.as_ref().map_or_else(String::new, ToString::to_string);
                let text = format!("Xen has the timers tsc and, of a whole machine, hpet, not {name:?}");
                return Err(unsupported("/domain/clock/timer", text));
            }
        }
    }
    Ok(())
}

/// Whole MiB, in KiB.
fn whole(size: ByteSize) -> u64 {
    size.as_kib().div_ceil(1024).saturating_mul(1024)
}

fn write_memory(domain: &DomainConfig, options: &ToLibxl, info: &mut Object) -> Result<()> {
    let memory = domain
        .memory
        .as_ref()
        .map_or(ByteSize::ZERO, |memory| memory.size);
    if memory.is_zero() {
        return Err(invalid("/domain/memory", "a guest has memory: say how much"));
    }
    let current = domain
        .current_memory
        .as_ref()
        .map_or(memory, |memory| memory.size);
    info.set("max_memkb", whole(memory));
    info.set("target_memkb", whole(current));
    // 256 pages of 4 KiB for each virtual CPU, and two for each MiB.
    let cpus = u64::from(domain.vcpu.as_ref().map_or(1, |vcpu| vcpu.count));
    let needed = || {
        let pages = cpus
            .saturating_mul(256)
            .saturating_add((whole(memory) / 1024).saturating_mul(2));
        pages.saturating_mul(4)
    };
    info.set("shadow_memkb", options.shadow_memory.unwrap_or_else(needed));
    Ok(())
}

fn write_cpu(domain: &DomainConfig, kind: Kind, options: &ToLibxl, info: &mut Object) -> Result<()> {
    let Some(cpu) = &domain.cpu else { return Ok(()) };
    if cpu.mode != Some(CpuMode::HostPassthrough) {
        return check_other_mode(cpu);
    }
    if kind == Kind::Pv {
        if cpu.features.is_empty() {
            return Ok(());
        }
        let text = "only guests of type hvm and xenpvh are told features";
        return Err(unsupported("/domain/cpu/feature", text));
    }
    let own = options.nested_virtualization.as_deref();
    let mut is_nested = own.is_some();
    let mut policy = Policy::default();
    for feature in &cpu.features {
        let Some(is_on) = is_on(feature)? else { continue };
        let name = feature.name.as_deref().unwrap_or_default();
        if own == Some(name) {
            is_nested = is_on;
        } else if matches!(name, "vmx" | "svm") && own.is_none() && !is_on {
            // It has none anyway.
        } else if !policy.set(feature_for_libxl(name), is_on) {
            let text = format!("libxl knows no feature {name:?}");
            return Err(unsupported("/domain/cpu/feature/@name", text));
        }
    }
    info.flag("nested_hvm", is_nested);
    info.set_list("cpuid", policy.into_values());
    Ok(())
}

/// Whether a feature is given or taken; none where it is as the host has it.
fn is_on(feature: &CpuFeature) -> Result<Option<bool>> {
    match &feature.policy {
        None | Some(CpuFeaturePolicy::Force | CpuFeaturePolicy::Require) => Ok(Some(true)),
        Some(CpuFeaturePolicy::Disable | CpuFeaturePolicy::Forbid) => Ok(Some(false)),
        Some(CpuFeaturePolicy::Optional) => Ok(None),
        Some(policy) => {
            let text = format!("{policy} is none of force, require, optional, disable, forbid");
            Err(invalid("/domain/cpu/feature/@policy", text))
        }
    }
}

fn write_nodes(domain: &DomainConfig, options: &ToLibxl, info: &mut Object) -> Result<()> {
    let Some(numa) = domain.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref()) else {
        return Ok(());
    };
    let is_spread = options.host_nodes.is_none_or(|nodes| numa.cells.len() <= nodes);
    let mut nodes = Vec::new();
    for ((number, cell), distances) in (0_u32..).zip(&numa.cells).zip(distances(numa)?) {
        let place = format!("/domain/cpu/numa/cell[{}]", number.saturating_add(1));
        let cpus = cell.cpus.as_ref().filter(|cpus| !cpus.is_empty());
        let cpus = cpus.ok_or_else(|| invalid(format!("{place}/@cpus"), "a node has a virtual CPU"))?;
        let mut node = Object::default();
        node.set("memkb", cell.memory.unwrap_or(ByteSize::ZERO).as_kib());
        node.set("distances", distances);
        node.set_number("pnode", if is_spread { number.into() } else { 0 });
        node.set("vcpus", cpus.iter().collect::<Vec<u32>>());
        nodes.push(node);
    }
    info.set_list("vnuma_nodes", nodes);
    Ok(())
}

/// What only one kind of guest has; some of it libxl keeps with what all have.
pub(super) fn of_kind(
    domain: &DomainConfig,
    kind: Kind,
    options: &ToLibxl,
    info: &mut Object,
) -> Result<Object> {
    let nothing = Os::default();
    let os = domain.os.as_ref().unwrap_or(&nothing);
    match kind {
        Kind::Hvm => {
            write_kernel(os, info);
            machine(domain, os, options, info)
        }
        Kind::Pvh => {
            write_kernel(os, info);
            write_boot_loader(domain, None, info);
            Ok(Object::default())
        }
        Kind::Pv => {
            let mut guest = Object::default();
            let usual = os.kernel.is_none().then_some(BOOT_LOADER);
            write_boot_loader(domain, usual, &mut guest);
            write_kernel(os, &mut guest);
            let xen = domain
                .features
                .as_ref()
                .and_then(|features| features.xen.as_ref());
            if let Some(e820) = xen.and_then(|xen| xen.e820_host.as_ref()) {
                guest.flag("e820_host", e820.state != Some(OnOff::Off));
            }
            Ok(guest)
        }
    }
}

fn write_kernel(os: &Os, object: &mut Object) {
    object.set_text("cmdline", os.cmdline.as_deref());
    object.set_text("kernel", os.kernel.as_deref());
    object.set_text("ramdisk", os.initrd.as_deref());
}

fn write_boot_loader(domain: &DomainConfig, usual: Option<&str>, object: &mut Object) {
    object.set_text("bootloader", domain.bootloader.as_deref().or(usual));
    let arguments = domain.bootloader_args.as_deref().unwrap_or_default();
    object.set_list("bootloader_args", arguments.split_whitespace().collect());
}

fn machine(domain: &DomainConfig, os: &Os, options: &ToLibxl, info: &mut Object) -> Result<Object> {
    let mut machine = Object::default();
    let features = domain.features.as_ref();
    machine.flag("pae", features.is_some_and(|features| features.pae));
    info.flag("apic", features.is_some_and(|features| features.apic.is_some()));
    info.flag("acpi", features.is_some_and(|features| features.acpi));
    if features.is_some_and(|features| features.viridian) {
        machine.flag("viridian", true);
    }
    if let Some(hyperv) = features.and_then(|features| features.hyperv.as_ref()) {
        machine.set_list("viridian_enable", groups(&viridian(hyperv)?));
    }
    let mut timers = domain.clock.iter().flat_map(|clock| &clock.timers);
    let is_hpet =
        timers.any(|timer| timer.name == Some(TimerName::Hpet) && is_present(timer.present.as_ref()));
    if is_hpet {
        machine.flag("hpet", true);
    }
    machine.set_text("firmware", loader_override(os));
    machine.set_text("acpi_firmware", acpi_table(os)?);
    machine.set("boot", boot_order(os));
    let (is_uefi, path) = uefi(os)?;
    if is_uefi {
        machine.set("bios", "ovmf");
        machine.set(
            "system_firmware",
            path.unwrap_or_else(|| format!("{}/ovmf.bin", options.firmware_directory)),
        );
    }
    machine.set("rdm", Object::default());
    let Some(devices) = &domain.devices else {
        return Ok(machine);
    };
    if let Some(emulator) = &devices.emulator {
        info.set("device_model", emulator.as_str());
        let version = if is_traditional(domain) {
            "qemu_xen_traditional"
        } else {
            "qemu_xen"
        };
        info.set("device_model_version", version);
    }
    match devices.sounds.as_slice() {
        [] => {}
        [sound] => {
            let word = match sound.model.as_deref() {
                Some("ich6") => "hda",
                Some(model @ ("es1370" | "ac97" | "sb16")) => model,
                model => {
                    let text = format!(
                        "Xen has sound cards ich6, es1370, ac97 and sb16, not {:?}",
                        model.unwrap_or_default()
                    );
                    return Err(unsupported("/domain/devices/sound/@model", text));
                }
            };
            machine.set("soundhw", word);
        }
        _ => {
            return Err(unsupported(
                "/domain/devices/sound[2]",
                "libxl is told one sound card",
            ));
        }
    }
    if !devices.parallels.is_empty() {
        return Err(unsupported(
            "/domain/devices/parallel",
            "libxl is told no parallel ports",
        ));
    }
    let serials = devices.serials.iter().enumerate();
    let serials: Vec<String> = serials
        .map(|(number, serial)| serial_text(number, serial, "0"))
        .collect::<Result<_>>()?;
    match serials.as_slice() {
        [] => {}
        [serial] => machine.set("serial", serial.as_str()),
        _ => machine.set_list("serial_list", serials),
    }
    let mut names = Vec::new();
    for (place, input) in usb_inputs(domain, Kind::Hvm)? {
        names.push(match &input.kind {
            Some(InputType::Mouse) => "mouse",
            Some(InputType::Tablet) => "tablet",
            Some(InputType::Keyboard) => "keyboard",
            _ => {
                let text = "Xen has mice, tablets and keyboards on USB";
                return Err(unsupported(format!("{place}/@type"), text));
            }
        });
    }
    machine.set_list("usbdevice_list", names);
    Ok(machine)
}

/// How many bits libxl has for groups of Hyper-V's extensions.
const GROUPS: usize = 64;

/// The numbers of groups; all of them are all bits there are.
fn groups(names: &[&str]) -> Vec<usize> {
    if names == ["all"] {
        return (0..GROUPS).collect();
    }
    let is_chosen = |(_, name): &(usize, &&str)| names.contains(name);
    VIRIDIAN
        .iter()
        .enumerate()
        .filter(is_chosen)
        .map(|(number, _)| number)
        .collect()
}
