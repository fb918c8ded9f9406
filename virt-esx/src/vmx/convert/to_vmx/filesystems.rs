//! Folders shared with the host.

use virt_core::Result;
use virt_core::model::domain::devices::{Devices, Filesystem};

use super::super::lines::Lines;
use super::super::problem::{invalid, unsupported};

pub(super) fn write(devices: &Devices, out: &mut Lines) -> Result<()> {
    let folders = &devices.filesystems;
    if folders.is_empty() {
        return Ok(());
    }
    out.add_flag("isolation.tools.hgfs.disable", false);
    out.add("sharedFolder.maxNum", folders.len().to_string());
    for (number, folder) in folders.iter().enumerate() {
        write_folder(folder, number, out)?;
    }
    Ok(())
}

fn write_folder(folder: &Filesystem, number: usize, out: &mut Lines) -> Result<()> {
    let place = |name: &str| format!("/domain/devices/filesystem[{}]/{name}", number + 1);
    if !matches!(folder.kind.as_deref(), None | Some("mount")) {
        return Err(unsupported(
            place("@type"),
            "a shared folder is a directory: say mount",
        ));
    }
    let options = [
        (
            !matches!(folder.accessmode.as_deref(), None | Some("passthrough")),
            "@accessmode",
        ),
        (folder.fmode.is_some(), "@fmode"),
        (folder.dmode.is_some(), "@dmode"),
        (folder.multidevs.is_some(), "@multidevs"),
        (folder.model.is_some(), "@model"),
        (folder.driver.is_some(), "driver"),
        (folder.binary.is_some(), "binary"),
        (folder.idmap.is_some(), "idmap"),
        (folder.space_hard_limit.is_some(), "space_hard_limit"),
        (folder.space_soft_limit.is_some(), "space_soft_limit"),
        (folder.boot.is_some(), "boot"),
    ];
    if let Some((_, name)) = options.into_iter().find(|(is_there, _)| *is_there) {
        return Err(unsupported(place(name), "shared folders have no such option"));
    }
    let host = folder.source.as_ref().and_then(|source| source.dir.as_deref());
    let host = host.ok_or_else(|| invalid(place("source/@dir"), "it is missing"))?;
    let guest = folder.target.as_ref().and_then(|target| target.dir.as_deref());
    let guest = guest.ok_or_else(|| invalid(place("target/@dir"), "it is missing"))?;
    let key = |name: &str| format!("sharedFolder{number}.{name}");
    out.add_flag(key("present"), true);
    out.add_flag(key("enabled"), true);
    out.add_flag(key("readAccess"), true);
    out.add_flag(key("writeAccess"), !folder.readonly);
    out.add_text(key("hostPath"), host);
    out.add_text(key("guestName"), guest);
    Ok(())
}
