//! Which keys gather values, and what is taken back by an empty one.

/// Keys that gather their values, without those that do so with everything under them.
const LISTS: &[&str] = &[
    "lxc.apparmor.raw",
    "lxc.cap.drop",
    "lxc.cap.keep",
    "lxc.environment",
    "lxc.group",
    "lxc.id_map",
    "lxc.idmap",
    "lxc.include",
    "lxc.mount.auto",
    "lxc.mount.entry",
    "lxc.namespace.clone",
    "lxc.namespace.keep",
    "lxc.seccomp.notify.cookie",
];

/// Keys under which each name is a key of its own, and which gather too where control groups and hooks are concerned.
const GATHERING: &[&str] = &["lxc.cgroup.", "lxc.cgroup2.", "lxc.hook."];

/// Keys of the directories of control groups: under `lxc.cgroup`, but with one value.
const CGROUP_DIRECTORIES: &[&str] = &["lxc.cgroup.dir", "lxc.cgroup.relative"];

/// Keys whose empty value takes back everything under them.
const PARENTS: &[&str] = &[
    "lxc.cgroup",
    "lxc.cgroup2",
    "lxc.hook",
    "lxc.limit",
    "lxc.net",
    "lxc.network",
    "lxc.prlimit",
    "lxc.proc",
    "lxc.sysctl",
];

/// Keys of an interface that gather.
const NETWORK_LISTS: &[&str] = &[
    "ipv4",
    "ipv4.address",
    "ipv6",
    "ipv6.address",
    "script.down",
    "script.up",
    "veth.ipv4.route",
    "veth.ipv6.route",
    "veth.vlan.tagged.id",
];

/// Whether a key gathers values; of all others the last one counts.
pub(crate) fn is_list(key: &str) -> bool {
    if CGROUP_DIRECTORIES.contains(&key) || key.starts_with("lxc.cgroup.dir.") {
        return false;
    }
    if LISTS.contains(&key) || GATHERING.iter().any(|parent| key.starts_with(parent)) {
        return true;
    }
    // Until a document is modernized, its interfaces are told by their order: each line counts.
    if key.starts_with("lxc.network.") {
        return true;
    }
    interface_key(key).is_some_and(|(_, name)| NETWORK_LISTS.contains(&name))
}

/// Whether a line `by =` takes back what `key` had.
pub(super) fn is_cleared_by(key: &str, by: &str) -> bool {
    if key == by {
        return true;
    }
    let is_under = |key: &str| key.strip_prefix(by).is_some_and(|rest| rest.starts_with('.'));
    let is_interface = || {
        by.strip_prefix("lxc.net.")
            .is_some_and(|index| index.parse::<u32>().is_ok())
    };
    is_under(key) && !CGROUP_DIRECTORIES.contains(&key) && (PARENTS.contains(&by) || is_interface())
}

/// The number and the name of `lxc.net.NUMBER.NAME`.
pub(super) fn interface_key(key: &str) -> Option<(u32, &str)> {
    let (index, name) = key.strip_prefix("lxc.net.")?.split_once('.')?;
    let is_number = index.bytes().all(|digit| digit.is_ascii_digit());
    let index = is_number.then(|| index.parse().ok()).flatten()?;
    Some((index, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_gather_and_others_do_not() {
        for key in [
            "lxc.cap.drop",
            "lxc.cgroup2.devices.allow",
            "lxc.net.3.ipv4.address",
            "lxc.hook.start",
        ] {
            assert!(is_list(key), "{key}");
        }
        for key in [
            "lxc.uts.name",
            "lxc.net.3.link",
            "lxc.cgroup.dir",
            "lxc.prlimit.nofile",
            "lxc.net.x.ipv4",
        ] {
            assert!(!is_list(key), "{key}");
        }
    }

    #[test]
    fn an_empty_value_reaches_what_is_under_a_parent() {
        assert!(is_cleared_by("lxc.net.0.type", "lxc.net"));
        assert!(is_cleared_by("lxc.net.0.type", "lxc.net.0"));
        assert!(!is_cleared_by("lxc.net.01.type", "lxc.net.0"));
        assert!(!is_cleared_by("lxc.network.type", "lxc.net"));
        assert!(!is_cleared_by("lxc.mount.entry", "lxc.mount"));
        assert!(!is_cleared_by("lxc.cgroup.dir", "lxc.cgroup"));
    }
}
