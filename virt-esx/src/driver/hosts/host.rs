//! A host by its properties.

use std::time::Duration;

use virt_core::model::ByteSize;

use super::{large, small};
use crate::extension::{HostConnection, HostInfo};
use crate::inventory::unescaped;
use crate::vim::{
    AnyValue, DateTime, HostHardwareSummary, HostListSummaryQuickStats, HostSystemConnectionState,
    HostSystemPowerState, ManagedObjectReference, ObjectContent,
};

pub(super) const PROPERTIES: &[&str] = &[
    "name",
    "parent",
    "runtime.connectionState",
    "runtime.powerState",
    "runtime.inMaintenanceMode",
    "runtime.bootTime",
    "summary.hardware",
    "summary.quickStats",
    "summary.rebootRequired",
    "summary.config.product.fullName",
    "summary.config.product.version",
    "summary.config.product.build",
];

pub(super) fn of(content: ObjectContent) -> HostInfo {
    let mut info = nothing_of(&content.obj);
    let (mut power, mut quick) = (
        HostSystemPowerState::Unknown,
        HostListSummaryQuickStats::default(),
    );
    for property in content.prop_set {
        let value = property.val;
        match property.name.as_str() {
            "name" => info.name = unescaped(&value.text()),
            "parent" => info.cluster = cluster(&value),
            "runtime.connectionState" => info.connection = connection(&value),
            "runtime.powerState" => power = value.read().unwrap_or_default(),
            "runtime.inMaintenanceMode" => info.in_maintenance = value.text() == "true",
            "runtime.bootTime" => {
                let time = value.read::<DateTime>().ok();
                info.booted = time.and_then(|time| time.to_system_time());
            }
            "summary.hardware" => add_hardware(&mut info, &value.read().unwrap_or_default()),
            "summary.quickStats" => quick = value.read().unwrap_or_default(),
            "summary.rebootRequired" => info.needs_reboot = value.text() == "true",
            "summary.config.product.fullName" => info.product = value.text(),
            "summary.config.product.version" => info.version = value.text(),
            "summary.config.product.build" => info.build = value.text(),
            _ => {}
        }
    }
    // What servers older than that do not tell is as it is of a host that is connected.
    info.is_on = match power {
        HostSystemPowerState::PoweredOn => true,
        HostSystemPowerState::PoweredOff | HostSystemPowerState::StandBy => false,
        _ => info.connection == HostConnection::Connected,
    };
    if info.connection == HostConnection::Connected {
        info.cpu_used_mhz = quick.overall_cpu_usage.map(large);
        info.memory_used = quick.overall_memory_usage.map(|mib| ByteSize::mib(large(mib)));
        let uptime = quick.uptime.filter(|seconds| *seconds > 0);
        info.uptime = uptime.map(|seconds| Duration::from_secs(large(seconds)));
    }
    info
}

fn nothing_of(host: &ManagedObjectReference) -> HostInfo {
    HostInfo {
        id: host.value.clone(),
        name: String::new(),
        cluster: None,
        connection: HostConnection::NotResponding,
        in_maintenance: false,
        is_on: false,
        needs_reboot: false,
        uuid: None,
        vendor: String::new(),
        model: String::new(),
        product: String::new(),
        version: String::new(),
        build: String::new(),
        cpu_model: String::new(),
        cpu_mhz: 0,
        sockets: 0,
        cores: 0,
        threads: 0,
        cpu_used_mhz: None,
        memory: ByteSize::ZERO,
        memory_used: None,
        booted: None,
        uptime: None,
    }
}

/// A host by itself has a parent of its own, which is no cluster.
fn cluster(parent: &AnyValue) -> Option<String> {
    let parent: ManagedObjectReference = parent.read().ok()?;
    (parent.kind == "ClusterComputeResource").then_some(parent.value)
}

fn connection(state: &AnyValue) -> HostConnection {
    match state.read().unwrap_or_default() {
        HostSystemConnectionState::Connected => HostConnection::Connected,
        HostSystemConnectionState::Disconnected => HostConnection::Disconnected,
        _ => HostConnection::NotResponding,
    }
}

fn add_hardware(info: &mut HostInfo, hardware: &HostHardwareSummary) {
    info.uuid = hardware.uuid.parse().ok();
    info.vendor.clone_from(&hardware.vendor);
    info.model.clone_from(&hardware.model);
    // Its maker pads it.
    info.cpu_model = hardware
        .cpu_model
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    info.cpu_mhz = small(hardware.cpu_mhz);
    info.sockets = small(hardware.num_cpu_pkgs);
    info.cores = small(hardware.num_cpu_cores);
    info.threads = small(hardware.num_cpu_threads);
    info.memory = ByteSize::bytes(large(hardware.memory_size));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vim::DynamicProperty;

    fn content(properties: &[(&str, AnyValue)]) -> ObjectContent {
        let property = |(name, val): &(&str, AnyValue)| DynamicProperty {
            name: (*name).to_owned(),
            val: val.clone(),
        };
        ObjectContent {
            obj: ManagedObjectReference::new("HostSystem", "host-12"),
            prop_set: properties.iter().map(property).collect(),
            missing_set: Vec::new(),
        }
    }

    #[test]
    fn what_a_host_did_that_is_not_heard_of_is_not_told() {
        let quick = HostListSummaryQuickStats {
            overall_cpu_usage: Some(7),
            uptime: Some(9),
            ..HostListSummaryQuickStats::default()
        };
        let of_cluster = ManagedObjectReference::new("ClusterComputeResource", "domain-c7");
        let mut properties = vec![
            ("name", AnyValue::from("esx%2f1")),
            ("parent", of_cluster.into()),
            ("summary.quickStats", AnyValue::new(&quick)),
            ("runtime.connectionState", "notResponding".into()),
            ("runtime.powerState", "unknown".into()),
        ];
        let lost = of(content(&properties));
        assert_eq!(
            (lost.name.as_str(), lost.cluster.as_deref()),
            ("esx/1", Some("domain-c7"))
        );
        assert_eq!(lost.connection, HostConnection::NotResponding);
        assert_eq!((lost.is_on, lost.cpu_used_mhz, lost.uptime), (false, None, None));
        properties.push(("runtime.connectionState", "connected".into()));
        let there = of(content(&properties));
        assert_eq!((there.is_on, there.cpu_used_mhz), (true, Some(7)));
        assert_eq!(there.uptime, Some(Duration::from_secs(9)));
    }
}
