//! `<filesystem>`: the root, and what is mounted in it.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Filesystem, FilesystemSource};
use virt_core::model::value::ByteSize;

use super::super::options::ToNative;
use super::super::problem::{invalid, unsupported};
use super::super::settings::Setting;
use super::devices::is_root;
use super::output::Output;
use crate::config::MountEntry;

const ELEMENT: &str = "/domain/devices/filesystem";

pub(super) fn write_root(domain: &DomainConfig, kept: &[Setting], out: &mut Output) -> Result<()> {
    let filesystems = domain.devices.iter().flat_map(|devices| &devices.filesystems);
    let mut roots = filesystems.filter(|one| is_root(one));
    let Some(root) = roots.next() else {
        if kept.iter().any(|setting| setting.key == "lxc.rootfs.path") {
            return Ok(());
        }
        let text =
            "there is no root: add <filesystem type='mount'><source dir='…'/><target dir='/'/></filesystem>";
        return Err(invalid(ELEMENT, text));
    };
    if roots.next().is_some() {
        return Err(invalid(ELEMENT, "there are two with <target dir='/'/>"));
    }
    check(root)?;
    let path = match root.kind.as_deref() {
        None | Some("mount" | "bind") => format!("dir:{}", source(root, |source| source.dir.as_ref())?),
        Some("file") => format!("loop:{}", source(root, |source| source.file.as_ref())?),
        Some("block") => {
            let device = source(root, |source| source.dev.as_ref())?;
            if !device.starts_with("/dev/") {
                return Err(invalid(
                    ELEMENT,
                    format!("a block device is under /dev: {device:?}"),
                ));
            }
            device.to_owned()
        }
        Some(other) => {
            let text = format!("type '{other}' is none of a root: say 'mount', 'file' or 'block'");
            return Err(unsupported(ELEMENT, text));
        }
    };
    out.add("lxc.rootfs.path", path);
    if root.readonly {
        out.add("lxc.rootfs.options", "ro");
    }
    Ok(())
}

pub(super) fn write(domain: &DomainConfig, context: &ToNative, out: &mut Output) -> Result<()> {
    let filesystems = domain.devices.iter().flat_map(|devices| &devices.filesystems);
    for filesystem in filesystems.filter(|one| !is_root(one)) {
        check(filesystem)?;
        let mut entry = entry(filesystem, context)?;
        if filesystem.readonly {
            entry = entry.option("ro");
        }
        out.add("lxc.mount.entry", entry.to_string());
    }
    Ok(())
}

fn entry(filesystem: &Filesystem, context: &ToNative) -> Result<MountEntry> {
    let target = target(filesystem)?;
    let create =
        |entry: MountEntry, is_file: bool| entry.option(if is_file { "create=file" } else { "create=dir" });
    Ok(match filesystem.kind.as_deref() {
        None | Some("mount") => {
            let directory = source(filesystem, |source| source.dir.as_ref())?;
            create(
                MountEntry::bind(directory, target),
                context.files.contains(directory),
            )
        }
        Some("bind") => {
            let inside = source(filesystem, |source| source.dir.as_ref())?;
            let relative = inside.trim_start_matches('/');
            let relative = if relative.is_empty() { "." } else { relative };
            create(MountEntry::bind(relative, target).option("relative"), false)
        }
        Some("ram") => {
            let bytes = ram_size(filesystem)?;
            let mut entry = MountEntry::bind("tmpfs", target);
            entry.fstype = "tmpfs".to_owned();
            entry.options = vec![format!("size={bytes}")];
            create(entry, false)
        }
        Some("block") => {
            let device = source(filesystem, |source| source.dev.as_ref())?;
            let Some(fstype) = context.filesystem_types.get(device) else {
                let text = format!(
                    "no file system is found on {device:?}: LXC has to be told its type; keep a setting lxc.mount.entry in \
                     <metadata>"
                );
                return Err(unsupported(ELEMENT, text));
            };
            let mut entry = MountEntry::bind(device, target);
            entry.fstype.clone_from(fstype);
            entry.options.clear();
            create(entry, false)
        }
        Some("file") => {
            let text = "LXC mounts an image as the root only: mount it on the host, and say type='mount'";
            return Err(unsupported(ELEMENT, text));
        }
        Some(other) => {
            let text = format!("type '{other}' is none of LXC: say mount, bind, ram or block");
            return Err(unsupported(ELEMENT, text));
        }
    })
}

/// Where it is mounted, relative to the root.
fn target(filesystem: &Filesystem) -> Result<&str> {
    let target = filesystem
        .target
        .as_ref()
        .and_then(|target| target.dir.as_deref());
    let path = target
        .and_then(|path| path.strip_prefix('/'))
        .map(|path| path.trim_start_matches('/'));
    let is_inside = |path: &&str| !path.is_empty() && path.split('/').all(|name| name != "..");
    path.filter(is_inside).ok_or_else(|| {
        let text = format!(
            "the target is an absolute path in the container: {:?}",
            target.unwrap_or_default()
        );
        invalid(format!("{ELEMENT}/target"), text)
    })
}

fn source<'f>(
    filesystem: &'f Filesystem,
    field: impl Fn(&'f FilesystemSource) -> Option<&'f String>,
) -> Result<&'f str> {
    let path = filesystem.source.as_ref().and_then(field).map(String::as_str);
    let is_path = |path: &&str| path.starts_with('/') && !path.contains(['\n', '\r', '\0']);
    path.filter(is_path).ok_or_else(|| {
        let kind = filesystem.kind.as_deref().unwrap_or("mount");
        let text = format!(
            "type '{kind}' needs a source with an absolute path: {:?}",
            path.unwrap_or_default()
        );
        invalid(format!("{ELEMENT}/source"), text)
    })
}

/// The size of a file system in memory, in bytes.
fn ram_size(filesystem: &Filesystem) -> Result<u64> {
    let wrong = || {
        invalid(
            format!("{ELEMENT}/source"),
            "type 'ram' needs a usage above 0, with a unit such as KiB",
        )
    };
    let source = filesystem.source.as_ref().ok_or_else(wrong)?;
    let usage = source.usage.filter(|usage| *usage > 0).ok_or_else(wrong)?;
    let unit = source.units.as_deref().unwrap_or("bytes");
    let size = ByteSize::from_scaled(&usage.to_string(), unit).map_err(|_| wrong())?;
    Ok(size.as_bytes())
}

/// What LXC has no means for.
fn check(filesystem: &Filesystem) -> Result<()> {
    let driver = filesystem
        .driver
        .as_ref()
        .and_then(|driver| driver.kind.as_deref());
    let problem = match (filesystem.accessmode.as_deref(), driver) {
        (Some(mode), _) if mode != "passthrough" => {
            format!("access mode '{mode}' is of machines: say 'passthrough'")
        }
        (_, Some(driver)) if driver != "loop" && driver != "path" => {
            format!("driver '{driver}' is none of LXC: leave it out, or say 'loop' for an image")
        }
        _ if filesystem.space_hard_limit.is_some() || filesystem.space_soft_limit.is_some() => {
            "LXC limits no space: set a quota on the host".to_owned()
        }
        _ if filesystem.idmap.is_some() || filesystem.binary.is_some() => {
            "<idmap> and <binary> are of virtiofs: say <idmap> for the whole domain".to_owned()
        }
        _ => return Ok(()),
    };
    Err(unsupported(ELEMENT, problem))
}
