//! Which file something of the API belongs in.

mod rules;

use rules::RULES;

/// The files of methods, and the managed objects that declare them.
const METHODS: &[(&str, &[&str])] = &[
    (
        "method_event",
        &[
            "EventManager",
            "EventHistoryCollector",
            "HistoryCollector",
            "PerformanceManager",
        ],
    ),
    (
        "method_guest",
        &["GuestAuthManager", "GuestProcessManager", "GuestFileManager"],
    ),
    (
        "method_host",
        &[
            "HostAutoStartManager",
            "HostNetworkSystem",
            "HostSystem",
            "HostStorageSystem",
        ],
    ),
    (
        "method_inventory",
        &["Folder", "ManagedEntity", "SearchIndex", "ViewManager", "View"],
    ),
    ("method_machine", &["VirtualMachine", "VirtualMachineSnapshot"]),
    (
        "method_service",
        &[
            "ServiceInstance",
            "SessionManager",
            "PropertyCollector",
            "PropertyFilter",
            "Task",
        ],
    ),
    (
        "method_storage",
        &[
            "HostDatastoreBrowser",
            "FileManager",
            "VirtualDiskManager",
            "Datastore",
            "HostDatastoreSystem",
        ],
    ),
];

/// What a file is about, for its first line of documentation.
const TITLES: &[(&str, &str)] = &[
    ("datastore", "Datastores"),
    (
        "device",
        "Devices: what all have, and those without a file of their own",
    ),
    (
        "device_backing",
        "Devices: what they are made of, or connected to",
    ),
    ("device_backing_disk", "Devices: what disks are made of"),
    ("device_controller", "Devices: controllers"),
    ("device_disk", "Devices: disks"),
    ("device_ethernet", "Devices: network cards"),
    (
        "distributed_port",
        "Distributed switches: ports, port groups, and their policies",
    ),
    (
        "distributed_switch",
        "Distributed switches, and networks in general",
    ),
    ("event", "Events, and asking for them"),
    ("event_argument", "Events: what they tell of things"),
    ("event_machine", "Events of virtual machines"),
    ("fault", "Faults whose members matter"),
    ("file", "Files of datastores"),
    ("file_query", "Files of datastores: looking for them"),
    ("guest", "Guests: programs and files in them"),
    ("guest_info", "Guests: what they tell of themselves"),
    ("host", "Hosts: their state"),
    ("host_config", "Hosts: managers, summary, automatic starts"),
    ("host_hardware", "Hosts: hardware"),
    ("host_iscsi", "Hosts: iSCSI adapters"),
    ("host_network", "Hosts: network cards, addresses, routes"),
    ("host_storage", "Hosts: adapters and disks"),
    ("host_switch", "Hosts: switches and port groups"),
    ("host_volume", "Hosts: partitions, file systems, mounts"),
    ("machine", "Virtual machines: parts of their configuration"),
    ("machine_boot", "Virtual machines: boot options and tools"),
    (
        "machine_capability",
        "Virtual machines: what can be done with them",
    ),
    (
        "machine_config_info",
        "Virtual machines: their configuration as it is",
    ),
    (
        "machine_config_spec",
        "Virtual machines: their configuration as it shall be",
    ),
    ("machine_files", "Virtual machines: files and snapshots"),
    ("machine_keys", "Virtual machines: keys that are struck"),
    ("machine_move", "Virtual machines: cloning and moving them"),
    (
        "machine_runtime",
        "Virtual machines: their state, summary, and numbers",
    ),
    (
        "machine_vapp",
        "Virtual machines: properties they have as appliances",
    ),
    ("method_event", "Methods: events and performance"),
    ("method_guest", "Methods: what is done inside guests"),
    ("method_host", "Methods: hosts"),
    ("method_inventory", "Methods: folders and what is in them"),
    ("method_machine", "Methods: virtual machines and snapshots"),
    (
        "method_service",
        "Methods: the service itself, sessions, properties, tasks",
    ),
    ("method_storage", "Methods: datastores, their files and disks"),
    ("performance", "Performance: counters and their values"),
    ("property", "Properties: reading and watching them"),
    ("resource", "Resource pools, clusters, shares"),
    ("service", "The service itself, sessions, tasks"),
    ("value", "Pairs, keys, options, descriptions"),
];

/// The file for a type.
pub(super) fn of(name: &str, is_fault: bool) -> &'static str {
    if is_fault {
        return "fault";
    }
    let fits = |pattern: &&str| match pattern.split_once('*') {
        Some((start, end)) => {
            let rest = name.strip_prefix(start);
            rest.is_some_and(|rest| rest.ends_with(end))
        }
        None => name == *pattern,
    };
    RULES
        .iter()
        .find(|(_, patterns)| patterns.iter().any(fits))
        .map_or("value", |(file, _)| file)
}

/// The file for the methods of a managed object.
pub(super) fn of_method(owner: &str) -> &'static str {
    METHODS
        .iter()
        .find(|(_, owners)| owners.contains(&owner))
        .map_or("method", |(file, _)| file)
}

/// What a file is about.
pub(super) fn title(file: &str) -> &'static str {
    TITLES
        .iter()
        .find_map(|(name, title)| (*name == file).then_some(*title))
        .unwrap_or("More of the API")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_file() {
        for (name, file) in [
            ("VirtualDisk", "device_disk"),
            ("VirtualDiskFlatVer2BackingInfo", "device_backing_disk"),
            ("VmPoweredOnEvent", "event_machine"),
            ("HostEventArgument", "event_argument"),
            ("VirtualLsiLogicController", "device_controller"),
            ("VirtualMachineConfigSpec", "machine_config_spec"),
            ("OptionValue", "value"),
        ] {
            assert_eq!(of(name, false), file, "{name}");
        }
        assert_eq!(of("InvalidState", true), "fault");
        assert_eq!(of_method("Folder"), "method_inventory");
        for (file, _) in RULES.iter().chain(METHODS) {
            assert_ne!(title(file), "More of the API", "{file}");
        }
    }
}
