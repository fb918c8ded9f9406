//! What a host says of itself in its firmware's tables, as far as it tells it on.

use virt_core::model::domain::{SysInfo, SysInfoBlock};

use super::hardware::Hardware;
use crate::vim::{HostCpuPackage, HostSystemInfo};

pub(super) fn of(hardware: &Hardware) -> SysInfo {
    let mut found = SysInfo::default();
    found.kind = Some("smbios".to_owned());
    found.bios = hardware.bios.as_ref().map(|bios| {
        let release = bios.major_release.zip(bios.minor_release);
        // Servers say 255 where there is none.
        let release = release.filter(|(major, _)| (0..255).contains(major));
        block([
            ("vendor", bios.vendor.clone()),
            ("version", bios.bios_version.clone()),
            (
                "date",
                bios.release_date.as_ref().and_then(|date| day(date.as_str())),
            ),
            (
                "release",
                release.map(|(major, minor)| format!("{major}.{minor}")),
            ),
        ])
    });
    let system = &hardware.system;
    let serial = system.serial_number.clone().filter(|serial| !serial.is_empty());
    found.system = Some(block([
        ("manufacturer", Some(system.vendor.clone())),
        ("product", Some(system.model.clone())),
        ("serial", serial.or_else(|| identifying(system, "ServiceTag"))),
        ("uuid", Some(system.uuid.clone())),
        ("family", system.family.clone()),
    ]));
    found.chassis = identifying(system, "AssetTag").map(|tag| block([("asset", Some(tag))]));
    found.processors = hardware.packages.iter().map(processor).collect();
    found
}

fn processor(package: &HostCpuPackage) -> SysInfoBlock {
    let words = package
        .description
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    block([
        ("socket_destination", Some(format!("CPU {}", package.index))),
        ("manufacturer", Some(package.vendor.clone())),
        ("version", Some(words)),
    ])
}

/// An identifier of the host by its kind.
fn identifying(system: &HostSystemInfo, kind: &str) -> Option<String> {
    let infos = system.other_identifying_info.iter();
    let mut of_kind = infos.filter(|info| info.identifier_type.key == kind);
    let text = of_kind.next()?.identifier_value.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// What is known of these, in the order of the tables.
fn block<const COUNT: usize>(entries: [(&str, Option<String>); COUNT]) -> SysInfoBlock {
    let known = entries.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((name, value))
    });
    known.fold(SysInfoBlock::default(), |block, (name, value)| {
        block.with(name, value)
    })
}

/// A day as such tables write it: `07/31/2020` of `2020-07-31T00:00:00Z`.
fn day(time: &str) -> Option<String> {
    let mut parts = time.split('T').next()?.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{month}/{day}/{year}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::{DateTime, HostBIOSInfo, HostSystemIdentificationInfo};

    #[test]
    fn what_a_host_tells_stands_where_its_tables_have_it() {
        let mut hardware = Hardware::default();
        hardware.system.vendor = "VMware, Inc.".to_owned();
        hardware.bios = Some(HostBIOSInfo {
            bios_version: Some("6.00".to_owned()),
            release_date: Some(DateTime::from_text("2015-07-02T00:00:00Z")),
            major_release: Some(255),
            minor_release: Some(255),
            ..HostBIOSInfo::default()
        });
        let mut tag = HostSystemIdentificationInfo {
            identifier_value: " VMware-56 4d ".to_owned(),
            ..HostSystemIdentificationInfo::default()
        };
        tag.identifier_type.key = "ServiceTag".to_owned();
        hardware.system.other_identifying_info = vec![tag];
        let found = of(&hardware);
        let bios = found.bios.as_ref().unwrap();
        assert_eq!(
            (bios.value("version"), bios.value("date")),
            (Some("6.00"), Some("07/02/2015"))
        );
        assert_eq!(bios.value("release"), None);
        let system = found.system.as_ref().unwrap();
        assert_eq!(system.value("serial"), Some("VMware-56 4d"));
        assert!(found.chassis.is_none() && system.value("family").is_none());
    }
}
