//! A cluster by its properties.

use virt_core::model::ByteSize;

use super::{large, small};
use crate::extension::{ClusterInfo, DrsAutomation};
use crate::inventory::unescaped;
use crate::vim::{AnyComputeResourceSummary, AnyValue, ManagedObjectReference, ObjectContent};

pub(super) const PROPERTIES: &[&str] = &[
    "name",
    "host",
    "summary",
    "configurationEx.drsConfig.enabled",
    "configurationEx.drsConfig.defaultVmBehavior",
    "configurationEx.dasConfig.enabled",
];

pub(super) fn of(content: ObjectContent) -> ClusterInfo {
    let mut info = ClusterInfo {
        id: content.obj.value,
        name: String::new(),
        drs: false,
        drs_automation: None,
        ha: false,
        hosts: Vec::new(),
        usable_hosts: 0,
        cpu_mhz: 0,
        usable_cpu_mhz: 0,
        cores: 0,
        threads: 0,
        memory: ByteSize::ZERO,
        usable_memory: ByteSize::ZERO,
    };
    for property in content.prop_set {
        let value = property.val;
        match property.name.as_str() {
            "name" => info.name = unescaped(&value.text()),
            "host" => {
                let hosts = value.list::<ManagedObjectReference>().unwrap_or_default();
                info.hosts = hosts.into_iter().map(|host| host.value).collect();
            }
            "summary" => add_summary(&mut info, &value.read().unwrap_or_default()),
            "configurationEx.drsConfig.enabled" => info.drs = value.text() == "true",
            "configurationEx.drsConfig.defaultVmBehavior" => info.drs_automation = automation(&value),
            "configurationEx.dasConfig.enabled" => info.ha = value.text() == "true",
            _ => {}
        }
    }
    info
}

fn automation(behavior: &AnyValue) -> Option<DrsAutomation> {
    Some(match behavior.text().as_str() {
        "fullyAutomated" => DrsAutomation::Full,
        "partiallyAutomated" => DrsAutomation::Partial,
        "manual" => DrsAutomation::Manual,
        _ => return None,
    })
}

fn add_summary(info: &mut ClusterInfo, summary: &AnyComputeResourceSummary) {
    info.usable_hosts = small(summary.num_effective_hosts);
    info.cpu_mhz = large(summary.total_cpu);
    info.usable_cpu_mhz = large(summary.effective_cpu);
    info.cores = small(summary.num_cpu_cores);
    info.threads = small(summary.num_cpu_threads);
    info.memory = ByteSize::bytes(large(summary.total_memory));
    // All memory is in bytes, and this in MiB.
    info.usable_memory = ByteSize::mib(large(summary.effective_memory));
}
