//! `lxc.mount.entry`: file systems.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Filesystem, FilesystemSource, FilesystemTarget};

use super::super::numbers::{kernel_size, libvirt_size};
use super::super::problem::{unsupported_key, wrong_key};
use super::native::Native;
use crate::config::MountEntry;

const ENTRY: &str = "lxc.mount.entry";

/// Mounts libvirt makes itself.
const BASIC: &[&str] = &[
    "/proc",
    "/proc/sys",
    "/proc/sys/net/ipv4",
    "/proc/sys/net/ipv6",
    "/sys",
    "/sys/fs/selinux",
    "/sys/kernel/security",
];

pub(super) fn filesystem(kind: &str, source: Option<&str>, target: &str) -> Filesystem {
    let source = source.map(|path| {
        let mut source = FilesystemSource::default();
        let place = match kind {
            "block" => &mut source.dev,
            "file" => &mut source.file,
            _ => &mut source.dir,
        };
        *place = Some(path.to_owned());
        source
    });
    let mut place = FilesystemTarget::default();
    place.dir = Some(target.to_owned());
    let mut filesystem = Filesystem::default();
    filesystem.kind = Some(kind.to_owned());
    filesystem.accessmode = Some("passthrough".to_owned());
    filesystem.source = source;
    filesystem.target = Some(place);
    filesystem
}

/// A file system in memory of that many KiB.
fn ram(kib: u64, target: &str) -> Filesystem {
    let mut source = FilesystemSource::default();
    source.usage = Some(kib);
    source.units = Some("KiB".to_owned());
    let mut filesystem = filesystem("ram", None, target);
    filesystem.source = Some(source);
    filesystem
}

pub(super) fn read(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let found = if native.is_complete() {
        complete(native)
    } else {
        for key in ["lxc.mount.fstab", "lxc.mount"] {
            if native.peek(key).is_some() {
                let text = "libvirt reads no table of mounts from another file: use lines of lxc.mount.entry";
                return Err(unsupported_key(key, text));
            }
        }
        let entries = native.each().filter(|(key, _)| *key == ENTRY);
        let found: Result<Vec<_>> = entries.map(|(_, line)| libvirt(line)).collect();
        found?.into_iter().flatten().collect()
    };
    domain.devices_mut().filesystems.extend(found);
    Ok(())
}

/// As libvirt reads a line: nothing is escaped, and what is a bind mount is not told.
fn libvirt(line: &str) -> Result<Option<Filesystem>> {
    let mut fields = line.split([' ', '\t']).filter(|field| !field.is_empty());
    let (Some(source), Some(target), Some(fstype), Some(options)) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(wrong_key(ENTRY, format!("{line:?} has fewer than four fields")));
    };
    let target = absolute(target);
    if BASIC.contains(&target.as_str()) {
        return Ok(None);
    }
    let is_device = source.starts_with("/dev/");
    let mut found = if fstype == "tmpfs" {
        let size = options.split(',').find_map(|option| option.strip_prefix("size="));
        let size = size.ok_or_else(|| wrong_key(ENTRY, "a tmpfs needs the option size for libvirt"))?;
        let bytes = libvirt_size(size)
            .ok_or_else(|| wrong_key(ENTRY, format!("{size:?} is no size of a tmpfs for libvirt")))?;
        if is_device {
            filesystem("block", None, &target)
        } else {
            ram(bytes >> 10, &target)
        }
    } else {
        let kind = if is_device { "block" } else { "mount" };
        filesystem(kind, Some(source), &target)
    };
    found.readonly = options.split(',').any(|option| option == "ro");
    Ok(Some(found))
}

/// Mounts an element can say as they are. All others are kept, and those under one of them, for their order.
fn complete(native: &mut Native) -> Vec<Filesystem> {
    let mut kept: Vec<String> = Vec::new();
    native.take_where(|key, line| {
        if key != ENTRY {
            return None;
        }
        let entry: Option<MountEntry> = line.parse().ok();
        let target = entry.as_ref().map(|entry| absolute(&entry.target));
        let found = entry.as_ref().and_then(exact);
        let is_under = |target: &str| {
            let mut parents = kept.iter();
            parents.any(|parent| target == parent || target.starts_with(&format!("{parent}/")))
        };
        let found = found.filter(|_| !target.as_deref().is_some_and(is_under));
        if found.is_none() {
            kept.extend(target);
        }
        found
    })
}

/// A mount that an element says as it is.
fn exact(entry: &MountEntry) -> Option<Filesystem> {
    let target = absolute(&entry.target);
    let known = ["bind", "ro", "rw", "defaults", "relative", "create=dir"];
    // What is created as a file is none of the directories elements are about.
    let plain = |option: &String| known.contains(&option.as_str()) || option.starts_with("size=");
    // An absolute target may name the root of the container too.
    let is_absolute = entry.target.starts_with('/') || target == "/";
    if !entry.options.iter().all(plain) || is_absolute || entry.dump != 0 || entry.pass != 0 {
        return None;
    }
    let is_bind = entry.has("bind") && matches!(entry.fstype.as_str(), "none" | "bind");
    let size = entry.value_of("size");
    let mut found = match (entry.fstype.as_str(), size) {
        ("tmpfs", Some(size)) if !entry.has("bind") => {
            let bytes = kernel_size(size).filter(|bytes| *bytes > 0 && bytes % 1024 == 0)?;
            ram(bytes >> 10, &target)
        }
        _ if is_bind && size.is_none() => {
            let is_inside = entry.has("relative");
            let kind = if is_inside { "bind" } else { "mount" };
            if !is_inside && !entry.source.starts_with('/') {
                return None;
            }
            let source = if is_inside {
                absolute(&entry.source)
            } else {
                entry.source.clone()
            };
            filesystem(kind, Some(&source), &target)
        }
        _ => return None,
    };
    found.readonly = entry.has("ro");
    Some(found)
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    }
}
