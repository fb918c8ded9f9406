//! Addresses of interfaces, and who made them.

use virt_core::Result;
use virt_core::model::domain::devices::InterfaceMac;
use virt_core::model::value::{MacAddress, YesNo};

use super::super::lines::Lines;
use super::super::problem::unsupported;

/// Who an address is from, by the range it is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    /// The host makes them.
    Generated,
    /// vCenter makes them.
    Vcenter,
    /// People choose them.
    Chosen,
    /// Not VMware's at all: VMware would refuse it, unless told not to check.
    Other,
}

fn range(address: MacAddress) -> Range {
    match address.octets() {
        [0x00, 0x0c, 0x29, ..] => Range::Generated,
        [0x00, 0x50, 0x56, 0x00..=0x3f, ..] => Range::Chosen,
        [0x00, 0x50, 0x56, 0x80..=0xbf, ..] => Range::Vcenter,
        _ => Range::Other,
    }
}

pub(super) fn write(mac: Option<&InterfaceMac>, device: &str, place: &str, out: &mut Lines) -> Result<()> {
    let key = |name: &str| format!("{device}.{name}");
    let Some((mac, address)) = mac.and_then(|mac| Some((mac, mac.address?))) else {
        out.add(key("addressType"), "generated");
        return Ok(());
    };
    let range = range(address);
    let is_generated = match mac.kind.as_deref() {
        None => matches!(range, Range::Generated | Range::Vcenter),
        Some("generated") => true,
        Some("static") => false,
        Some(kind) => {
            let text = format!("an address is generated or static, not {kind}");
            return Err(unsupported(format!("{place}/mac/@type"), text));
        }
    };
    let address = address.to_string();
    if is_generated {
        let is_vcenter = range == Range::Vcenter;
        out.add(key("addressType"), if is_vcenter { "vpx" } else { "generated" });
        out.add(key("generatedAddress"), address);
        if !is_vcenter {
            out.add(key("generatedAddressOffset"), "0");
        }
    } else {
        out.add(key("addressType"), "static");
        out.add(key("address"), address);
    }
    let check = mac.check.map(|check| check == YesNo::Yes);
    let is_refused = range == Range::Other && !is_generated;
    if let Some(check) = check.or(is_refused.then_some(false)) {
        out.add_flag(key("checkMACAddress"), check);
    }
    Ok(())
}
