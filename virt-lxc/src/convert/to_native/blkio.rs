//! Shares and limits of block devices.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{BlkioDevice, BlkioTune};

use super::super::options::ToNative;
use super::super::problem::invalid;
use super::super::weights::io_weight;
use super::devices::number_of;
use super::limits::hierarchy;
use super::output::Output;
use crate::cgroup::{Controller, Hierarchy};

const ELEMENT: &str = "/domain/blkiotune";

pub(super) fn write(domain: &DomainConfig, context: &ToNative, out: &mut Output) -> Result<()> {
    let Some(tune) = domain.blkiotune.as_ref().filter(|tune| says_something(tune)) else {
        return Ok(());
    };
    let hierarchy = hierarchy(context, Controller::Io, ELEMENT)?;
    if let Some(weight) = tune.weight.filter(|weight| *weight != 0) {
        match hierarchy {
            Hierarchy::V1 => out.add("lxc.cgroup.blkio.weight", weight.to_string()),
            Hierarchy::V2 => out.add("lxc.cgroup2.io.weight", io_weight(weight).to_string()),
        }
    }
    for device in &tune.devices {
        let element = format!("{ELEMENT}/device");
        let path = device
            .path
            .as_deref()
            .ok_or_else(|| invalid(&element, "it has no <path>"))?;
        let number = number_of(path, &element, context)?;
        if !number.block {
            return Err(invalid(element, format!("{path:?} is no block device")));
        }
        let number = format!("{}:{}", number.major, number.minor);
        match hierarchy {
            Hierarchy::V1 => legacy(device, &number, out),
            Hierarchy::V2 => unified(device, &number, out),
        }
    }
    Ok(())
}

fn says_something(tune: &BlkioTune) -> bool {
    tune.weight.is_some_and(|weight| weight != 0) || !tune.devices.is_empty()
}

/// The limits with their names in v1 and v2.
fn limits(device: &BlkioDevice) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
    let limits = [
        ("read_bps_device", "rbps", device.read_bytes_sec),
        ("write_bps_device", "wbps", device.write_bytes_sec),
        ("read_iops_device", "riops", device.read_iops_sec),
        ("write_iops_device", "wiops", device.write_iops_sec),
    ];
    let said = limits.into_iter();
    said.filter_map(|(v1, v2, limit)| Some((v1, v2, limit.filter(|limit| *limit != 0)?)))
}

fn legacy(device: &BlkioDevice, number: &str, out: &mut Output) {
    if let Some(weight) = device.weight.filter(|weight| *weight != 0) {
        out.add("lxc.cgroup.blkio.weight_device", format!("{number} {weight}"));
    }
    for (name, _, limit) in limits(device) {
        out.add(
            format!("lxc.cgroup.blkio.throttle.{name}"),
            format!("{number} {limit}"),
        );
    }
}

fn unified(device: &BlkioDevice, number: &str, out: &mut Output) {
    if let Some(weight) = device.weight.filter(|weight| *weight != 0) {
        out.add("lxc.cgroup2.io.weight", format!("{number} {}", io_weight(weight)));
    }
    let limits: Vec<String> = limits(device)
        .map(|(_, name, limit)| format!("{name}={limit}"))
        .collect();
    if !limits.is_empty() {
        out.add("lxc.cgroup2.io.max", format!("{number} {}", limits.join(" ")));
    }
}
