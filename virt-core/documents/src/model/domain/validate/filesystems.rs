//! Directories of the host in the guest.

use super::at::{At, Checked};
use super::memory;
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{Devices, Filesystem, FilesystemSource};
use crate::xml::XmlError;

const KINDS: &[&str] = &["mount", "block", "file", "template", "ram", "bind", "volume"];

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    for (index, filesystem) in devices.filesystems.iter().enumerate() {
        let at = At::nth("/domain/devices/filesystem", index, &filesystem.rest);
        check_words(at, filesystem)?;
        let target = filesystem.target.as_ref().and_then(|target| target.dir.as_ref());
        let is_socket = filesystem
            .source
            .as_ref()
            .is_some_and(|source| source.socket.is_some());
        at.need_text("/target/@dir", "the target", target)?;
        if !is_socket {
            check_source(at, filesystem)?;
        }
        if check_virtiofs(at, filesystem)? {
            memory::check_shared(config, at, "/driver/@type")?;
        }
    }
    Ok(())
}

fn check_words(at: At<'_>, filesystem: &Filesystem) -> Checked {
    at.one_of("/@type", filesystem.kind.as_ref(), KINDS)?;
    at.one_of(
        "/@accessmode",
        filesystem.accessmode.as_ref(),
        &["passthrough", "mapped", "squash"],
    )?;
    at.one_of(
        "/@multidevs",
        filesystem.multidevs.as_ref(),
        &["default", "remap", "forbid", "warn"],
    )?;
    at.one_of(
        "/@model",
        filesystem.model.as_ref(),
        &["virtio", "virtio-transitional", "virtio-non-transitional"],
    )?;
    for (below, mode) in [("/@fmode", &filesystem.fmode), ("/@dmode", &filesystem.dmode)] {
        let Some(mode) = mode else { continue };
        let fits = u32::from_str_radix(mode, 8).is_ok_and(|mode| mode <= 0o777);
        at.refuse_when(
            !fits,
            below,
            format_args!("'{mode}' is no octal mode from 0 to 777"),
        )?;
    }
    let Some(driver) = &filesystem.driver else {
        return Ok(());
    };
    let at = at.on(&driver.rest);
    let drivers = [
        "default", "path", "handle", "loop", "nbd", "ploop", "virtiofs", "mtp",
    ];
    at.one_of("/driver/@type", driver.kind.as_ref(), &drivers)?;
    at.one_of(
        "/driver/@wrpolicy",
        driver.wrpolicy.as_ref(),
        &["default", "immediate"],
    )
}

fn check_source(at: At<'_>, filesystem: &Filesystem) -> Checked {
    type Part = fn(&FilesystemSource) -> Option<&String>;
    let (name, part): (&str, Part) = match filesystem.kind.as_deref().unwrap_or("mount") {
        "mount" | "bind" => ("dir", |source| source.dir.as_ref()),
        "file" => ("file", |source| source.file.as_ref()),
        "block" => ("dev", |source| source.dev.as_ref()),
        "template" => ("name", |source| source.name.as_ref()),
        "volume" => ("volume", |source| {
            source.pool.as_ref().and(source.volume.as_ref())
        }),
        "ram" => {
            let usage = filesystem.source.as_ref().and_then(|source| source.usage);
            return match usage {
                Some(_) => Ok(()),
                None => Err(at.missing("/source/@usage", "the size of the file system")),
            };
        }
        _ => return Ok(()),
    };
    let value = filesystem.source.as_ref().and_then(part);
    at.need_text(
        &format!("/source/@{name}"),
        "the source of the file system",
        value,
    )?;
    Ok(())
}

/// Whether it is one of virtiofs.
fn check_virtiofs(at: At<'_>, filesystem: &Filesystem) -> Result<bool, XmlError> {
    let driver = filesystem
        .driver
        .as_ref()
        .and_then(|driver| driver.kind.as_deref());
    let is_virtiofs = driver == Some("virtiofs");
    if let Some(binary) = &filesystem.binary {
        at.on(&binary.rest)
            .refuse_if(!is_virtiofs, "/binary", "a binary is for the driver virtiofs")?;
    }
    if is_virtiofs {
        let mode = filesystem.accessmode.as_deref();
        at.refuse_if(
            mode.is_some_and(|mode| mode != "passthrough"),
            "/@accessmode",
            "the driver virtiofs has the access mode passthrough only",
        )?;
        let wrpolicy = filesystem
            .driver
            .as_ref()
            .and_then(|driver| driver.wrpolicy.as_ref());
        at.refuse_if(
            wrpolicy.is_some(),
            "/driver/@wrpolicy",
            "the driver virtiofs has no write policy",
        )?;
        at.refuse_if(
            filesystem.fmode.is_some() || filesystem.dmode.is_some(),
            "/@fmode",
            "the driver virtiofs has no modes for new files",
        )?;
        at.refuse_if(
            filesystem.multidevs.is_some(),
            "/@multidevs",
            "the driver virtiofs has no 'multidevs'",
        )?;
    }
    Ok(is_virtiofs)
}
