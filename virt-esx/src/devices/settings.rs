//! What is no device: memory, virtual CPUs, the guest, firmware, and options that only a file says.

use super::group::Group;
use super::guest_id;
use super::live::HotAdd;
use crate::vim::{
    AnyValue, OptionValue, ResourceAllocationInfo, SharesInfo, SharesLevel, VirtualMachineAffinityInfo,
    VirtualMachineBootOptions, VirtualMachineConfigSpec,
};

/// Lines that are the server's own, or that stand for nothing it could be told.
const OWN: &[&str] = &[
    ".encoding",
    "config.version",
    "displayname",
    "uuid.action",
    "uuid.location",
    "vmci0.present",
    "nvram",
    "extendedconfigfile",
    "sched.swap.derivedname",
    "migrate.hostlog",
    "checkpoint.vmstate",
    "cleanshutdown",
    "softpoweroff",
    "floppy0.present",
    "floppy1.present",
];

/// Settings of which a server makes the change at the next start alone.
const NOT_LIVE: &[&str] = &[
    "virtualhw.version",
    "guestos",
    "uuid.bios",
    "firmware",
    "uefi.secureboot.enabled",
    "cpuid.corespersocket",
    "sched.cpu.affinity",
    "vhv.enable",
    "vcpu.hotadd",
    "mem.hotadd",
    "vm.genid",
    "vm.genidx",
    "smbios.reflecthost",
];

fn is_own(name: &str) -> bool {
    OWN.contains(&name) || name.starts_with("pcibridge")
}

/// An option as the API takes it; an empty one is removed.
pub(super) fn option(key: &str, value: &str) -> OptionValue {
    OptionValue {
        key: key.to_owned(),
        value: Some(AnyValue::from(value)),
    }
}

/// What differs: name, key as it is written, and the value it is to have.
fn changes<'g>(
    before: &'g Group,
    after: &'g Group,
) -> impl Iterator<Item = (&'g str, &'g str, Option<&'g str>)> {
    let set = after.iter().filter(|(name, _, value)| !before.says(name, value));
    let set = set.map(|(name, key, value)| (name, key, Some(value)));
    let gone = before.iter().filter(|(name, ..)| after.get(name).is_none());
    let gone = gone.map(|(name, key, _)| (name, key, None));
    set.chain(gone).filter(|(name, ..)| !is_own(name))
}

/// Whether there is anything of it that a server is told.
pub(super) fn differ(before: &Group, after: &Group) -> bool {
    changes(before, after).next().is_some()
}

/// The first setting that cannot be changed while a machine runs, in words.
pub(super) fn needs_an_end(before: &Group, after: &Group, hot_add: HotAdd) -> Option<String> {
    let number = |group: &Group, name: &str| group.get(name).and_then(|text| text.parse::<i64>().ok());
    let grows = |name: &str| number(after, name) > number(before, name);
    let mut changes = changes(before, after);
    changes.find_map(|(name, key, _)| match name {
        "memsize" if hot_add.memory && grows(name) => None,
        "numvcpus" if hot_add.cpus && grows(name) => None,
        "memsize" | "numvcpus" => Some(format!(
            "{key} is not changed while the machine runs: it may grow where hot-adding is switched on"
        )),
        _ if NOT_LIVE.contains(&name) => Some(format!("{key} is not changed while the machine runs")),
        _ => None,
    })
}

/// Sets what differs.
pub(super) fn set(before: &Group, after: &Group, spec: &mut VirtualMachineConfigSpec) {
    for (name, key, value) in changes(before, after) {
        if !set_member(name, value, spec) {
            spec.extra_config.push(option(key, value.unwrap_or_default()));
        }
    }
}

fn set_member(name: &str, value: Option<&str>, spec: &mut VirtualMachineConfigSpec) -> bool {
    let number = || value.and_then(|value| value.parse::<i64>().ok());
    let small = || number().and_then(|number| i32::try_from(number).ok());
    let flag = || Some(value.is_some_and(|value| value.eq_ignore_ascii_case("true")));
    match name {
        "virtualhw.version" => spec.version = small().map(|version| format!("vmx-{version:02}")),
        "guestos" => spec.guest_id = value.map(guest_id::of_file),
        "uuid.bios" => spec.uuid = value.and_then(uuid),
        "vc.uuid" => spec.instance_uuid = value.and_then(uuid),
        "annotation" => spec.annotation = Some(value.unwrap_or_default().to_owned()),
        "memsize" => spec.memory_mb = number(),
        "numvcpus" => spec.num_cpus = Some(small().unwrap_or(1)),
        "cpuid.corespersocket" => spec.num_cores_per_socket = Some(small().unwrap_or(1)),
        "firmware" => spec.firmware = Some(value.unwrap_or("bios").to_ascii_lowercase()),
        "uefi.secureboot.enabled" => {
            let options = spec
                .boot_options
                .get_or_insert_with(VirtualMachineBootOptions::default);
            options.efi_secure_boot_enabled = flag();
        }
        "vhv.enable" => spec.nested_hv_enabled = flag(),
        "vcpu.hotadd" => spec.cpu_hot_add_enabled = flag(),
        "mem.hotadd" => spec.memory_hot_add_enabled = flag(),
        "sched.mem.max" => memory(spec).limit = Some(number().unwrap_or(-1)),
        "sched.mem.min" | "sched.mem.minsize" => memory(spec).reservation = Some(number().unwrap_or(0)),
        "sched.cpu.max" => cpu(spec).limit = Some(number().unwrap_or(-1)),
        "sched.cpu.min" => cpu(spec).reservation = Some(number().unwrap_or(0)),
        "sched.cpu.shares" => cpu(spec).shares = Some(shares(value)),
        "sched.mem.shares" => memory(spec).shares = Some(shares(value)),
        "sched.cpu.affinity" => {
            let set = value.unwrap_or_default().split(',');
            let affinity_set = set.filter_map(|one| one.trim().parse().ok()).collect();
            spec.cpu_affinity = Some(VirtualMachineAffinityInfo { affinity_set });
        }
        _ => return false,
    }
    true
}

fn memory(spec: &mut VirtualMachineConfigSpec) -> &mut ResourceAllocationInfo {
    spec.memory_allocation
        .get_or_insert_with(ResourceAllocationInfo::default)
}

fn cpu(spec: &mut VirtualMachineConfigSpec) -> &mut ResourceAllocationInfo {
    spec.cpu_allocation
        .get_or_insert_with(ResourceAllocationInfo::default)
}

/// A share by its name, or by a number of its own.
fn shares(value: Option<&str>) -> SharesInfo {
    let value = value.unwrap_or("normal");
    match value.parse() {
        Ok(shares) => SharesInfo {
            shares,
            level: SharesLevel::Custom,
        },
        Err(_) => SharesInfo {
            // The server knows how many these are.
            shares: 0,
            level: SharesLevel::from(value.to_ascii_lowercase().as_str()),
        },
    }
}

/// A uuid as the API has it.
fn uuid(text: &str) -> Option<String> {
    let digits = super::networks::digits(text);
    let uuid = uuid::Uuid::parse_str(&digits).ok()?;
    Some(uuid.to_string())
}
