//! What has to be known, and to be there, before a machine is changed: files and networks.

use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::super::EsxDriver;
use super::super::datacenter::Datacenter;
use super::Present;
use crate::devices::{Means, Networks, OpaqueNetwork, Plan, PortGroup};
use crate::inventory::unescaped;
use crate::property::{self, Wanted};
use crate::vim::{
    AnyValue, ManagedObjectReference, ObjectContent, OpaqueNetworkSummary, VirtualMachinePowerState as Power,
};

/// What is read of networks.
const NETWORKS: &[Wanted<'static>] = &[
    Wanted {
        kind: "Network",
        paths: &["name"],
    },
    Wanted {
        kind: "DistributedVirtualPortgroup",
        paths: &["name", "key", "config.distributedVirtualSwitch"],
    },
    Wanted {
        kind: "OpaqueNetwork",
        paths: &["name", "summary"],
    },
];
/// What is read of distributed switches.
const SWITCHES: &[Wanted<'static>] = &[
    Wanted {
        kind: "DistributedVirtualSwitch",
        paths: &["uuid"],
    },
    Wanted {
        kind: "VmwareDistributedVirtualSwitch",
        paths: &["uuid"],
    },
];

impl EsxDriver {
    /// What a change of a machine needs.
    pub(super) async fn means_for(
        &self,
        call: &CallContext,
        present: &Present,
        plan: &Plan,
    ) -> Result<Means> {
        let is_running = present.machine.power == Power::PoweredOn;
        let means = Means {
            is_running,
            is_64_bit: present.guest.contains("64"),
            ..Means::default()
        };
        if plan.files().is_empty() && !plan.connects() {
            return Ok(means);
        }
        let datacenter = self.datacenter_of(call, &present.reference).await?;
        self.check_means(call, &datacenter, plan, means).await
    }

    /// Sees to the files that a plan names, and to the networks.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig), naming a file that is not there.
    pub(in crate::driver) async fn check_means(
        &self,
        call: &CallContext,
        datacenter: &Datacenter,
        plan: &Plan,
        mut means: Means,
    ) -> Result<Means> {
        let wanted = plan.files();
        let names: Vec<&str> = wanted.iter().map(|(_, name)| name.as_str()).collect();
        let found = self.find_files(call, datacenter, &names).await?;
        for (slot, name) in &wanted {
            if !found.contains_key(name) {
                let message = format!("there is no file {name:?}, which {} is to have", slot.name());
                return Err(Error::new(ErrorKind::InvalidConfig, message)
                    .with_subject(Subject::Element("/domain/devices/disk/source/@file".to_owned())));
            }
        }
        if plan.connects() {
            means.networks = self.networks_of(call, datacenter).await?;
        }
        Ok(means)
    }

    /// The networks of a datacenter.
    async fn networks_of(&self, call: &CallContext, datacenter: &Datacenter) -> Result<Networks> {
        let session = &self.server.session;
        let mut read = property::of_object(session, call, &datacenter.reference, &["network"]).await?;
        let references = read.remove("network").and_then(|list| list.list().ok());
        let references: Vec<ManagedObjectReference> = references.unwrap_or_default();
        let mut networks = Networks::default();
        if references.is_empty() {
            return Ok(networks);
        }
        let mut wanted = NETWORKS.to_vec();
        // A kind that there is none of is not asked for: it may be newer than the server.
        wanted.retain(|wanted| references.iter().any(|network| network.kind == wanted.kind));
        let spec = property::of_references(&references, &wanted);
        let objects = property::of_objects(session, call, spec).await?;
        let mut switches: Vec<ManagedObjectReference> = Vec::new();
        let mut groups: Vec<(PortGroup, Option<ManagedObjectReference>)> = Vec::new();
        for object in &objects {
            let name = unescaped(&value(object, "name").map(AnyValue::text).unwrap_or_default());
            match object.obj.kind.as_str() {
                "DistributedVirtualPortgroup" => {
                    let switch = value(object, "config.distributedVirtualSwitch");
                    let switch: Option<ManagedObjectReference> = switch.and_then(|switch| switch.read().ok());
                    switches.extend(switch.clone().filter(|switch| !switches.contains(switch)));
                    let key = value(object, "key").map(AnyValue::text);
                    let group = PortGroup {
                        name,
                        key: key.unwrap_or_else(|| object.obj.value.clone()),
                        switch: String::new(),
                    };
                    groups.push((group, switch));
                }
                "OpaqueNetwork" => {
                    let summary = value(object, "summary").and_then(|summary| summary.read().ok());
                    let summary: OpaqueNetworkSummary = summary.unwrap_or_default();
                    networks.opaque.push(OpaqueNetwork {
                        name,
                        id: summary.opaque_network_id,
                        kind: summary.opaque_network_type,
                    });
                }
                _ => {
                    networks.standard.insert(name);
                }
            }
        }
        if !switches.is_empty() {
            let mut wanted = SWITCHES.to_vec();
            wanted.retain(|wanted| switches.iter().any(|switch| switch.kind == wanted.kind));
            let spec = property::of_references(&switches, &wanted);
            let known = property::of_objects(session, call, spec).await?;
            for (mut group, switch) in groups {
                let own = known.iter().find(|object| Some(&object.obj) == switch.as_ref());
                let uuid = own.and_then(|own| value(own, "uuid")).map(AnyValue::text);
                group.switch = uuid.unwrap_or_default();
                networks.distributed.push(group);
            }
        }
        Ok(networks)
    }
}

fn value<'o>(object: &'o ObjectContent, name: &str) -> Option<&'o AnyValue> {
    let found = object.prop_set.iter().find(|property| property.name == name);
    found.map(|property| &property.val)
}
