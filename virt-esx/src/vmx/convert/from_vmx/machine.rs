//! The machine itself: name, memory, virtual CPUs, firmware.

use uuid::Uuid;
use virt_core::model::domain::{
    BootDevice, BootDeviceKind, Clock, ClockOffset, Cpu, CpuTopology, CpuTune, DomainType, Firmware,
    FirmwareFeature, FirmwareKind, LifecycleAction, MemTune, Memory, Os, OsKind, OsType, ScaledKib, SmBios,
    SmBiosMode, Vcpu, VcpuPlacement,
};
use virt_core::model::value::{ByteSize, CpuSet, YesNo};
use virt_core::model::{DomainConfig, namespace};
use virt_core::xml::{Element, Name};
use virt_core::{Error, Result};

use super::super::boot;
use super::super::genid;
use super::super::problem::{unsupported_key, wrong_key};
use super::source::Source;
use crate::vmx::document::{unescape, unescape_name};

/// A domain without devices.
pub(super) fn read(source: &Source<'_>) -> Result<DomainConfig> {
    let version = source.number("config.version")?;
    if version != Some(8) {
        let text = match version {
            Some(version) => format!("{version} is not 8"),
            None => "the file does not say it".to_owned(),
        };
        source.lenient::<()>(wrong_key("config.version", text))?;
    }
    let mut domain = DomainConfig::default();
    domain.kind = DomainType::Vmware;
    read_identity(source, &mut domain)?;
    read_memory(source, &mut domain)?;
    read_cpus(source, &mut domain)?;
    read_os(source, &mut domain)?;
    let mut clock = Clock::default();
    clock.offset = Some(ClockOffset::Utc);
    domain.clock = Some(clock);
    domain.on_poweroff = Some(LifecycleAction::Destroy);
    domain.on_reboot = Some(LifecycleAction::Restart);
    domain.on_crash = Some(LifecycleAction::Destroy);
    domain
        .vmware_datacenterpath
        .clone_from(&source.options.datacenter_path);
    if let Some(moref) = &source.options.moref {
        let name = Name::namespaced(namespace::VMWARE.prefix, "moref", namespace::VMWARE.uri);
        domain.rest.push_element(Element::new(name).with_text(moref));
    }
    Ok(domain)
}

fn read_identity(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let bad = |key: &str| wrong_key(key, "a | or % has no two hexadecimal digits behind it");
    let name = match source.raw("displayName").map(unescape_name) {
        Some(Ok(name)) => Some(name),
        Some(Err(written)) => {
            source.lenient::<()>(bad("displayName"))?;
            Some(written)
        }
        None => source.options.name.clone(),
    };
    let name = name.filter(|name| !name.is_empty());
    domain.name = name
        .or_else(|| source.options.name.clone())
        .ok_or_else(|| wrong_key("displayName", "the file says no name: say one"))?;
    domain.uuid = match source.raw("uuid.bios") {
        Some(text) => match uuid_of(text) {
            Some(uuid) => Some(uuid),
            None => source.lenient(wrong_key("uuid.bios", format!("{text:?} is no UUID")))?,
        },
        // libvirt writes what it does not know.
        None if source.is_complete() => None,
        None => Some(Uuid::nil()),
    };
    let halves = (source.number("vm.genid")?, source.number("vm.genidX")?);
    domain.genid = genid::of(halves.0.unwrap_or(0), halves.1.unwrap_or(0));
    domain.description = match source.raw("annotation").map(unescape) {
        Some(Ok(text)) => Some(text),
        Some(Err(written)) => {
            source.lenient::<()>(bad("annotation"))?;
            Some(written)
        }
        None => None,
    };
    Ok(())
}

/// A UUID in VMware's spelling, `56 4d 9b ef ac d9 b4 e0-c8 f0 ae a8 b9 10 35 15`, or any other.
pub(super) fn uuid_of(text: &str) -> Option<Uuid> {
    let digits: String = text.chars().filter(|one| !matches!(one, ' ' | '-')).collect();
    let is_plain = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    Uuid::parse_str(&digits).ok().filter(|_| is_plain)
}

/// The memory of a machine whose file says none.
const MEMORY: i64 = 32;
/// More than any machine has, in MiB.
const MOST_MEMORY: i64 = 1 << 40;

fn read_memory(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let mib = |number: i64| ByteSize::mib(u64::try_from(number).unwrap_or_default());
    let said = source.number("memsize")?.unwrap_or(MEMORY);
    let memory = match said {
        1..MOST_MEMORY if said % 4 == 0 => said,
        _ => {
            let text = format!("{said} is not a number of MiB that can be divided by 4");
            source.lenient(wrong_key("memsize", text))?.unwrap_or(MEMORY)
        }
    };
    let current = source.number("sched.mem.max")?.filter(|number| *number >= 0);
    let current = current.unwrap_or(memory).min(memory);
    domain.memory = Some(Memory::from(mib(memory)));
    // libvirt takes none for all of it.
    let current = if current == 0 { memory } else { current };
    domain.current_memory = Some(Memory::from(mib(current)));
    let granted = source.number("sched.mem.minsize")?.unwrap_or(0).min(memory);
    if granted > 0 {
        let mut size = ScaledKib::default();
        size.size = Some(mib(granted));
        let mut tune = MemTune::default();
        tune.min_guarantee = Some(size);
        domain.memtune = Some(tune);
    }
    Ok(())
}

fn read_cpus(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let said = source.number("numvcpus")?.unwrap_or(1);
    let count = match u32::try_from(said).ok().filter(|count| *count > 0) {
        Some(count) => count,
        None => {
            let error = wrong_key("numvcpus", format!("{said} is not greater than 0"));
            source.lenient(error)?.unwrap_or(1)
        }
    };
    let mut vcpu = Vcpu::from(count);
    vcpu.placement = Some(VcpuPlacement::Static);
    vcpu.cpuset = read_affinity(source, count).or_else(|error| source.lenient(error))?;
    domain.vcpu = Some(vcpu);
    let cores = source.number("cpuid.coresPerSocket")?.unwrap_or(1);
    if let Ok(cores) = u32::try_from(cores)
        && cores > 1
    {
        domain.cpu = match count / cores {
            0 => source.lenient(wrong_key(
                "cpuid.coresPerSocket",
                format!("{cores} is more than there are virtual CPUs"),
            ))?,
            // A domain has as many virtual CPUs as its sockets have cores.
            sockets if source.is_complete() && sockets * cores != count => None,
            sockets => Some(topology(sockets, cores)),
        };
    }
    if let Some(shares) = source.raw("sched.cpu.shares") {
        let shares = match shares.to_ascii_lowercase().as_str() {
            "low" => Some(u64::from(count) * 500),
            "normal" => Some(u64::from(count) * 1000),
            "high" => Some(u64::from(count) * 2000),
            number => match number.trim_start().parse() {
                Ok(number) => Some(number),
                Err(_) => source.lenient(wrong_key(
                    "sched.cpu.shares",
                    format!("{shares:?} is none of low, normal, high, and no number"),
                ))?,
            },
        };
        if shares.is_some() {
            let mut tune = CpuTune::default();
            tune.shares = shares;
            domain.cputune = Some(tune);
        }
    }
    Ok(())
}

fn topology(sockets: u32, cores: u32) -> Cpu {
    let mut topology = CpuTopology::default();
    topology.sockets = Some(sockets);
    topology.dies = Some(1);
    topology.clusters = Some(1);
    topology.cores = Some(cores);
    topology.threads = Some(1);
    let mut cpu = Cpu::default();
    cpu.topology = Some(topology);
    cpu
}

/// The host CPUs the machine runs on; none for all.
fn read_affinity(source: &Source<'_>, count: u32) -> Result<Option<CpuSet>> {
    let key = "sched.cpu.affinity";
    let Some(text) = source.raw(key).filter(|text| !text.eq_ignore_ascii_case("all")) else {
        return Ok(None);
    };
    let number = |part: &str| {
        let number: Option<u32> = part.trim().parse().ok();
        number.filter(|number| *number < CpuSet::LIMIT)
    };
    let numbers: Option<Vec<u32>> = text.split(',').map(number).collect();
    let numbers = numbers.ok_or_else(|| wrong_key(key, format!("{text:?} is no list of numbers of CPUs")))?;
    match u32::try_from(numbers.len()).is_ok_and(|length| length >= count) {
        true => Ok(Some(numbers.into_iter().collect())),
        false => Err(wrong_key(
            key,
            format!("{text:?} has fewer CPUs than the machine, which has {count}"),
        )),
    }
}

fn read_os(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let guest = source.raw("guestOS").unwrap_or_default();
    let arch = if guest.ends_with("-64") { "x86_64" } else { "i686" };
    let mut kind = OsType::default();
    kind.arch = Some(arch.to_owned());
    kind.kind = Some(OsKind::Hvm);
    let mut os = Os::default();
    os.kind = Some(kind);
    if source.flag("smbios.reflecthost")? == Some(true) {
        let mut smbios = SmBios::default();
        smbios.mode = Some(SmBiosMode::Host);
        os.smbios = Some(smbios);
    }
    match source.raw("firmware") {
        None | Some("bios") => {}
        Some("efi") => {
            os.firmware = Some(FirmwareKind::Efi);
            if source.flag("uefi.secureBoot.enabled")? == Some(true) {
                os.firmware_features = Some(secure_boot());
            }
        }
        Some(other) => {
            let error: Error = unsupported_key("firmware", format!("{other:?} is neither bios nor efi"));
            source.lenient::<()>(error)?;
        }
    }
    if let Some(order) = source.raw("bios.bootOrder").filter(|_| source.is_complete()) {
        os.boot = boot::devices(order)
            .unwrap_or_default()
            .into_iter()
            .map(boot_device)
            .collect();
    }
    domain.os = Some(os);
    Ok(())
}

fn boot_device(kind: BootDeviceKind) -> BootDevice {
    let mut device = BootDevice::default();
    device.dev = Some(kind);
    device
}

fn secure_boot() -> Firmware {
    let feature = |name: &str| {
        let mut feature = FirmwareFeature::default();
        feature.enabled = Some(YesNo::Yes);
        feature.name = Some(name.to_owned());
        feature
    };
    let mut firmware = Firmware::default();
    firmware.features = vec![feature("enrolled-keys"), feature("secure-boot")];
    firmware
}
