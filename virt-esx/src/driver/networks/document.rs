//! Networks as documents.

use std::collections::BTreeSet;

use virt_core::model::NetworkConfig;
use virt_core::model::domain::devices::{InterfaceMtu, Vlan, VlanTag};
use virt_core::model::network::{Forward, ForwardInterface, ForwardMode, PortGroup};
use virt_core::model::value::YesNo;
use virt_core::network::NetworkRef;
use virt_core::{CallContext, Result};

use super::super::EsxDriver;
use super::found::{Found, FoundHost, NetworkKind};
use super::shaping::{bandwidth_of, bandwidth_of_distributed};
use crate::property;
use crate::vim::{
    AnyDVPortSetting, AnyVmwareDistributedVirtualSwitchVlanSpec, HostPortGroup, HostVirtualSwitch,
    ManagedObjectReference, VMwareDVSPortSetting,
};

/// The VLAN of a port group that passes all tags on.
pub(super) const ALL_TAGS: i32 = 4095;
/// What a switch's MTU is unless it is said.
pub(super) const USUAL_MTU: i32 = 1500;

impl EsxDriver {
    pub(super) async fn network_document(
        &self,
        call: &CallContext,
        network: &NetworkRef,
    ) -> Result<NetworkConfig> {
        let found = self.networks_there(call).await?;
        let one = found.existing(network)?;
        match &one.kind {
            NetworkKind::Switch(switch) => Ok(switch_document(&found, switch, &one.reference)),
            NetworkKind::Distributed(object) => {
                let setting = self.distributed_setting(call, object).await?;
                Ok(distributed_document(&one.reference, setting.as_ref()))
            }
            NetworkKind::Standard | NetworkKind::Opaque => {
                let mut config = named(&one.reference);
                config.portgroups.push(PortGroup::new(one.reference.name.clone()));
                Ok(config)
            }
        }
    }

    async fn distributed_setting(
        &self,
        call: &CallContext,
        object: &ManagedObjectReference,
    ) -> Result<Option<AnyDVPortSetting>> {
        let path = "config.defaultPortConfig";
        let mut read = property::of_object(&self.server.session, call, object, &[path]).await?;
        Ok(read.remove(path).and_then(|setting| setting.read().ok()))
    }
}

/// A standard switch as a network.
pub(super) fn switch_document(
    found: &Found,
    switch: &HostVirtualSwitch,
    reference: &NetworkRef,
) -> NetworkConfig {
    let nothing = FoundHost::default();
    let host = found.host.as_ref().unwrap_or(&nothing);
    let mut config = NetworkConfig::default();
    config.name.clone_from(&reference.name);
    config.uuid = Some(reference.uuid);
    let cards = host.network.pnic.iter().filter(|card| {
        let key = card.key.as_ref();
        key.is_some_and(|key| switch.pnic.contains(key))
    });
    let interfaces: Vec<ForwardInterface> = cards
        .map(|card| ForwardInterface::new(card.device.as_str()))
        .collect();
    if let Some(first) = interfaces.first() {
        let mut forward = Forward::default();
        forward.mode = Some(ForwardMode::Bridge);
        forward.dev.clone_from(&first.dev);
        forward.interfaces = interfaces;
        config.forward = Some(forward);
    } else if let Some(mtu) = switch.mtu.filter(|mtu| *mtu != USUAL_MTU) {
        // Of a network with cards, a document cannot say it.
        let mut size = InterfaceMtu::default();
        size.size = u32::try_from(mtu).ok();
        config.mtu = Some(size);
    }
    let policy = switch.spec.policy.as_deref();
    config.bandwidth = bandwidth_of(policy.and_then(|policy| policy.shaping_policy.as_ref()));
    config.portgroups = host.guest_groups_of(&switch.name).map(group_of).collect();
    config
}

fn group_of(group: &HostPortGroup) -> PortGroup {
    let mut known = PortGroup::new(group.spec.name.as_str());
    known.vlan = vlan_of(group.spec.vlan_id);
    known.bandwidth = bandwidth_of(group.spec.policy.shaping_policy.as_ref());
    known
}

fn vlan_of(id: i32) -> Option<Vlan> {
    let tag = u32::try_from(id).ok().filter(|id| *id > 0)?;
    let mut vlan = vlan_with([tag]);
    vlan.trunk = (id == ALL_TAGS).then_some(YesNo::Yes);
    Some(vlan)
}

fn vlan_with(tags: impl IntoIterator<Item = u32>) -> Vlan {
    let mut vlan = Vlan::default();
    for id in tags {
        let mut tag = VlanTag::default();
        tag.id = Some(id);
        vlan.tags.push(tag);
    }
    vlan
}

fn distributed_document(reference: &NetworkRef, setting: Option<&AnyDVPortSetting>) -> NetworkConfig {
    let mut config = named(reference);
    let Some(setting) = setting else { return config };
    config.bandwidth = bandwidth_of_distributed(setting);
    let vlan = setting
        .part::<VMwareDVSPortSetting>()
        .and_then(|setting| setting.vlan.as_ref());
    config.vlan = vlan.and_then(|vlan| match vlan {
        AnyVmwareDistributedVirtualSwitchVlanSpec::VmwareDistributedVirtualSwitchVlanIdSpec(one) => {
            vlan_of(one.vlan_id)
        }
        AnyVmwareDistributedVirtualSwitchVlanSpec::VmwareDistributedVirtualSwitchTrunkVlanSpec(trunk) => {
            let tags = trunk.vlan_id.iter();
            let tags = tags.flat_map(|range| range.start.max(0)..=range.end.min(ALL_TAGS));
            // Each once, whatever the server says.
            let tags: BTreeSet<u32> = tags.filter_map(|tag| u32::try_from(tag).ok()).collect();
            let mut vlan = vlan_with(tags);
            vlan.trunk = Some(YesNo::Yes);
            (!vlan.tags.is_empty()).then_some(vlan)
        }
        _ => None,
    });
    config
}

/// A network that is connected to the outside, nobody knows by what.
fn named(reference: &NetworkRef) -> NetworkConfig {
    let mut config = NetworkConfig::default();
    config.name.clone_from(&reference.name);
    config.uuid = Some(reference.uuid);
    let mut forward = Forward::default();
    forward.mode = Some(ForwardMode::Bridge);
    config.forward = Some(forward);
    config
}
