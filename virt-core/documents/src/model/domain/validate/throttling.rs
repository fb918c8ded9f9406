//! Limits of disks, and groups of limits.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{Devices, IoTune};
use crate::sorted::SortedSet;

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    let groups = config.throttlegroups.as_ref();
    let groups = groups.map(|groups| groups.groups.as_slice()).unwrap_or_default();
    let mut names = SortedSet::new();
    for (index, group) in groups.iter().enumerate() {
        let at = At::nth("/domain/throttlegroups/throttlegroup", index, &group.rest);
        let name = at.need_text("/group_name", "the name of the group", group.group_name.as_ref())?;
        at.refuse_when(
            !names.insert(name),
            "/group_name",
            format_args!("the group '{name}' is there twice"),
        )?;
        check_limits(at, "", group)?;
    }
    for (index, disk) in devices.disks.iter().enumerate() {
        let at = At::nth("/domain/devices/disk", index, &disk.rest);
        if let Some(tune) = &disk.iotune {
            check_limits(at.on(&tune.rest), "/iotune", tune)?;
        }
        let Some(filters) = &disk.throttlefilters else {
            continue;
        };
        at.refuse_if(
            disk.iotune.is_some(),
            "/throttlefilters",
            "limits are said by <iotune> or by <throttlefilters>, not by both",
        )?;
        for (number, filter) in filters.filters.iter().enumerate() {
            let at = at.part("/throttlefilters/throttlefilter", number, &filter.rest);
            let name = at.need_text("/@group", "the name of the group", filter.group.as_ref())?;
            at.refuse_when(
                !names.contains(name),
                "/@group",
                format_args!("there is no group '{name}'"),
            )?;
        }
    }
    Ok(())
}

/// A limit is for reading and writing together or for each, not for both ways.
fn check_limits(at: At<'_>, below: &str, tune: &IoTune) -> Checked {
    let limits = [
        (
            "bytes_sec",
            tune.total_bytes_sec,
            tune.read_bytes_sec,
            tune.write_bytes_sec,
        ),
        (
            "iops_sec",
            tune.total_iops_sec,
            tune.read_iops_sec,
            tune.write_iops_sec,
        ),
        (
            "bytes_sec_max",
            tune.total_bytes_sec_max,
            tune.read_bytes_sec_max,
            tune.write_bytes_sec_max,
        ),
        (
            "iops_sec_max",
            tune.total_iops_sec_max,
            tune.read_iops_sec_max,
            tune.write_iops_sec_max,
        ),
    ];
    let is_set = |limit: Option<u64>| limit.is_some_and(|limit| limit != 0);
    for (name, total, read, write) in limits {
        if is_set(total) && (is_set(read) || is_set(write)) {
            let sentence = format!("there is a total {name}, and one for reading or writing");
            return Err(at.wrong(&format!("{below}/total_{name}"), sentence));
        }
    }
    Ok(())
}
