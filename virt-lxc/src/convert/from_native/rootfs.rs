//! `lxc.rootfs.*`: the file system at `/`.

use virt_core::Result;
use virt_core::model::DomainConfig;

use super::super::problem::wrong_key;
use super::filesystems::filesystem;
use super::native::Native;

const PATH: &str = "lxc.rootfs.path";

pub(super) fn read(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let root = if native.is_complete() {
        let root = native.take_as(PATH, |path| {
            let (kind, path) = match path.split_once(':') {
                Some(("dir", path)) => ("mount", path),
                Some(("loop", path)) => ("file", path),
                Some((backend, _)) if !backend.contains('/') => return None,
                _ if path.starts_with("/dev/") => ("block", path),
                _ => ("mount", path),
            };
            Some(filesystem(kind, Some(path), "/"))
        });
        let Some(mut root) = root else { return Ok(()) };
        let is_read_only = |options: &str| (options == "ro").then_some(());
        root.readonly = native.take_as("lxc.rootfs.options", is_read_only).is_some();
        root
    } else {
        let Some(path) = native.take_either(PATH, "lxc.rootfs") else {
            return Err(wrong_key(
                PATH,
                "there is none: libvirt needs the root file system",
            ));
        };
        let kind = if path.starts_with("/dev/") {
            "block"
        } else {
            "mount"
        };
        filesystem(kind, Some(&path), "/")
    };
    domain.devices_mut().filesystems.push(root);
    Ok(())
}
