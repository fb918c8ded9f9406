//! A machine's configuration as the API tells it, as a VMX file.

use virt_core::Result;

use super::hardware::Hardware;
use super::slot::Slot;
use super::{cards, controllers, disks, drives, guest_id, networks, others, ports};
use crate::vim::{
    AnyVirtualDevice, ResourceAllocationInfo, SharesInfo, SharesLevel, VirtualDisk, VirtualEthernetCard,
    VirtualMachineConfigInfo, VirtualMachineVideoCard, VirtualParallelPort, VirtualSerialPort,
    VirtualUSBController,
};
use crate::vmx::Vmx;
use crate::vmx::convert::{Bus, Lines};
use crate::vmx::document::{escape, escape_name};

/// The file that says what the server says. Files are named as the API names them: `[datastore] dir/file`.
///
/// # Errors
/// None that is known of: what the server says of an option that could be no line is left out.
pub(crate) fn described(config: &VirtualMachineConfigInfo) -> Result<Vmx> {
    let mut out = Lines::default();
    machine(config, &mut out);
    // What is said below is the same in other words, or newer.
    for option in &config.extra_config {
        let value = option
            .value
            .as_ref()
            .map(crate::vim::AnyValue::text)
            .unwrap_or_default();
        if out.get(&option.key).is_none() && is_key(&option.key) {
            out.add_text(option.key.as_str(), &value);
        }
    }
    let hardware = Hardware::new(config.hardware.device.clone());
    for (slot, device) in hardware.slots() {
        describe(slot, device, &mut out);
    }
    out.into_vmx()
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && !key.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || matches!(letter, '=' | '#' | '"')
        })
}

fn machine(config: &VirtualMachineConfigInfo, out: &mut Lines) {
    out.add(".encoding", "UTF-8");
    out.add("config.version", "8");
    let version = config.version.trim_start_matches("vmx-").trim_start_matches('0');
    if !version.is_empty() {
        out.add("virtualHW.version", version);
    }
    out.add("displayName", escape_name(&config.name));
    if !config.guest_id.is_empty() {
        out.add("guestOS", guest_id::in_file(&config.guest_id));
    }
    for (key, uuid) in [
        ("uuid.bios", Some(&config.uuid)),
        ("vc.uuid", config.instance_uuid.as_ref()),
    ] {
        let digits = uuid.map(|uuid| networks::digits(uuid)).unwrap_or_default();
        if let Ok(uuid) = uuid::Uuid::parse_str(&digits) {
            out.add(key, crate::vmx::convert::uuid_text(uuid));
        }
    }
    if let Some(annotation) = config.annotation.as_deref().filter(|text| !text.is_empty()) {
        out.add("annotation", escape(annotation));
    }
    out.add("memsize", config.hardware.memory_mb.to_string());
    out.add("numvcpus", config.hardware.num_cpu.to_string());
    if let Some(cores) = config.hardware.num_cores_per_socket {
        out.add("cpuid.coresPerSocket", cores.to_string());
    }
    if config.firmware.as_deref() == Some("efi") {
        out.add("firmware", "efi");
    }
    let secure = config
        .boot_options
        .as_ref()
        .and_then(|options| options.efi_secure_boot_enabled);
    for (key, is_on) in [
        ("uefi.secureBoot.enabled", secure),
        ("vhv.enable", config.nested_hv_enabled),
        ("vcpu.hotadd", config.cpu_hot_add_enabled),
        ("mem.hotadd", config.memory_hot_add_enabled),
    ] {
        if is_on == Some(true) {
            out.add_flag(key, true);
        }
    }
    if let Some(memory) = &config.memory_allocation {
        allocation("mem", memory, out);
    }
    if let Some(cpu) = &config.cpu_allocation {
        allocation("cpu", cpu, out);
    }
    let affinity = config
        .cpu_affinity
        .iter()
        .flat_map(|affinity| &affinity.affinity_set);
    let set: Vec<String> = affinity.map(ToString::to_string).collect();
    if !set.is_empty() {
        out.add("sched.cpu.affinity", set.join(","));
    }
}

fn allocation(what: &str, allocation: &ResourceAllocationInfo, out: &mut Lines) {
    let minimum = if what == "mem" { "minsize" } else { "min" };
    if let Some(reservation) = allocation.reservation.filter(|reservation| *reservation > 0) {
        out.add(format!("sched.{what}.{minimum}"), reservation.to_string());
    }
    if let Some(limit) = allocation.limit.filter(|limit| *limit >= 0) {
        out.add(format!("sched.{what}.max"), limit.to_string());
    }
    if let Some(SharesInfo { shares, level }) = &allocation.shares {
        let word = match level {
            SharesLevel::Custom => shares.to_string(),
            SharesLevel::Normal => return,
            level => level.as_str().to_owned(),
        };
        out.add(format!("sched.{what}.shares"), word);
    }
}

fn describe(slot: Slot, device: &AnyVirtualDevice, out: &mut Lines) {
    let name = slot.name();
    match slot {
        Slot::Controller(Bus::Ide | Bus::Floppy, _) => {}
        Slot::Controller(..) => controllers::describe(device, &name, out),
        Slot::Usb => {
            if let Some(controller) = device.part::<VirtualUSBController>() {
                others::describe_usb(controller, out);
            }
        }
        Slot::UsbXhci => out.add_flag("usb_xhci.present", true),
        Slot::Video => {
            if let Some(card) = device.part::<VirtualMachineVideoCard>() {
                others::describe_video(card, out);
            }
        }
        Slot::At(place) => match device.part::<VirtualDisk>() {
            Some(disk) => disks::describe(disk, place, out),
            None if place.bus == Bus::Floppy => drives::describe_floppy(device, place, out),
            None => drives::describe_optical(device, place, out),
        },
        Slot::Card(_) => {
            if let Some(card) = device.part::<VirtualEthernetCard>() {
                cards::describe(device, card, &name, out);
            }
        }
        Slot::Serial(_) => {
            if let Some(port) = device.part::<VirtualSerialPort>() {
                ports::describe_serial(port, &name, out);
            }
        }
        Slot::Parallel(_) => {
            if let Some(port) = device.part::<VirtualParallelPort>() {
                ports::describe_parallel(port, &name, out);
            }
        }
        Slot::Sound => others::describe_sound(device, out),
    }
}
