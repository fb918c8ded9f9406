//! The name, the architecture, users, consoles, the partition.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::IdRange;
use virt_core::model::domain::devices::ChardevType;

use super::super::problem::{invalid, unsupported};
use super::output::Output;
use crate::config::{IdKind, IdMapEntry};

/// The architectures liblxc has a name for, libvirt's spelling.
const ARCHITECTURES: &[&str] = &[
    "aarch64",
    "armv7l",
    "i686",
    "loongarch64",
    "mips",
    "mips64",
    "mips64el",
    "mipsel",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "x86_64",
];

pub(super) fn write(domain: &DomainConfig, out: &mut Output) -> Result<()> {
    let kind = domain.os.as_ref().and_then(|os| os.kind.as_ref());
    if let Some(arch) = kind.and_then(|kind| kind.arch.as_deref()) {
        if !ARCHITECTURES.contains(&arch) {
            let text = format!(
                "LXC knows no architecture {arch:?} (it does know {})",
                ARCHITECTURES.join(", ")
            );
            return Err(unsupported("/domain/os/type/@arch", text));
        }
        out.add("lxc.arch", arch);
    }
    let shares_name = domain
        .lxc_namespace
        .as_ref()
        .is_some_and(|one| one.shareuts.is_some());
    // Naming the host in a namespace of others would rename them.
    if !shares_name {
        out.add("lxc.uts.name", &domain.name);
    }
    write_consoles(domain, out)?;
    let partition = domain
        .resource
        .as_ref()
        .and_then(|resource| resource.partition.as_deref());
    if let Some(partition) = partition {
        let inside = partition.strip_prefix('/').filter(|path| {
            !path.is_empty()
                && path
                    .split('/')
                    .all(|name| !name.is_empty() && name != "." && name != "..")
        });
        let Some(inside) = inside else {
            let text = "a partition is an absolute path without '.' and '..', as /machine";
            return Err(invalid("/domain/resource/partition", text));
        };
        out.add("lxc.cgroup.dir", format!("{inside}/{}", domain.name));
    }
    Ok(())
}

fn write_consoles(domain: &DomainConfig, out: &mut Output) -> Result<()> {
    let consoles = domain.devices.iter().flat_map(|devices| &devices.consoles);
    let mut count = 0_u32;
    for console in consoles {
        if console
            .kind
            .as_ref()
            .is_some_and(|kind| *kind != ChardevType::Pty)
        {
            let text = "the other end of a container's console is a pseudo terminal: say type='pty'";
            return Err(unsupported("/domain/devices/console", text));
        }
        if console.log.is_some() {
            let text = "keep a setting lxc.console.logfile in <metadata>";
            return Err(unsupported("/domain/devices/console/log", text));
        }
        count += 1;
    }
    if count > 0 {
        out.add("lxc.tty.max", count.to_string());
    }
    Ok(())
}

pub(super) fn write_idmap(domain: &DomainConfig, out: &mut Output) -> Result<()> {
    let Some(map) = &domain.idmap else { return Ok(()) };
    if map.uids.is_empty() || map.gids.is_empty() {
        let text = "a user namespace needs both <uid> and <gid>";
        return Err(invalid("/domain/idmap", text));
    }
    for (kind, ranges) in [(IdKind::User, &map.uids), (IdKind::Group, &map.gids)] {
        for range in ranges {
            out.add("lxc.idmap", entry(kind, range)?.to_string());
        }
    }
    Ok(())
}

fn entry(kind: IdKind, range: &IdRange) -> Result<IdMapEntry> {
    let (Some(container), Some(host), Some(count)) = (range.start, range.target, range.count) else {
        return Err(invalid("/domain/idmap", "a range has start, target and count"));
    };
    Ok(IdMapEntry {
        kind,
        container,
        host,
        count,
    })
}
