//! The machine itself: name, memory, virtual CPUs, firmware.

use uuid::Uuid;
use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{Cpu, CpuMode, FirmwareKind, SmBiosMode};
use virt_core::model::value::YesNo;

use super::super::boot;
use super::super::genid;
use super::super::lines::Lines;
use super::super::problem::{invalid, unsupported};
use super::Context;
use crate::vmx::document::{escape, escape_name};

pub(super) fn write(domain: &DomainConfig, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    out.add(".encoding", "UTF-8");
    out.add("config.version", "8");
    out.add("virtualHW.version", context.hardware.to_string());
    let os = domain.os.as_ref();
    let arch = os.and_then(|os| os.kind.as_ref()?.arch.as_deref());
    match arch {
        None | Some("i686") => out.add("guestOS", "other"),
        Some("x86_64") => out.add("guestOS", "other-64"),
        Some(arch) => {
            let text = format!("VMware has machines of i686 and x86_64, not of {arch}");
            return Err(unsupported("/domain/os/type/@arch", text));
        }
    }
    match os.and_then(|os| os.smbios.as_ref()?.mode.as_ref()) {
        None | Some(SmBiosMode::Emulate) => {}
        Some(SmBiosMode::Host) => out.add_flag("smbios.reflecthost", true),
        Some(mode) => {
            let text = format!("tables are emulated or the host's, not {mode}");
            return Err(unsupported("/domain/os/smbios/@mode", text));
        }
    }
    match domain.uuid.filter(|uuid| !uuid.is_nil()) {
        Some(uuid) => out.add("uuid.bios", uuid_text(uuid)),
        None => out.add("uuid.action", "create"),
    }
    out.add("displayName", escape_name(&domain.name));
    if let Some(genid) = domain.genid.as_deref().filter(|genid| !genid.is_empty()) {
        let refuse = || invalid("/domain/genid", format!("{genid:?} is no UUID"));
        let (high, low) = genid::halves(genid).ok_or_else(refuse)?;
        out.add("vm.genid", high.to_string());
        out.add("vm.genidX", low.to_string());
    }
    if let Some(description) = &domain.description {
        out.add("annotation", escape(description));
    }
    write_memory(domain, out)?;
    write_cpus(domain, out)
}

/// A UUID in VMware's spelling.
pub(crate) fn uuid_text(uuid: Uuid) -> String {
    let bytes: Vec<String> = uuid.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let (first, last) = bytes.split_at(bytes.len() / 2);
    format!("{}-{}", first.join(" "), last.join(" "))
}

fn write_memory(domain: &DomainConfig, out: &mut Lines) -> Result<()> {
    let size = domain.memory.as_ref().map(|memory| memory.size.as_kib());
    let size = size.filter(|size| *size > 0);
    let size = size.ok_or_else(|| invalid("/domain/memory", "a machine has memory: say how much"))?;
    let rounded = size.div_ceil(4096).saturating_mul(4096);
    out.add("memsize", (rounded / 1024).to_string());
    let current = domain.current_memory.as_ref().map(|memory| memory.size.as_kib());
    // As libvirt reads it: nothing, or too much, is all of it.
    let current = match current {
        Some(current) if current > 0 && current < size => current,
        _ => size,
    };
    if current < rounded {
        out.add("sched.mem.max", current.div_ceil(1024).to_string());
    }
    let granted = domain
        .memtune
        .as_ref()
        .and_then(|tune| tune.min_guarantee.as_ref()?.size);
    if let Some(granted) = granted.filter(|granted| !granted.is_zero()) {
        out.add("sched.mem.minsize", granted.as_kib().div_ceil(1024).to_string());
    }
    Ok(())
}

fn write_cpus(domain: &DomainConfig, out: &mut Lines) -> Result<()> {
    let count = domain.vcpu.as_ref().map_or(1, |vcpu| vcpu.count);
    if count == 0 {
        return Err(invalid("/domain/vcpu", "a machine has a virtual CPU"));
    }
    let current = domain.vcpu.as_ref().and_then(|vcpu| vcpu.current);
    if current.is_some_and(|current| current != count) {
        let text = "all virtual CPUs are there at boot: say as many as that";
        return Err(unsupported("/domain/vcpu/@current", text));
    }
    out.add("numvcpus", count.to_string());
    if let Some(cpu) = &domain.cpu {
        write_topology(cpu, count, out)?;
    }
    let set = domain.vcpu.as_ref().and_then(|vcpu| vcpu.cpuset.as_ref());
    if let Some(set) = set.filter(|set| !set.is_empty()) {
        if u32::try_from(set.len()).is_ok_and(|length| length < count) {
            let text = format!("a machine with {count} virtual CPUs has at least as many of the host's");
            return Err(invalid("/domain/vcpu/@cpuset", text));
        }
        let numbers: Vec<String> = set.iter().map(|number| number.to_string()).collect();
        out.add("sched.cpu.affinity", numbers.join(","));
    }
    if let Some(shares) = domain.cputune.as_ref().and_then(|tune| tune.shares) {
        let of = |share: u64| u64::from(count) * share;
        if shares == of(500) {
            out.add("sched.cpu.shares", "low");
        } else if shares == of(1000) {
            out.add("sched.cpu.shares", "normal");
        } else if shares == of(2000) {
            out.add("sched.cpu.shares", "high");
        } else {
            out.add("sched.cpu.shares", shares.to_string());
        }
    }
    Ok(())
}

fn write_topology(cpu: &Cpu, count: u32, out: &mut Lines) -> Result<()> {
    if let Some(mode) = cpu.mode.as_ref().filter(|mode| **mode != CpuMode::Custom) {
        let text = format!("the CPU is the host's, and is not chosen by mode {mode}");
        return Err(unsupported("/domain/cpu/@mode", text));
    }
    let elements = [
        (cpu.model.is_some(), "model"),
        (cpu.vendor.is_some(), "vendor"),
        (cpu.cache.is_some(), "cache"),
        (cpu.maxphysaddr.is_some(), "maxphysaddr"),
        (!cpu.features.is_empty(), "feature"),
        (cpu.numa.is_some(), "numa"),
    ];
    if let Some((_, name)) = elements.into_iter().find(|(is_there, _)| *is_there) {
        let text = "the CPU is the host's: keep a setting of VMware's in <metadata>";
        return Err(unsupported(format!("/domain/cpu/{name}"), text));
    }
    let Some(topology) = &cpu.topology else {
        return Ok(());
    };
    let place = |name: &str| format!("/domain/cpu/topology/@{name}");
    let ones = [
        (topology.threads, "threads"),
        (topology.dies, "dies"),
        (topology.clusters, "clusters"),
    ];
    for (number, name) in ones {
        if number.is_some_and(|number| number != 1) {
            return Err(unsupported(
                place(name),
                "a machine has sockets and cores only: say 1",
            ));
        }
    }
    let cores = topology.cores.unwrap_or(1);
    let sockets = topology.sockets.unwrap_or(1);
    match sockets.checked_mul(cores) {
        Some(all) if all == count => {
            out.add("cpuid.coresPerSocket", cores.to_string());
            Ok(())
        }
        _ => {
            let text =
                format!("{sockets} sockets of {cores} cores are not the {count} virtual CPUs there are");
            Err(invalid("/domain/cpu/topology", text))
        }
    }
}

pub(super) fn write_firmware(domain: &DomainConfig, out: &mut Lines) -> Result<()> {
    let Some(os) = &domain.os else { return Ok(()) };
    let is_efi = match &os.firmware {
        None | Some(FirmwareKind::Bios) => false,
        Some(FirmwareKind::Efi) => true,
        Some(other) => {
            let text = format!("firmware is bios or efi, not {other}");
            return Err(unsupported("/domain/os/@firmware", text));
        }
    };
    if is_efi {
        out.add("firmware", "efi");
    }
    let features = os
        .firmware_features
        .iter()
        .flat_map(|firmware| &firmware.features);
    let mut is_secure = None;
    for feature in features {
        let is_on = feature.enabled == Some(YesNo::Yes);
        match feature.name.as_deref() {
            Some("secure-boot") => is_secure = Some(is_on),
            // VMware's firmware has keys enrolled.
            Some("enrolled-keys") => {}
            name => {
                let text = format!("{:?} is not known of VMware's firmware", name.unwrap_or_default());
                return Err(unsupported("/domain/os/firmware/feature", text));
            }
        }
    }
    match is_secure {
        Some(true) if !is_efi => {
            return Err(invalid(
                "/domain/os/firmware/feature",
                "secure boot needs firmware='efi'",
            ));
        }
        Some(true) => out.add_flag("uefi.secureBoot.enabled", true),
        _ => {}
    }
    let kinds = os.boot.iter().filter_map(|device| device.dev.as_ref());
    let words: Option<Vec<&str>> = kinds.map(boot::word).collect();
    match words.as_deref() {
        // The first disk is what is booted where nothing is said.
        Some([] | ["hdd"]) => Ok(()),
        Some(words) => {
            out.add("bios.bootOrder", words.join(","));
            Ok(())
        }
        None => Err(unsupported(
            "/domain/os/boot/@dev",
            "it is none of hd, cdrom, network, fd",
        )),
    }
}
