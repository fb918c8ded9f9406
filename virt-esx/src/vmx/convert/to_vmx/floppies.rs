//! Floppies.

use virt_core::Result;
use virt_core::model::domain::devices::{Disk, DiskType};

use super::super::lines::Lines;
use super::super::places::Place;
use super::super::problem::unsupported;
use super::Context;
use super::disks::element;

pub(super) fn write(disk: &Disk, place: Place, context: &Context<'_>, out: &mut Lines) -> Result<()> {
    let key = |name: &str| format!("{}.{name}", place.device());
    let source = disk.source.as_ref();
    let (kind, name) = match &disk.kind {
        None | Some(DiskType::File) => {
            let path = source.and_then(|source| source.file.as_deref());
            ("file", path.map(|path| context.files.name(path)).transpose()?)
        }
        Some(DiskType::Block) => ("device", source.and_then(|source| source.dev.clone())),
        Some(kind) => {
            let text = format!("a floppy is a file, or a device of the host, not {kind}");
            return Err(unsupported(element(disk, "@type"), text));
        }
    };
    out.add_flag(key("present"), true);
    out.add(key("fileType"), kind);
    if let Some(name) = name {
        out.add_text(key("fileName"), &name);
    }
    Ok(())
}

/// A machine has two floppies unless told otherwise.
pub(super) fn write_missing(out: &mut Lines) {
    for device in ["floppy0", "floppy1"] {
        if !out.is_present(device) {
            out.add_flag(format!("{device}.present"), false);
        }
    }
}
