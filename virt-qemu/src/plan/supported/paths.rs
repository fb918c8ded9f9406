//! The elements and attributes that have an effect, by their path in libvirt's schema.

/// Whether an element or attribute of that schema path, such as `domain/devices/disk@type`, is taken into account.
pub(super) fn is_supported(path: &str) -> bool {
    let Some(path) = path.strip_prefix("domain") else {
        return false;
    };
    if path.is_empty() || ANYWHERE.iter().any(|prefix| path.starts_with(prefix)) {
        return true;
    }
    let (element, attribute) = path.split_once('@').unwrap_or((path, ""));
    let rows = || TABLE.iter().filter(|(known, _)| *known == element);
    let generic = || {
        GENERIC
            .iter()
            .any(|(suffix, attributes)| is_generic(element, suffix) && allows(attributes, attribute))
    };
    rows().any(|(_, attributes)| allows(attributes, attribute)) || generic()
}

fn allows(attributes: &str, attribute: &str) -> bool {
    attribute.is_empty() || attributes.split(' ').any(|known| known == attribute)
}

fn is_generic(element: &str, suffix: &str) -> bool {
    let Some(device) = element
        .strip_prefix("/devices/")
        .and_then(|rest| rest.strip_suffix(suffix))
    else {
        return false;
    };
    let with_address = [
        "disk",
        "controller",
        "interface",
        "serial",
        "console",
        "channel",
        "input",
        "watchdog",
        "memballoon",
        "rng",
        "panic",
    ];
    with_address.contains(&device)
}

/// What is kept and means nothing to the hypervisor.
const ANYWHERE: &[&str] = &["/metadata", "/title", "/description"];

/// What every device can have.
const GENERIC: &[(&str, &str)] = &[
    ("/alias", "name"),
    (
        "/address",
        "type domain bus slot function multifunction controller target unit port iobase irq",
    ),
];

/// Elements and their attributes.
const TABLE: &[(&str, &str)] = &[
    ("", "type id"),
    ("/name", ""),
    ("/uuid", ""),
    ("/memory", "unit dumpCore"),
    ("/currentMemory", "unit"),
    ("/memoryBacking", ""),
    ("/memoryBacking/nosharepages", ""),
    ("/memoryBacking/locked", ""),
    ("/vcpu", "placement current"),
    ("/os", ""),
    ("/os/type", "arch machine"),
    ("/os/boot", "dev"),
    ("/os/bootmenu", "enable timeout"),
    ("/os/bios", "rebootTimeout"),
    ("/os/kernel", ""),
    ("/os/initrd", ""),
    ("/os/cmdline", ""),
    ("/features", ""),
    ("/features/acpi", ""),
    ("/features/apic", "eoi"),
    ("/features/pae", ""),
    ("/features/pmu", "state"),
    ("/features/vmport", "state"),
    ("/features/pvspinlock", "state"),
    ("/features/smm", "state"),
    ("/features/ps2", "state"),
    ("/features/kvm", ""),
    ("/features/kvm/hidden", "state"),
    ("/cpu", "mode match check migratable"),
    ("/cpu/model", "fallback"),
    ("/cpu/cache", "level mode"),
    ("/cpu/maxphysaddr", "mode bits limit"),
    ("/cpu/topology", "sockets dies clusters cores threads"),
    ("/cpu/feature", "name policy"),
    ("/clock", "offset start adjustment"),
    ("/clock/timer", "name present tickpolicy track frequency"),
    ("/on_poweroff", ""),
    ("/on_reboot", ""),
    ("/on_crash", ""),
    ("/pm", ""),
    ("/pm/suspend-to-mem", "enabled"),
    ("/pm/suspend-to-disk", "enabled"),
    ("/devices", ""),
    ("/devices/emulator", ""),
    ("/devices/disk", "type device model"),
    (
        "/devices/disk/driver",
        "name type cache error_policy rerror_policy io ioeventfd event_idx discard detect_zeroes queues queue_size iommu ats packed page_per_vq",
    ),
    ("/devices/disk/source", "file dev index"),
    ("/devices/disk/backingStore", ""),
    ("/devices/disk/target", "dev bus tray rotation_rate"),
    ("/devices/disk/readonly", ""),
    ("/devices/disk/shareable", ""),
    ("/devices/disk/serial", ""),
    ("/devices/disk/wwn", ""),
    ("/devices/disk/boot", "order"),
    ("/devices/controller", "type index model ports vectors"),
    ("/devices/controller/model", "name"),
    ("/devices/controller/target", "chassisNr chassis port hotplug"),
    ("/devices/controller/master", "startport"),
    (
        "/devices/controller/driver",
        "queues cmd_per_lun max_sectors ioeventfd iommu ats packed page_per_vq",
    ),
    ("/devices/interface", "type"),
    ("/devices/interface/mac", "address type"),
    ("/devices/interface/ip", "address family prefix"),
    ("/devices/interface/model", "type"),
    (
        "/devices/interface/driver",
        "name txmode ioeventfd event_idx rx_queue_size rss rss_hash_report iommu ats packed page_per_vq",
    ),
    (
        "/devices/interface/driver/host",
        "csum gso tso4 tso6 ecn ufo mrg_rxbuf",
    ),
    ("/devices/interface/driver/guest", "csum tso4 tso6 ecn ufo"),
    ("/devices/interface/backend", "type"),
    ("/devices/interface/boot", "order"),
    ("/devices/interface/rom", "enabled bar file"),
    ("/devices/serial", "type tty"),
    ("/devices/serial/source", "mode path host service append"),
    ("/devices/serial/source/reconnect", "enabled timeout"),
    ("/devices/serial/protocol", "type"),
    ("/devices/serial/log", "file append"),
    ("/devices/serial/target", "type port"),
    ("/devices/serial/target/model", "name"),
    ("/devices/console", "type tty"),
    ("/devices/console/source", "mode path host service append"),
    ("/devices/console/source/reconnect", "enabled timeout"),
    ("/devices/console/protocol", "type"),
    ("/devices/console/log", "file append"),
    ("/devices/console/target", "type port"),
    ("/devices/channel", "type tty"),
    ("/devices/channel/source", "mode path host service append"),
    ("/devices/channel/source/reconnect", "enabled timeout"),
    ("/devices/channel/protocol", "type"),
    ("/devices/channel/log", "file append"),
    ("/devices/channel/target", "type name state"),
    ("/devices/input", "type bus"),
    ("/devices/audio", "id type"),
    ("/devices/watchdog", "model action"),
    ("/devices/memballoon", "model autodeflate freePageReporting"),
    ("/devices/memballoon/stats", "period"),
    ("/devices/rng", "model"),
    ("/devices/rng/driver", "iommu ats packed page_per_vq"),
    ("/devices/memballoon/driver", "iommu ats packed page_per_vq"),
    ("/devices/rng/rate", "bytes period"),
    ("/devices/rng/backend", "model"),
    ("/devices/panic", "model"),
];

#[cfg(test)]
mod tests {
    use super::is_supported;

    #[test]
    fn what_is_not_in_the_table_is_not_supported() {
        for path in [
            "domain",
            "domain@type",
            "domain/metadata/x:y@z",
            "domain/devices/disk/address@slot",
            "domain/devices/disk@type",
        ] {
            assert!(is_supported(path), "{path}");
        }
        for path in [
            "domain/devices/hostdev",
            "domain/devices/disk@sgio",
            "domain/qemu:commandline",
            "domain/os/loader",
            "domain/devices/tpm/address",
        ] {
            assert!(!is_supported(path), "{path}");
        }
    }
}
