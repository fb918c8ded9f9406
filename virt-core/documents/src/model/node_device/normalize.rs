//! A device as libvirt gives it back.

use super::capability::NodeCapability;
use super::device::{DevNodeKind, NodeDeviceConfig};
use super::id::DeviceClass;
use super::kind::{NestedCapabilityKind, NetFeatureName, NetLinkState, NodeCapabilityKind, VpdAccess};
use super::nested::NestedCapability;
use super::pci::{IommuGroup, PciExpress, PciLinkValidity};
use super::query::place;
use super::system::ProductId;
use crate::model::domain::devices::Address;
use crate::sorted::sort_by_rank;
use crate::xml::Rest;

impl NodeDeviceConfig {
    /// The document as libvirt gives it back: in its order and spelling, without what it only writes and never reads
    /// (driver, address of the parent, sizes of blocks, numbers of virtual adapters).
    #[must_use]
    pub fn normalized(&self) -> Self {
        let mut device = self.canonical();
        device.driver = None;
        let (mut nodes, links): (Vec<_>, Vec<_>) = std::mem::take(&mut device.devnodes)
            .into_iter()
            .partition(|node| node.kind == Some(DevNodeKind::Dev));
        device.devnodes = nodes.pop().into_iter().chain(links).collect();
        device.parent = device.parent.take().and_then(|mut parent| {
            parent.wwnn = None;
            parent.wwpn = None;
            parent.fabric_wwn = None;
            parent
                .name
                .as_ref()
                .is_some_and(|name| !name.is_empty())
                .then_some(parent)
        });
        device.capabilities.iter_mut().for_each(normalize);
        device.canonical()
    }
}

fn normalize(one: &mut NodeCapability) {
    if let Some(product) = &mut one.product {
        named(product);
    }
    if let Some(vendor) = &mut one.vendor {
        named(vendor);
    }
    let is_header = |kind: &NestedCapabilityKind| {
        matches!(
            kind,
            NestedCapabilityKind::PciBridge | NestedCapabilityKind::CardbusBridge
        )
    };
    match &one.kind {
        Some(NodeCapabilityKind::System) => system(one),
        Some(NodeCapabilityKind::Pci) => {
            let known = |kind: &NestedCapabilityKind| {
                is_header(kind)
                    || matches!(
                        kind,
                        NestedCapabilityKind::PhysicalFunction
                            | NestedCapabilityKind::VirtualFunctions
                            | NestedCapabilityKind::MdevTypes
                            | NestedCapabilityKind::Vpd
                    )
            };
            let mut has_header = false;
            one.capabilities.retain(|nested| match &nested.kind {
                Some(kind) if is_header(kind) => !std::mem::replace(&mut has_header, true),
                Some(kind) => known(kind),
                None => false,
            });
            pci(one);
        }
        Some(NodeCapabilityKind::Net) => net(one),
        Some(NodeCapabilityKind::Storage) => storage(one),
        Some(NodeCapabilityKind::Mdev) => {
            one.parent_addr = None;
            let group = one.iommu_group.get_or_insert_default();
            group.number.get_or_insert(0);
            group.addresses.clear();
        }
        _ => {}
    }
    one.capabilities.iter_mut().for_each(normalize_nested);
    one.capabilities
        .retain(|nested| nested.kind != Some(NestedCapabilityKind::MdevTypes) || !nested.types.is_empty());
    sort_by_rank(&mut one.capabilities, |nested| rank(nested.kind.as_ref()));
}

/// libvirt's order of what a device can do.
fn rank(kind: Option<&NestedCapabilityKind>) -> usize {
    match kind {
        Some(NestedCapabilityKind::CardbusBridge) => rank(Some(&NestedCapabilityKind::PciBridge)),
        Some(kind) => NestedCapabilityKind::KNOWN
            .iter()
            .position(|known| known == kind)
            .unwrap_or(NestedCapabilityKind::KNOWN.len()),
        None => NestedCapabilityKind::KNOWN.len(),
    }
}

/// An empty name is none.
fn named(product: &mut ProductId) {
    clear_empty(&mut product.name);
}

fn clear_empty(text: &mut Option<String>) {
    if text.as_deref() == Some("") {
        *text = None;
    }
}

fn system(one: &mut NodeCapability) {
    if one.product.as_ref().is_some_and(|product| product.name.is_none()) {
        one.product = None;
    }
    let hardware = one.hardware.get_or_insert_default();
    for text in [&mut hardware.vendor, &mut hardware.version, &mut hardware.serial] {
        clear_empty(text);
    }
    let firmware = one.firmware.get_or_insert_default();
    for text in [
        &mut firmware.vendor,
        &mut firmware.version,
        &mut firmware.release_date,
    ] {
        clear_empty(text);
    }
}

fn pci(one: &mut NodeCapability) {
    if let Some(class) = &mut one.class {
        *class = DeviceClass::pci(class.value());
    }
    one.iommu_group = one.iommu_group.take().and_then(|mut group| {
        spell(&mut group.addresses);
        let IommuGroup { addresses, .. } = &group;
        (!addresses.is_empty()).then_some(group)
    });
    if one
        .numa
        .as_ref()
        .is_some_and(|numa| numa.node.is_none_or(|node| node < 0))
    {
        one.numa = None;
    }
    if let Some(express) = &mut one.pci_express {
        links(express);
    }
}

/// What the link can do, then what it does, each once.
fn links(express: &mut PciExpress) {
    let mut found = Vec::new();
    for validity in [PciLinkValidity::Capability, PciLinkValidity::Status] {
        let link = express
            .links
            .iter()
            .find(|link| link.validity.as_ref() == Some(&validity));
        found.extend(link.cloned());
    }
    for link in &mut found {
        if link.port.is_some_and(|port| port < 0) {
            link.port = None;
        }
    }
    express.links = found;
}

fn net(one: &mut NodeCapability) {
    clear_empty(&mut one.address);
    if let Some(link) = &one.link
        && link.speed.unwrap_or(0) == 0
        && link.state.is_none()
    {
        one.link = None;
    }
    if let Some(link) = &mut one.link {
        if link.speed == Some(0) {
            link.speed = None;
        }
        if let Some(NetLinkState::Unknown(word)) = &link.state
            && word.is_empty()
        {
            link.state = None;
        }
    }
    let order =
        |name: Option<&NetFeatureName>| NetFeatureName::KNOWN.iter().position(|known| Some(known) == name);
    sort_by_rank(&mut one.features, |feature| order(feature.name.as_ref()));
    one.features.dedup_by(|one, other| one.name == other.name);
    one.capabilities.truncate(1);
}

fn storage(one: &mut NodeCapability) {
    one.logical_block_size = None;
    one.num_blocks = None;
    for text in [&mut one.bus, &mut one.drive_type, &mut one.model, &mut one.serial] {
        clear_empty(text);
    }
    if one.vendor.as_ref().is_some_and(|vendor| vendor.name.is_none()) {
        one.vendor = None;
    }
    if one.nested(&NestedCapabilityKind::Removable).is_some() {
        one.size = None;
    }
}

fn normalize_nested(nested: &mut NestedCapability) {
    match &nested.kind {
        Some(NestedCapabilityKind::PhysicalFunction) => {
            nested.addresses.truncate(1);
            spell(&mut nested.addresses);
        }
        Some(NestedCapabilityKind::VirtualFunctions) => {
            if nested.max_count == Some(0) {
                nested.max_count = None;
            }
            spell(&mut nested.addresses);
        }
        Some(NestedCapabilityKind::MdevTypes) => {
            for one in &mut nested.types {
                clear_empty(&mut one.name);
            }
        }
        Some(NestedCapabilityKind::Vpd) => vital_product_data(nested),
        Some(NestedCapabilityKind::FcHost) => clear_empty(&mut nested.fabric_wwn),
        Some(NestedCapabilityKind::VportOps) => {
            nested.max_vports = Some(0);
            nested.vports = Some(0);
        }
        Some(NestedCapabilityKind::Removable) => {
            nested.media_available = Some(u8::from(nested.media_available == Some(1)));
            nested.logical_block_size = None;
            nested.num_blocks = None;
            clear_empty(&mut nested.media_label);
        }
        _ => {}
    }
}

/// What the maker has written, then what the owner may write; of each what belongs there.
fn vital_product_data(nested: &mut NestedCapability) {
    nested.fields.retain(|fields| fields.access.is_some());
    sort_by_rank(&mut nested.fields, |fields| {
        fields.access == Some(VpdAccess::ReadWrite)
    });
    for fields in &mut nested.fields {
        if fields.access == Some(VpdAccess::ReadWrite) {
            fields.change_level = None;
            fields.manufacture_id = None;
            fields.part_number = None;
            fields.serial_number = None;
        } else {
            fields.asset_tag = None;
            fields.system_fields.clear();
        }
    }
}

/// Addresses in full, hexadecimal.
fn spell(addresses: &mut [Address]) {
    for address in addresses {
        if let Some(place) = place(address) {
            let zpci = address.zpci.take();
            *address = Address {
                kind: None,
                zpci,
                rest: Rest::default(),
                ..Address::from(place)
            };
        }
    }
}
