//! Serial and parallel ports.

use virt_core::Result;

use super::drives::{file_of, name_of};
use super::made;
use super::spec::Wanted;
use crate::vim::{
    AnyVirtualDevice, AnyVirtualDeviceBackingInfo, VirtualDeviceDeviceBackingInfo,
    VirtualDeviceFileBackingInfo, VirtualDevicePipeBackingInfo, VirtualDeviceURIBackingInfo,
    VirtualParallelPort, VirtualParallelPortDeviceBackingInfo, VirtualParallelPortFileBackingInfo,
    VirtualSerialPort, VirtualSerialPortDeviceBackingInfo, VirtualSerialPortFileBackingInfo,
    VirtualSerialPortPipeBackingInfo, VirtualSerialPortThinPrintBackingInfo, VirtualSerialPortURIBackingInfo,
};
use crate::vmx::convert::{Lines, unsupported};

/// What is understood of one.
pub(super) const KEYS: &[&str] = &[
    "present",
    "filetype",
    "filename",
    "pipe.endpoint",
    "network.endpoint",
    "trynorxloss",
    "yieldonmsrread",
    "vspc",
    "startconnected",
    "autodetect",
];

pub(super) fn serial(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    let mut port: VirtualSerialPort = wanted.existing_part().unwrap_or_default();
    port.yield_on_poll = group.flag("yieldOnMsrRead").unwrap_or(false);
    port.backing = Some(serial_end(wanted)?);
    Ok(port.into())
}

/// What a serial port leads to.
fn serial_end(wanted: &Wanted<'_>) -> Result<AnyVirtualDeviceBackingInfo> {
    let group = wanted.group;
    let name = group.get("fileName").unwrap_or_default();
    let kind = group.get("fileType").unwrap_or_default().to_ascii_lowercase();
    Ok(match kind.as_str() {
        "file" if !name.is_empty() => {
            made(|file: &mut VirtualSerialPortFileBackingInfo| file.file_name = file_of(name)).into()
        }
        "device" => VirtualSerialPortDeviceBackingInfo {
            base: host_port(name),
        }
        .into(),
        "pipe" => VirtualSerialPortPipeBackingInfo {
            base: VirtualDevicePipeBackingInfo {
                pipe_name: name.to_owned(),
                ..VirtualDevicePipeBackingInfo::default()
            },
            endpoint: group
                .get("pipe.endPoint")
                .unwrap_or("client")
                .to_ascii_lowercase(),
            no_rx_loss: group.flag("tryNoRxLoss"),
        }
        .into(),
        "network" if !name.is_empty() => {
            let base = VirtualDeviceURIBackingInfo {
                service_uri: name.to_owned(),
                direction: group
                    .get("network.endPoint")
                    .unwrap_or("server")
                    .to_ascii_lowercase(),
                proxy_uri: group.text("vspc").map(ToOwned::to_owned),
                ..VirtualDeviceURIBackingInfo::default()
            };
            VirtualSerialPortURIBackingInfo { base }.into()
        }
        "thinprint" => VirtualSerialPortThinPrintBackingInfo::default().into(),
        _ => {
            let text = "a serial port of ESX leads somewhere: to a file, a device of the host, a pipe or the network";
            return Err(unsupported(wanted.slot.element(), text));
        }
    })
}

/// A port of the host; the one that is found at start where it is not named.
fn host_port(name: &str) -> VirtualDeviceDeviceBackingInfo {
    VirtualDeviceDeviceBackingInfo {
        device_name: name.to_owned(),
        use_auto_detect: Some(name.is_empty()),
        ..VirtualDeviceDeviceBackingInfo::default()
    }
}

pub(super) fn parallel(wanted: &Wanted<'_>) -> Result<AnyVirtualDevice> {
    let group = wanted.group;
    let name = group.get("fileName").unwrap_or_default();
    let mut port: VirtualParallelPort = wanted.existing_part().unwrap_or_default();
    port.backing = Some(if group.is("fileType", "device") {
        VirtualParallelPortDeviceBackingInfo {
            base: host_port(name),
        }
        .into()
    } else if name.is_empty() {
        let text = "a parallel port of ESX leads to a file, or to a device of the host";
        return Err(unsupported(wanted.slot.element(), text));
    } else {
        made(|file: &mut VirtualParallelPortFileBackingInfo| file.file_name = file_of(name)).into()
    });
    Ok(port.into())
}

pub(super) fn describe_serial(port: &VirtualSerialPort, name: &str, out: &mut Lines) {
    out.add_flag(format!("{name}.present"), true);
    if let Some(backing) = &port.backing {
        describe_end(backing, name, out);
    }
    out.add_flag(format!("{name}.yieldOnMsrRead"), port.yield_on_poll);
}

pub(super) fn describe_parallel(port: &VirtualParallelPort, name: &str, out: &mut Lines) {
    out.add_flag(format!("{name}.present"), true);
    if let Some(backing) = &port.backing {
        describe_end(backing, name, out);
    }
}

fn describe_end(backing: &AnyVirtualDeviceBackingInfo, name: &str, out: &mut Lines) {
    let key = |key: &str| format!("{name}.{key}");
    if let Some(file) = backing.part::<VirtualDeviceFileBackingInfo>() {
        out.add(key("fileType"), "file");
        out.add_text(key("fileName"), &name_of(&file.file_name));
    } else if let Some(pipe) = backing.part::<VirtualSerialPortPipeBackingInfo>() {
        out.add(key("fileType"), "pipe");
        out.add_text(key("fileName"), &pipe.pipe_name);
        out.add(key("pipe.endPoint"), pipe.endpoint.as_str());
        out.add_flag(key("tryNoRxLoss"), pipe.no_rx_loss.unwrap_or(false));
    } else if let Some(uri) = backing.part::<VirtualDeviceURIBackingInfo>() {
        out.add(key("fileType"), "network");
        out.add_text(key("fileName"), &uri.service_uri);
        out.add(key("network.endPoint"), uri.direction.as_str());
        if let Some(proxy) = &uri.proxy_uri {
            out.add_text(key("vspc"), proxy);
        }
    } else if let Some(device) = backing.part::<VirtualDeviceDeviceBackingInfo>() {
        out.add(key("fileType"), "device");
        out.add_text(key("fileName"), &device.device_name);
    } else if backing.is_a("VirtualSerialPortThinPrintBackingInfo") {
        out.add(key("fileType"), "thinprint");
    }
}
