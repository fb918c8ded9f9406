//! `<hostdev>` with a device node: mounted in the container, and allowed there. Interfaces of the host are interfaces.

use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::HostDevice;
use virt_core::{Error, Result};

use super::super::options::ToNative;
use super::super::problem::{invalid, unsupported};
use super::defaults::devices_key;
use super::devices::{node, number_of};
use super::output::Output;
use crate::config::MountEntry;

const ELEMENT: &str = "/domain/devices/hostdev";

/// Whether this hands an interface of the host through.
pub(super) fn is_interface(device: &HostDevice) -> bool {
    device.mode.as_deref() == Some("capabilities") && device.kind.as_deref() == Some("net")
}

pub(super) fn write(domain: &DomainConfig, context: &ToNative, out: &mut Output) -> Result<()> {
    let devices = domain.devices.iter().flat_map(|devices| &devices.hostdevs);
    for device in devices.filter(|device| !is_interface(device)) {
        let path = node(device).ok_or_else(|| without_node(device))?;
        let Some(target) = path.strip_prefix('/').filter(|path| path.starts_with("dev/")) else {
            let text = format!("a device node is under /dev: {path:?}");
            return Err(invalid(ELEMENT, text));
        };
        let number = number_of(&path, ELEMENT, context)?;
        let entry = MountEntry::bind(&path, target).option("create=file");
        out.add("lxc.mount.entry", entry.to_string());
        if let Some(key) = devices_key(&context.layout) {
            let kind = if number.block { 'b' } else { 'c' };
            let access = if device.readonly { "r" } else { "rwm" };
            out.allow(key, format!("{kind} {}:{} {access}", number.major, number.minor));
        }
    }
    Ok(())
}

fn without_node(device: &HostDevice) -> Error {
    match (device.mode.as_deref(), device.kind.as_deref()) {
        (Some("capabilities"), Some("misc")) => {
            invalid(ELEMENT, "its source has no <char> with the path of a node")
        }
        (Some("capabilities"), Some("storage")) => {
            invalid(ELEMENT, "its source has no <block> with the path of a node")
        }
        (None | Some("subsystem"), Some("usb")) => {
            let text = "a container needs to know where a USB device is: say <address bus='…' device='…'/>";
            unsupported(ELEMENT, text)
        }
        (mode, kind) => {
            let (mode, kind) = (mode.unwrap_or("subsystem"), kind.unwrap_or_default());
            let text = format!(
                "mode '{mode}', type '{kind}' is of machines: containers take mode 'capabilities' with type misc, storage or \
                 net, and USB devices"
            );
            unsupported(ELEMENT, text)
        }
    }
}
