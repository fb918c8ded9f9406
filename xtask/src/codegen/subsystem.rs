//! Which file of the program `remote` something belongs in.

/// The first rule that fits is the one; a rule is a file and what is looked for in the name.
const RULES: &[(&str, Where, &[&str])] = &[
    ("auth", Where::Starts, &["auth_"]),
    (
        "domain_event_callback",
        Where::Starts,
        &["domain_event_callback_"],
    ),
    ("domain_event", Where::Starts, &["domain_event_"]),
    (
        "event_registration",
        Where::Has,
        &[
            "event_register",
            "event_deregister",
            "event_callback_register",
            "event_callback_deregister",
            "close_callback",
        ],
    ),
    ("event", Where::Has, &["_event_"]),
    ("nwfilter", Where::Has, &["nwfilter"]),
    (
        "network_port",
        Where::Starts,
        &["network_port", "network_list_all_ports"],
    ),
    (
        "network",
        Where::Starts,
        &[
            "network",
            "connect_list_networks",
            "connect_list_all_networks",
            "connect_num_of_networks",
            "connect_num_of_defined_networks",
            "connect_list_defined_networks",
        ],
    ),
    (
        "interface",
        Where::Starts,
        &[
            "interface",
            "connect_num_of_interfaces",
            "connect_list_interfaces",
            "connect_num_of_defined_interfaces",
            "connect_list_defined_interfaces",
            "connect_list_all_interfaces",
        ],
    ),
    ("storage_volume", Where::Has, &["storage_vol"]),
    ("storage_pool", Where::Has, &["storage"]),
    ("secret", Where::Has, &["secret"]),
    (
        "node_device",
        Where::Has,
        &["node_device", "node_num_of_devices", "node_list_devices"],
    ),
    ("node", Where::Starts, &["node_"]),
    ("domain_snapshot", Where::Has, &["snapshot"]),
    ("domain_checkpoint", Where::Has, &["checkpoint", "domain_backup"]),
    (
        "domain_migrate3",
        Where::Starts,
        &[
            "domain_migrate_begin3",
            "domain_migrate_prepare3",
            "domain_migrate_prepare_tunnel3",
            "domain_migrate_perform3",
            "domain_migrate_finish3",
            "domain_migrate_confirm3",
        ],
    ),
    ("domain_migrate", Where::Starts, &["domain_migrate"]),
    (
        "domain_block",
        Where::Has,
        &[
            "domain_block",
            "domain_set_block",
            "domain_get_block",
            "domain_get_disk",
            "domain_disk",
            "throttle_group",
            "domain_memory_peek",
        ],
    ),
    (
        "domain_vcpu",
        Where::Has,
        &[
            "domain_get_vcpu",
            "domain_set_vcpu",
            "domain_pin",
            "vcpu_info",
            "iothread",
            "emulator_pin",
            "domain_get_cpu_stats",
            "domain_get_max_vcpus",
            "guest_vcpus",
        ],
    ),
    (
        "domain_tuning",
        Where::Has,
        &[
            "scheduler",
            "blkio",
            "numa",
            "perf_event",
            "memory_param",
            "max_memory",
            "domain_set_memory",
            "interface_parameters",
        ],
    ),
    (
        "domain_guest",
        Where::Has,
        &[
            "domain_agent",
            "domain_fs",
            "fsinfo",
            "ssh_keys",
            "user_password",
            "guest_info",
            "domain_get_time",
            "domain_set_time",
            "domain_get_hostname",
            "domain_interface_addresses",
            "domain_ip_addr",
        ],
    ),
    ("domain_guest", Where::Is, &["domain_interface"]),
    (
        "domain_save",
        Where::Has,
        &[
            "domain_save",
            "domain_restore",
            "managed_save",
            "job_",
            "domain_abort_job",
            "core_dump",
        ],
    ),
    (
        "domain_device",
        Where::Has,
        &[
            "domain_attach",
            "domain_detach",
            "domain_update",
            "domain_open",
            "screenshot",
            "domain_send",
            "inject_nmi",
            "metadata",
            "domain_get_security",
            "launch_security",
            "domain_fd_associate",
            "domain_graphics",
        ],
    ),
    (
        "domain_lifecycle",
        Where::Starts,
        &[
            "domain_create",
            "domain_define",
            "domain_undefine",
            "domain_destroy",
            "domain_shutdown",
            "domain_reboot",
            "domain_reset",
            "domain_suspend",
            "domain_resume",
            "domain_pm_",
            "domain_rename",
            "domain_set_lifecycle",
        ],
    ),
    ("connect", Where::Starts, &["connect_"]),
    ("domain", Where::Starts, &["domain_"]),
];

#[derive(Debug, Clone, Copy)]
enum Where {
    Starts,
    Has,
    Is,
}

/// What a file is about, for its first line of documentation.
const TITLES: &[(&str, &str)] = &[
    ("auth", "Authentication"),
    (
        "connect",
        "The connection itself, its host's abilities, and lists of domains",
    ),
    ("domain", "Domains: looking them up and looking at them"),
    ("domain_block", "Domains: their disks and block jobs"),
    ("domain_checkpoint", "Domains: checkpoints and backups"),
    ("domain_device", "Domains: devices, consoles, displays and labels"),
    (
        "domain_event",
        "Events of domains as they come without a callback's number",
    ),
    (
        "domain_event_callback",
        "Events of domains, each with the number of the callback it is for",
    ),
    ("domain_guest", "Domains: what the guest agent does"),
    ("domain_lifecycle", "Domains: defining, starting and ending them"),
    (
        "domain_migrate",
        "Domains: migration, its settings and the protocols before version 3",
    ),
    ("domain_migrate3", "Domains: migration, version 3 of its protocol"),
    ("domain_save", "Domains: saving, restoring, dumping, and jobs"),
    ("domain_snapshot", "Domains: snapshots"),
    (
        "domain_tuning",
        "Domains: scheduler, memory, block weight, NUMA, performance events, bandwidth",
    ),
    ("domain_vcpu", "Domains: virtual processors and I/O threads"),
    (
        "event",
        "Events of networks, pools, node devices, secrets, and the connection",
    ),
    ("event_registration", "Asking for events, and asking for no more"),
    ("interface", "Interfaces of the host"),
    ("network", "Networks"),
    ("network_port", "Ports of networks"),
    ("node", "The host: processors, memory, pages, its sleep"),
    ("node_device", "Devices of the host"),
    ("nwfilter", "Network filters and their bindings"),
    ("object", "What objects are called by on the wire"),
    ("secret", "Secrets"),
    ("storage_pool", "Storage pools"),
    ("storage_volume", "Storage volumes"),
];

/// The file for something with this name (without prefix and without `_args`, `_ret`, `_msg`).
pub(super) fn of(name: &str) -> &'static str {
    RULES
        .iter()
        .find(|(_, place, words)| {
            words.iter().any(|word| match place {
                Where::Starts => name.starts_with(word),
                Where::Has => name.contains(word),
                Where::Is => name == *word,
            })
        })
        .map_or("object", |(file, ..)| file)
}

/// What a file is about.
pub(super) fn title(file: &str) -> &'static str {
    TITLES
        .iter()
        .find_map(|(name, title)| (*name == file).then_some(*title))
        .unwrap_or("More of the protocol")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_file() {
        for (name, file) in [
            ("connect_open", "connect"),
            ("domain_get_info", "domain"),
            ("domain_create_xml", "domain_lifecycle"),
            ("domain_event_callback_lifecycle", "domain_event_callback"),
            ("connect_domain_event_callback_register_any", "event_registration"),
            ("storage_vol_upload", "storage_volume"),
            ("domain", "object"),
        ] {
            assert_eq!(of(name), file, "{name}");
        }
        for (file, ..) in RULES {
            assert_ne!(title(file), "More of the protocol", "{file}");
        }
    }
}
