//! Shares and limits of block devices: `lxc.cgroup.blkio.*` and `lxc.cgroup2.io.*`.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{BlkioDevice, BlkioTune};

use super::super::numbers::{unsigned_32, unsigned_64};
use super::super::problem::wrong_key;
use super::super::weights::blkio_weight;
use super::native::Native;
use crate::cgroup::{Controller, Hierarchy};

const PARENT: &str = "lxc.cgroup.blkio.";
const WEIGHT: &str = "lxc.cgroup.blkio.weight";

pub(super) fn read(native: &mut Native, domain: &mut DomainConfig) -> Result<()> {
    let mut tune = BlkioTune::default();
    if native.is_complete() {
        let has = |parent: &str| native.each().any(|(key, _)| key.starts_with(parent));
        let (v1, v2) = (has(PARENT), has("lxc.cgroup2.io."));
        let is_v2 = match native.preferred(Controller::Io) {
            Hierarchy::V2 => v2 || !v1,
            Hierarchy::V1 => !v1,
        };
        if is_v2 {
            unified(native, &mut tune);
        } else {
            legacy(native, &mut tune);
        }
    } else {
        libvirt(native, &mut tune)?;
    }
    if tune.weight.is_some() || !tune.devices.is_empty() {
        domain.blkiotune = Some(tune);
    }
    Ok(())
}

/// The device with that number, made where there is none.
fn device<'t>(tune: &'t mut BlkioTune, number: &str) -> Option<&'t mut BlkioDevice> {
    let path = format!("/dev/block/{number}");
    let is_one = |device: &BlkioDevice| device.path.as_deref() == Some(path.as_str());
    if !tune.devices.iter().any(is_one) {
        let mut device = BlkioDevice::default();
        device.path = Some(path.clone());
        tune.devices.push(device);
    }
    tune.devices
        .iter_mut()
        .find(|device| device.path.as_deref() == Some(path.as_str()))
}

fn libvirt(native: &mut Native, tune: &mut BlkioTune) -> Result<()> {
    if let Some(text) = native.take(WEIGHT) {
        let weight =
            unsigned_32(&text).ok_or_else(|| wrong_key(WEIGHT, format!("{text:?} is no whole number")))?;
        tune.weight = Some(weight).filter(|weight| *weight != 0);
    }
    for (key, value) in native.each() {
        let Some(file) = key.strip_prefix(PARENT).filter(|_| key != WEIGHT) else {
            continue;
        };
        let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty());
        let (Some(number), Some(value)) = (words.next(), words.next()) else {
            return Err(wrong_key(key, format!("{value:?} is not MAJOR:MINOR VALUE")));
        };
        let known = [
            "device_weight",
            "throttle.read_bps_device",
            "throttle.write_bps_device",
            "throttle.read_iops_device",
            "throttle.write_iops_device",
        ];
        if !known.contains(&file) {
            continue;
        }
        let Some(device) = device(tune, number) else {
            continue;
        };
        if !set(device, file, value) {
            return Err(wrong_key(
                key,
                format!("{value:?} is no value libvirt has room for"),
            ));
        }
    }
    tune.devices.retain(says_something);
    Ok(())
}

/// Sets a value; none of them is said with 0.
fn set(device: &mut BlkioDevice, file: &str, value: &str) -> bool {
    let wide = unsigned_64(value);
    let narrow = unsigned_32(value);
    let some = |value: u64| Some(value).filter(|value| *value != 0);
    match (file, wide, narrow) {
        ("device_weight" | "weight_device", _, Some(value)) => {
            device.weight = Some(value).filter(|value| *value != 0)
        }
        ("throttle.read_bps_device", Some(value), _) => device.read_bytes_sec = some(value),
        ("throttle.write_bps_device", Some(value), _) => device.write_bytes_sec = some(value),
        ("throttle.read_iops_device", _, Some(value)) => device.read_iops_sec = some(u64::from(value)),
        ("throttle.write_iops_device", _, Some(value)) => device.write_iops_sec = some(u64::from(value)),
        _ => return false,
    }
    true
}

fn says_something(device: &BlkioDevice) -> bool {
    let throttles = [
        device.read_bytes_sec,
        device.write_bytes_sec,
        device.read_iops_sec,
        device.write_iops_sec,
    ];
    device.weight.is_some() || throttles.iter().any(Option::is_some)
}

fn legacy(native: &mut Native, tune: &mut BlkioTune) {
    tune.weight = native.take_as(WEIGHT, |text| text.parse().ok().filter(|weight| *weight != 0));
    native.take_where(|key, value| {
        let file = key.strip_prefix(PARENT)?;
        let (number, value) = number_and_value(value)?;
        let mut trial = BlkioDevice::default();
        let is_known = set(&mut trial, file, value) && says_something(&trial);
        is_known.then(|| device(tune, number).map(|device| set(device, file, value)))
    });
    tune.devices.retain(says_something);
}

fn unified(native: &mut Native, tune: &mut BlkioTune) {
    native.take_where(|key, value| {
        if key != "lxc.cgroup2.io.weight" {
            return None;
        }
        let (number, weight) = match value.split_once([' ', '\t']) {
            None => ("default", value),
            Some((number, weight)) => (number, weight.trim()),
        };
        let weight = blkio_weight(weight.parse().ok()?)?;
        match number {
            "default" => tune.weight = Some(weight),
            number if is_number(number) => device(tune, number)?.weight = Some(weight),
            _ => return None,
        }
        Some(())
    });
    native.take_where(|key, value| {
        let mut words = value
            .split_ascii_whitespace()
            .filter(|_| key == "lxc.cgroup2.io.max");
        let number = words.next().filter(|number| is_number(number))?;
        let mut limits = BlkioDevice::default();
        for word in words {
            let (name, value) = word.split_once('=')?;
            let value = Some(value.parse::<u64>().ok().filter(|value| *value != 0)?);
            match name {
                "rbps" => limits.read_bytes_sec = value,
                "wbps" => limits.write_bytes_sec = value,
                "riops" => limits.read_iops_sec = value,
                "wiops" => limits.write_iops_sec = value,
                _ => return None,
            }
        }
        if !says_something(&limits) {
            return None;
        }
        let device = device(tune, number)?;
        device.read_bytes_sec = limits.read_bytes_sec.or(device.read_bytes_sec);
        device.write_bytes_sec = limits.write_bytes_sec.or(device.write_bytes_sec);
        device.read_iops_sec = limits.read_iops_sec.or(device.read_iops_sec);
        device.write_iops_sec = limits.write_iops_sec.or(device.write_iops_sec);
        Some(())
    });
}

/// `MAJOR:MINOR VALUE`.
fn number_and_value(text: &str) -> Option<(&str, &str)> {
    let mut words = text.split_ascii_whitespace();
    let (number, value) = (words.next()?, words.next()?);
    (is_number(number) && words.next().is_none()).then_some((number, value))
}

fn is_number(text: &str) -> bool {
    let Some((major, minor)) = text.split_once(':') else {
        return false;
    };
    major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok()
}
