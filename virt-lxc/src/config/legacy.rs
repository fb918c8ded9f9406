//! Names of LXC 1 and 2, and what LXC 3 and later call the same: the table of `lxc-update-config`(1).

use super::document::ContainerConfig;
use super::line::Line;
use super::lists::interface_key;

/// Names that changed, old and new.
const RENAMED: &[(&str, &str)] = &[
    ("lxc.aa_allow_incomplete", "lxc.apparmor.allow_incomplete"),
    ("lxc.aa_profile", "lxc.apparmor.profile"),
    ("lxc.console", "lxc.console.path"),
    ("lxc.devttydir", "lxc.tty.dir"),
    ("lxc.haltsignal", "lxc.signal.halt"),
    ("lxc.id_map", "lxc.idmap"),
    ("lxc.init_cmd", "lxc.init.cmd"),
    ("lxc.init_gid", "lxc.init.gid"),
    ("lxc.init_uid", "lxc.init.uid"),
    ("lxc.limit", "lxc.prlimit"),
    ("lxc.logfile", "lxc.log.file"),
    ("lxc.loglevel", "lxc.log.level"),
    ("lxc.mount", "lxc.mount.fstab"),
    ("lxc.network", "lxc.net"),
    ("lxc.pts", "lxc.pty.max"),
    ("lxc.rebootsignal", "lxc.signal.reboot"),
    ("lxc.rootfs", "lxc.rootfs.path"),
    ("lxc.se_context", "lxc.selinux.context"),
    ("lxc.seccomp", "lxc.seccomp.profile"),
    ("lxc.stopsignal", "lxc.signal.stop"),
    ("lxc.syslog", "lxc.log.syslog"),
    ("lxc.tty", "lxc.tty.max"),
    ("lxc.utsname", "lxc.uts.name"),
];

/// Names that have no meaning any more.
const DROPPED: &[&str] = &["lxc.kmsg", "lxc.pivotdir", "lxc.rootfs.backend"];

impl ContainerConfig {
    /// Whether there are names of LXC 1 or 2, which LXC 3 and later do not read.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.entries().any(|entry| {
            DROPPED.contains(&entry.key)
                || RENAMED.iter().any(|(old, _)| *old == entry.key)
                || entry.key.starts_with("lxc.network.")
                || entry.key.starts_with("lxc.limit.")
        })
    }

    /// The same with the names of LXC 3 and later; comments, order and spacing stay.
    ///
    /// Interfaces, which were told by their order (each `lxc.network.type` begins one), get numbers behind those that have
    /// some already. `lxc.rootfs.backend` becomes the prefix of `lxc.rootfs.path`; `lxc.kmsg` and `lxc.pivotdir`, which LXC
    /// does not know any more, are left out.
    #[must_use]
    pub fn modernized(&self) -> Self {
        let backend = self.get("lxc.rootfs.backend").map(ToOwned::to_owned);
        let numbered = self
            .entries()
            .filter_map(|entry| interface_key(entry.key).map(|(index, _)| index));
        let mut interfaces = Interfaces {
            first: numbered.max().map_or(0, |last| last.saturating_add(1)),
            begun: 0,
        };
        let mut modern = self.clone();
        modern.lines.retain(|line| {
            !line
                .setting()
                .is_some_and(|setting| DROPPED.contains(&setting.key.as_str()))
        });
        for setting in modern.lines.iter_mut().filter_map(Line::setting_mut) {
            let is_rootfs = setting.key == "lxc.rootfs";
            if let Some(name) = modern_name(&setting.key, &mut interfaces) {
                setting.key = name;
            }
            let path = setting.value().to_owned();
            if let Some(backend) = backend.as_deref().filter(|_| is_rootfs && !path.is_empty())
                && !path.starts_with(&format!("{backend}:"))
            {
                // A value that was read before can be written with a prefix.
                let _written = setting.set(&format!("{backend}:{path}"));
            }
        }
        modern
    }
}

/// How many interfaces were begun, and the number of the first.
struct Interfaces {
    first: u32,
    begun: u32,
}

impl Interfaces {
    /// The number of the interface a key is about.
    fn number(&mut self, name: &str) -> u32 {
        if name == "type" {
            self.begun += 1;
        }
        self.first.saturating_add(self.begun.saturating_sub(1))
    }
}

fn modern_name(key: &str, interfaces: &mut Interfaces) -> Option<String> {
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| *old == key) {
        return Some((*new).to_owned());
    }
    if let Some(limit) = key.strip_prefix("lxc.limit.") {
        return Some(format!("lxc.prlimit.{limit}"));
    }
    let name = key.strip_prefix("lxc.network.")?;
    let (number, name) = match name.split_once('.') {
        // LXC 2.1 had numbers under the old name.
        Some((number, name)) if number.parse::<u32>().is_ok() => (number.parse().ok()?, name),
        _ => (interfaces.number(name), name),
    };
    let name = match name {
        "ipv4" => "ipv4.address",
        "ipv6" => "ipv6.address",
        name => name,
    };
    Some(format!("lxc.net.{number}.{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modern(text: &str) -> String {
        ContainerConfig::parse(text).unwrap().modernized().to_string()
    }

    #[test]
    fn every_old_name_has_a_new_one() {
        for (old, new) in RENAMED {
            assert_eq!(modern(&format!("{old} = 1\n")), format!("{new} = 1\n"));
            assert!(!ContainerConfig::parse(&format!("{new} = 1")).unwrap().is_legacy());
        }
        assert_eq!(
            modern("lxc.limit.nofile=1\n# x\nlxc.kmsg = 1\n"),
            "lxc.prlimit.nofile=1\n# x\n"
        );
    }

    #[test]
    fn interfaces_get_numbers() {
        let old = "lxc.network.type = veth\nlxc.network.ipv4 = 10.0.0.2/8\n# second\nlxc.network.type=macvlan\n\
                   lxc.network.link = eth0\n";
        let new = "lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 10.0.0.2/8\n# second\nlxc.net.1.type=macvlan\n\
                   lxc.net.1.link = eth0\n";
        assert_eq!(modern(old), new);
        assert_eq!(modern(new), new);
        assert_eq!(
            modern("lxc.net.4.type = veth\nlxc.network.type = phys\n"),
            "lxc.net.4.type = veth\nlxc.net.5.type = phys\n"
        );
        assert_eq!(modern("lxc.network.3.link = a\n"), "lxc.net.3.link = a\n");
    }

    #[test]
    fn the_backend_becomes_a_prefix() {
        assert_eq!(
            modern("lxc.rootfs = /a\nlxc.rootfs.backend = lvm\n"),
            "lxc.rootfs.path = lvm:/a\n"
        );
    }
}
