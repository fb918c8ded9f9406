//! Disks, interfaces, devices handed through, channels.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{
    Channel, ChardevType, ControllerType, DiscardMode, Disk, DiskDevice, DiskType, ImageFormat, Interface,
};

use super::super::network::{connection, host_name};
use super::super::options::ToLibxl;
use super::super::problem::{invalid, unsupported};
use super::super::to_config::{
    check_disk, controllers, disk_driver, disk_format, disk_name, disk_path, disks, handed_through,
    is_permissive, pci_address, rbd, usb_address, usb_version,
};
use super::super::words::Kind;
use super::object::Object;

pub(super) fn write(domain: &DomainConfig, kind: Kind, options: &ToLibxl, out: &mut Object) -> Result<()> {
    let list = disks(domain).map(|(place, one)| disk(&place, one));
    out.set_list("disks", list.collect::<Result<Vec<Object>>>()?);
    let interfaces = domain.devices.iter().flat_map(|devices| &devices.interfaces);
    let nics = interfaces
        .enumerate()
        .map(|(number, interface)| nic(number, interface, kind, options));
    out.set_list("nics", nics.collect::<Result<Vec<Object>>>()?);
    write_pci(domain, out)?;
    write_usb(domain, out)?;
    let all = domain.devices.iter().flat_map(|devices| &devices.channels);
    let all = all.enumerate().map(|(number, one)| channel(number, one, domain));
    out.set_list("channels", all.collect::<Result<Vec<Object>>>()?);
    Ok(())
}

fn disk(place: &str, disk: &Disk) -> Result<Object> {
    check_disk(place, disk)?;
    let mut out = Object::default();
    let driver = disk_driver(disk);
    let path = match (&disk.kind, &disk.source) {
        (Some(DiskType::Network), Some(source)) => {
            if driver != Some("qemu") {
                return Err(unsupported(
                    format!("{place}/driver/@name"),
                    "a disk on the network has the driver qemu",
                ));
            }
            let auth = disk.auth.as_ref().or(source.auth.as_ref());
            if auth.is_some() {
                let text = "the secret is not in the document: give it to the connection";
                return Err(unsupported(format!("{place}/auth"), text));
            }
            Some(rbd(place, source, None)?)
        }
        _ => disk_path(place, disk)?.map(ToOwned::to_owned),
    };
    let is_cdrom = disk.device == Some(DiskDevice::Cdrom);
    let format = disk_format(disk);
    let refuse = || {
        let text = format!(
            "libxl has no images of {format} with the driver {}",
            driver.unwrap_or_default()
        );
        unsupported(format!("{place}/driver/@type"), text)
    };
    let word = match (driver, format) {
        (None, _) | (_, ImageFormat::Raw) => "raw",
        (Some("qemu" | "tap" | "tap2"), format) => match format {
            ImageFormat::Qcow => "qcow",
            ImageFormat::Qcow2 => "qcow2",
            ImageFormat::Qed => "qed",
            ImageFormat::Vhd => "vhd",
            _ => return Err(refuse()),
        },
        _ => return Err(refuse()),
    };
    let backend = match driver {
        None => None,
        Some("qemu" | "file") => Some("qdisk"),
        Some("phy") => Some("phy"),
        Some("tap" | "tap2") if matches!(word, "raw" | "vhd") => Some("tap"),
        Some("tap" | "tap2") => Some("qdisk"),
        Some(other) => {
            let text = format!("libxl has the drivers qemu, file, phy and tap, not {other}");
            return Err(unsupported(format!("{place}/driver/@name"), text));
        }
    };
    // An empty drive has the format of nothing, or libxl fails.
    out.set("format", if is_cdrom && path.is_none() { "empty" } else { word });
    out.set_text("backend", backend);
    out.set_text("pdev_path", path.as_deref());
    out.set("vdev", disk_name(place, disk)?);
    out.set("removable", 1);
    out.set_number("readwrite", u64::from(!disk.readonly));
    out.set_number("is_cdrom", u64::from(is_cdrom));
    let discard = disk.driver.as_ref().and_then(|driver| driver.discard.as_ref());
    if let Some(discard) = discard.filter(|_discard| !disk.readonly) {
        out.flag("discard_enable", *discard == DiscardMode::Unmap);
    }
    let backend = disk
        .backenddomain
        .as_ref()
        .and_then(|domain| domain.name.as_deref());
    out.set_text("backend_domname", backend);
    Ok(out)
}

fn nic(number: usize, interface: &Interface, kind: Kind, options: &ToLibxl) -> Result<Object> {
    let place = format!("/domain/devices/interface[{}]", number + 1);
    let connection = connection(&place, interface, &options.bridges)?;
    let mut out = Object::default();
    out.set("devid", number);
    let mac = interface.mac.as_ref().and_then(|mac| mac.address);
    let missing = || {
        invalid(
            format!("{place}/mac"),
            "libxl is told the address of an interface: say one",
        )
    };
    out.set("mac", mac.ok_or_else(missing)?.to_string());
    out.set_text("bridge", connection.bridge.as_deref());
    out.set_text("script", connection.script.as_deref());
    if !connection.ips.is_empty() {
        out.set("ip", connection.ips.join(" "));
    }
    let model = interface.model.as_ref().and_then(|model| model.kind.as_deref());
    if kind != Kind::Hvm && model.is_some_and(|model| model != "netfront") {
        let text = "a paravirtual guest has interfaces of model netfront";
        return Err(unsupported(format!("{place}/model/@type"), text));
    }
    let is_emulated = kind == Kind::Hvm && model != Some("netfront");
    out.set("nictype", if is_emulated { "vif_ioemu" } else { "vif" });
    out.set_text("model", model);
    out.set_text("ifname", host_name(interface));
    let backend = interface
        .backenddomain
        .as_ref()
        .and_then(|domain| domain.name.as_deref());
    out.set_text("backend_domname", backend);
    let outbound = interface
        .bandwidth
        .as_ref()
        .and_then(|bandwidth| bandwidth.outbound.as_ref());
    if let Some(average) = outbound
        .and_then(|limit| limit.average)
        .filter(|average| *average > 0)
    {
        // Twenty times a second.
        out.set("rate_bytes_per_interval", average.saturating_mul(1024) / 20);
        out.set("rate_interval_usecs", 50_000);
    }
    Ok(out)
}

fn write_pci(domain: &DomainConfig, out: &mut Object) -> Result<()> {
    let mut list = Vec::new();
    for (place, device) in handed_through(domain, "pci") {
        let (number, bus, slot, function) = pci_address(&place, device)?;
        let mut one = Object::default();
        one.set_number("domain", number.into());
        one.set_number("bus", bus.into());
        one.set_number("dev", slot.into());
        one.set_number("func", function.into());
        if is_permissive(device) == Some(true) {
            one.set("permissive", true);
        }
        list.push(one);
    }
    out.set_list("pcidevs", list);
    Ok(())
}

/// How many ports a controller has unless said.
const PORTS: u32 = 8;

fn usb_controller(number: u32, version: Option<u32>, ports: Option<u32>) -> Object {
    let mut one = Object::default();
    one.set("type", "qusb");
    one.set("devid", number);
    one.set("version", version.unwrap_or(2));
    one.set("ports", ports.unwrap_or(PORTS));
    one
}

fn write_usb(domain: &DomainConfig, out: &mut Object) -> Result<()> {
    let mut list = Vec::new();
    for (place, device) in handed_through(domain, "usb") {
        let (bus, number) = usb_address(&place, device)?;
        let mut host = Object::default();
        host.set("hostbus", bus);
        host.set("hostaddr", number);
        let mut one = Object::default();
        one.set("type.hostdev", host);
        list.push(one);
    }
    let needed = list.len().div_ceil(8);
    let mut usb = Vec::new();
    for (number, (place, one)) in (0_u32..).zip(controllers(domain, &ControllerType::Usb)) {
        let version = usb_version(&place, one)?;
        usb.push(usb_controller(one.index.unwrap_or(number), version, one.ports));
    }
    if usb.is_empty() {
        usb.extend(
            (0_u32..)
                .take(needed)
                .map(|number| usb_controller(number, None, None)),
        );
    }
    out.set_list("usbctrls", usb);
    out.set_list("usbdevs", list);
    Ok(())
}

/// Where libvirt has sockets of channels that say no path.
const CHANNELS: &str = "/var/lib/libvirt/libxl/channel/target";

fn channel(number: usize, channel: &Channel, domain: &DomainConfig) -> Result<Object> {
    let place = format!("/domain/devices/channel[{}]", number + 1);
    let target = channel.target.as_ref();
    if target.and_then(|target| target.kind.as_deref()) != Some("xen") {
        let text = "channels of Xen have a target of type xen";
        return Err(unsupported(format!("{place}/target/@type"), text));
    }
    let name = target.and_then(|target| target.name.as_deref());
    let name = name.ok_or_else(|| invalid(format!("{place}/target/@name"), "a channel has a name"))?;
    let mut out = Object::default();
    out.set("name", name);
    match &channel.kind {
        None | Some(ChardevType::Pty) => out.set("connection.pty", Object::default()),
        Some(ChardevType::Unix) => {
            let path = channel.sources.iter().find_map(|source| source.path.clone());
            let mut socket = Object::default();
            socket.set(
                "path",
                path.unwrap_or_else(|| format!("{CHANNELS}/{}-{name}", domain.name)),
            );
            out.set("connection.socket", socket);
        }
        Some(kind) => {
            let text = format!("channels of Xen are pty or unix, not {kind}");
            return Err(unsupported(format!("{place}/@type"), text));
        }
    }
    Ok(out)
}
