//! Devices of the host handed through.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{AddressType, Devices, HostAddress, HostDevice, HostDeviceSource};
use crate::model::value::{AddressNumber, OnOff};

const KINDS: &[&str] = &["usb", "pci", "scsi", "scsi_host", "mdev"];

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    let mut has_ramfb = false;
    for (index, device) in devices.hostdevs.iter().enumerate() {
        let at = At::nth("/domain/devices/hostdev", index, &device.rest);
        at.one_of("/@mode", device.mode.as_ref(), &["subsystem", "capabilities"])?;
        let source = at.need("/source", "the element <source>", device.source.as_ref())?;
        let kind = at.need("/@type", "the attribute 'type'", device.kind.as_ref())?;
        if device.mode.as_deref() == Some("capabilities") {
            check_capabilities(at.on(&source.rest), kind, source)?;
            continue;
        }
        at.one_of("/@type", Some(kind), KINDS)?;
        check_subsystem(at, kind, device, source)?;
        check_options(at, kind, device)?;
        check_address(at, kind, device)?;
        let is_ramfb = device.ramfb == Some(OnOff::On);
        at.refuse_if(
            is_ramfb && has_ramfb,
            "/@ramfb",
            "another device is the boot display already",
        )?;
        has_ramfb |= is_ramfb;
        if config.is_run_by_qemu() && device.display == Some(OnOff::On) && devices.graphics.is_empty() {
            return Err(at.wrong("/@display", "it shows its display, but there is no <graphics>"));
        }
        let same = |other: &&HostDevice| {
            let modes = other.mode.as_deref() != Some("capabilities");
            modes && other.kind == device.kind && is_same(other.source.as_ref(), source)
        };
        if devices.hostdevs.iter().take(index).any(|other| same(&other)) {
            return Err(at.wrong("/source", "the same device is handed through already"));
        }
        if let Some(teaming) = &device.teaming {
            super::interfaces::check_teaming(
                at.on(&teaming.rest),
                teaming.kind.as_ref(),
                teaming.persistent.as_ref(),
            )?;
        }
    }
    Ok(())
}

/// Whether both say the same device, by whatever they say of it.
fn is_same(one: Option<&HostDeviceSource>, other: &HostDeviceSource) -> bool {
    let Some(one) = one else { return false };
    let name = |source: &HostDeviceSource| source.adapter.as_ref().and_then(|adapter| adapter.name.clone());
    let ids = |source: &HostDeviceSource| {
        let vendor = source.vendor.as_ref().and_then(|id| id.id);
        (vendor, source.product.as_ref().and_then(|id| id.id))
    };
    match (&one.address, &other.address) {
        (Some(mine), Some(theirs)) => place(mine) == place(theirs) && name(one) == name(other),
        (None, None) if one.wwpn.is_some() => one.wwpn == other.wwpn,
        (None, None) if one.name.is_some() => one.name == other.name && one.hosts == other.hosts,
        (None, None) => ids(one) != (None, None) && ids(one) == ids(other),
        _ => false,
    }
}

/// An address as numbers, those not said being 0.
fn place(address: &HostAddress) -> impl PartialEq {
    let number = |number: Option<AddressNumber>| number.unwrap_or_default().value();
    (
        (
            address.domain.unwrap_or_default().0,
            number(address.bus),
            number(address.slot),
            address.function.unwrap_or_default().0,
        ),
        (number(address.device), address.port.clone(), address.uuid),
        (
            address.target.unwrap_or_default(),
            address.unit.unwrap_or_default(),
        ),
    )
}

fn check_capabilities(at: At<'_>, kind: &String, source: &HostDeviceSource) -> Checked {
    at.one_of("/@type", Some(kind), &["storage", "misc", "net"])?;
    let (below, value) = match kind.as_str() {
        "storage" => ("/source/block", &source.block),
        "misc" => ("/source/char", &source.char),
        _ => ("/source/interface", &source.interface),
    };
    at.need_text(below, "the device of the host", value.as_ref())?;
    Ok(())
}

fn check_subsystem(at: At<'_>, kind: &str, device: &HostDevice, source: &HostDeviceSource) -> Checked {
    let at = at.on(&source.rest);
    match kind {
        "usb" => check_usb(at, source),
        "pci" => {
            at.need(
                "/source/address",
                "the address on the host",
                source.address.as_ref(),
            )?;
            Ok(())
        }
        "scsi" => check_scsi(at, source),
        "scsi_host" => {
            let protocol = at.need(
                "/source/@protocol",
                "the attribute 'protocol'",
                source.protocol.as_ref(),
            )?;
            at.one_of("/source/@protocol", Some(protocol), &["vhost", "none"])?;
            let name = at.need_text("/source/@wwpn", "the name of the port", source.wwpn.as_ref())?;
            let fits = name
                .strip_prefix("naa.")
                .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            at.refuse_when(
                !fits,
                "/source/@wwpn",
                format_args!("'{name}' is no name such as naa.5123456789abcde0"),
            )
        }
        _ => {
            at.need("/@model", "the attribute 'model'", device.model.as_ref())?;
            at.one_of(
                "/@model",
                device.model.as_ref(),
                &["vfio-pci", "vfio-ccw", "vfio-ap"],
            )?;
            let uuid = source.address.as_ref().and_then(|address| address.uuid);
            at.need("/source/address/@uuid", "the UUID of the device", uuid.as_ref())?;
            Ok(())
        }
    }
}

fn check_usb(at: At<'_>, source: &HostDeviceSource) -> Checked {
    at.one_of(
        "/source/@guestReset",
        source.guest_reset.as_ref(),
        &["off", "uninitialized", "on"],
    )?;
    match (&source.vendor, &source.product) {
        (Some(vendor), Some(_)) => at.on(&vendor.rest).refuse_if(
            vendor.id.is_some_and(|id| id.0 == 0),
            "/source/vendor/@id",
            "the vendor is 0",
        ),
        (Some(_), None) => Err(at.missing("/source/product", "the product of the vendor")),
        (None, Some(_)) => Err(at.missing("/source/vendor", "the vendor of the product")),
        (None, None) => {
            let address = at.need(
                "/source/address",
                "vendor and product, or the address,",
                source.address.as_ref(),
            )?;
            let at = at.on(&address.rest);
            let is_port = address.port.is_some();
            at.need(
                "/source/address/@bus",
                "the attribute 'bus'",
                address.bus.as_ref(),
            )?;
            if !is_port {
                at.need(
                    "/source/address/@device",
                    "the attribute 'device'",
                    address.device.as_ref(),
                )?;
            }
            Ok(())
        }
    }
}

fn check_scsi(at: At<'_>, source: &HostDeviceSource) -> Checked {
    if source.protocol.as_deref() == Some("iscsi") {
        at.need_text("/source/@name", "the name of the target", source.name.as_ref())?;
        let host = at.need("/source/host", "the host of the target", source.hosts.first())?;
        return super::disk_source::check_host(at.on(&host.rest), "/source/host", host);
    }
    let adapter = at.need(
        "/source/adapter",
        "the element <adapter>",
        source.adapter.as_ref(),
    )?;
    at.on(&adapter.rest).need_text(
        "/source/adapter/@name",
        "the name of the adapter",
        adapter.name.as_ref(),
    )?;
    let address = at.need(
        "/source/address",
        "the address on the host",
        source.address.as_ref(),
    )?;
    let at = at.on(&address.rest);
    at.need(
        "/source/address/@bus",
        "the attribute 'bus'",
        address.bus.as_ref(),
    )?;
    at.need(
        "/source/address/@target",
        "the attribute 'target'",
        address.target.as_ref(),
    )?;
    at.need(
        "/source/address/@unit",
        "the attribute 'unit'",
        address.unit.as_ref(),
    )?;
    Ok(())
}

/// Where the device may sit in the guest.
fn check_address(at: At<'_>, kind: &str, device: &HostDevice) -> Checked {
    let Some(address) = &device.address else {
        return Ok(());
    };
    let Some(place) = &address.kind else { return Ok(()) };
    let fits = match (kind, device.model.as_deref()) {
        ("pci", _) => matches!(place, AddressType::Pci | AddressType::Unassigned),
        ("scsi", _) => *place == AddressType::Drive,
        ("scsi_host", _) => matches!(place, AddressType::Pci | AddressType::Ccw),
        ("mdev", Some("vfio-pci")) => *place == AddressType::Pci,
        ("mdev", Some("vfio-ccw")) => *place == AddressType::Ccw,
        ("mdev", Some("vfio-ap")) => false,
        _ => true,
    };
    at.on(&address.rest).refuse_when(
        !fits,
        "/address/@type",
        format_args!("an address of the type '{place}' is no place for it"),
    )
}

fn check_options(at: At<'_>, kind: &str, device: &HostDevice) -> Checked {
    at.refuse_if(
        device.sgio.is_some() && kind != "scsi",
        "/@sgio",
        "'sgio' is for the type scsi",
    )?;
    at.refuse_if(
        device.rawio.is_some() && kind != "scsi",
        "/@rawio",
        "'rawio' is for the type scsi",
    )?;
    at.one_of("/@sgio", device.sgio.as_ref(), &["filtered", "unfiltered"])?;
    let is_vfio_pci = kind == "mdev" && device.model.as_deref() == Some("vfio-pci");
    let shows = kind == "mdev" && !is_vfio_pci;
    at.refuse_if(
        shows && (device.display.is_some() || device.ramfb.is_some()),
        "/@display",
        "a display is for the model vfio-pci",
    )?;
    match &device.boot {
        Some(boot) => at.on(&boot.rest).refuse_when(
            kind == "scsi_host" || device.model.as_deref() == Some("vfio-ap"),
            "/boot",
            format_args!("a device of the type {kind} can't be booted from"),
        ),
        None => Ok(()),
    }
}
