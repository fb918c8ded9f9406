//! What libvirt's parser asks of a device.

use super::capability::NodeCapability;
use super::device::{DevNodeKind, NodeDeviceConfig, NodeParent};
use super::kind::{DrmNode, NestedCapabilityKind, NetFeatureName, NodeCapabilityKind, VpdAccess};
use super::nested::{MediatedType, NestedCapability};
use crate::model::value::is_world_wide_name;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlError, XmlProblem, trimmed};

impl NodeDeviceConfig {
    /// Checks what libvirt asks of every device: that it is something, and says what such a device has. A device that
    /// is to be made needs no name; a mediated one needs a parent.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        self.check().map_err(|error| error.within("/device"))?;
        check_values(self)
    }

    fn check(&self) -> Result<(), XmlError> {
        for (index, node) in self.devnodes.iter().enumerate() {
            let path = format!("devnode[{}]/@type", index + 1);
            match &node.kind {
                None => return Err(missing(&path, &node.rest, "the attribute 'type'")),
                Some(DevNodeKind::Unknown(word)) => {
                    let sentence = format!("'{word}' is no type of a device node: it is 'dev' or 'link'");
                    return Err(wrong(&path, &node.rest, sentence));
                }
                Some(_) => {}
            }
        }
        if let Some(parent) = &self.parent {
            check_parent(parent)?;
        }
        if self.capabilities.is_empty() {
            return Err(missing("capability", &self.rest, "the element <capability>"));
        }
        for (index, capability) in self.capabilities.iter().enumerate() {
            let path = format!("capability[{}]", index + 1);
            check_capability(capability).map_err(|error| error.within(&path))?;
            if capability.kind == Some(NodeCapabilityKind::Mdev) && self.parent_name().is_none() {
                let what = "the parent of the mediated device, the name of the device it is made of,";
                return Err(missing("parent", &self.rest, what));
            }
        }
        Ok(())
    }
}

fn check_parent(parent: &NodeParent) -> Result<(), XmlError> {
    let rest = &parent.rest;
    match (&parent.wwnn, &parent.wwpn) {
        (Some(_), None) => {
            return Err(missing(
                "parent/@wwpn",
                rest,
                "the attribute 'wwpn' beside 'wwnn'",
            ));
        }
        (None, Some(_)) => {
            return Err(missing(
                "parent/@wwnn",
                rest,
                "the attribute 'wwnn' beside 'wwpn'",
            ));
        }
        _ => {}
    }
    check_wwn("parent/@wwnn", rest, parent.wwnn.as_deref())?;
    check_wwn("parent/@wwpn", rest, parent.wwpn.as_deref())?;
    check_wwn("parent/@fabric_wwn", rest, parent.fabric_wwn.as_deref())
}

/// What a device of a kind has to say: path, and whether it is there.
type Needed = &'static [(&'static str, fn(&NodeCapability) -> bool)];

fn needed(kind: &NodeCapabilityKind) -> Needed {
    match kind {
        NodeCapabilityKind::System => &[("hardware/uuid", |one| {
            one.hardware
                .as_ref()
                .is_some_and(|hardware| hardware.uuid.is_some())
        })],
        NodeCapabilityKind::Pci => &[
            ("domain", |one| one.domain.is_some()),
            ("bus", |one| one.bus.is_some()),
            ("slot", |one| one.slot.is_some()),
            ("function", |one| one.function.is_some()),
            ("vendor/@id", has_vendor),
            ("product/@id", has_product),
        ],
        NodeCapabilityKind::UsbDevice => &[
            ("bus", |one| one.bus.is_some()),
            ("device", |one| one.device.is_some()),
            ("vendor/@id", has_vendor),
            ("product/@id", has_product),
        ],
        NodeCapabilityKind::Usb => &[
            ("number", |one| one.number.is_some()),
            ("class", |one| one.class.is_some()),
            ("subclass", |one| one.subclass.is_some()),
            ("protocol", |one| one.protocol.is_some()),
        ],
        NodeCapabilityKind::Net => &[("interface", |one| said(&one.interface))],
        NodeCapabilityKind::ScsiTarget => &[("target", |one| said(&one.target))],
        NodeCapabilityKind::Scsi => &[
            ("host", |one| one.host.is_some()),
            ("bus", |one| one.bus.is_some()),
            ("target", |one| one.target.is_some()),
            ("lun", |one| one.lun.is_some()),
        ],
        NodeCapabilityKind::Storage => &[("block", |one| said(&one.block)), ("size", has_size)],
        NodeCapabilityKind::Drm => &[("type", |one| word(one).is_some())],
        NodeCapabilityKind::Mdev => &[("type/@id", |one| {
            one.device_type.as_ref().is_some_and(|kind| said(&kind.id))
        })],
        NodeCapabilityKind::Ccw | NodeCapabilityKind::Css | NodeCapabilityKind::CcwGroup => &[
            ("cssid", |one| one.cssid.is_some()),
            ("ssid", |one| one.ssid.is_some()),
            ("devno", |one| one.devno.is_some()),
        ],
        NodeCapabilityKind::ApCard => &[("ap-adapter", |one| one.ap_adapter.is_some())],
        NodeCapabilityKind::ApQueue => &[
            ("ap-adapter", |one| one.ap_adapter.is_some()),
            ("ap-domain", |one| one.ap_domain.is_some()),
        ],
        _ => &[],
    }
}

/// An empty text says nothing.
fn said(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.is_empty())
}

fn has_vendor(one: &NodeCapability) -> bool {
    one.vendor.as_ref().is_some_and(|vendor| vendor.id.is_some())
}

fn has_product(one: &NodeCapability) -> bool {
    one.product.as_ref().is_some_and(|product| product.id.is_some())
}

/// A size is that of the media where these can be changed.
fn has_size(one: &NodeCapability) -> bool {
    one.size.is_some() || one.nested(&NestedCapabilityKind::Removable).is_some()
}

fn word(one: &NodeCapability) -> Option<&str> {
    one.device_type.as_ref()?.word.as_deref()
}

fn check_capability(capability: &NodeCapability) -> Result<(), XmlError> {
    let rest = &capability.rest;
    let Some(kind) = &capability.kind else {
        return Err(missing("@type", rest, "the attribute 'type'"));
    };
    if let NodeCapabilityKind::Unknown(word) = kind {
        return Err(wrong("@type", rest, format!("'{word}' is no kind of device")));
    }
    for (path, is_there) in needed(kind) {
        if !is_there(capability) {
            return Err(missing(path, rest, what(path)));
        }
    }
    check_capability_values(kind, capability)?;
    for (index, nested) in capability.capabilities.iter().enumerate() {
        let path = format!("capability[{}]", index + 1);
        check_nested(kind, nested).map_err(|error| error.within(&path))?;
    }
    Ok(())
}

fn check_capability_values(kind: &NodeCapabilityKind, capability: &NodeCapability) -> Result<(), XmlError> {
    let rest = &capability.rest;
    let number = |path: &'static str, text: &Option<String>| match text {
        Some(text) if trimmed(text).parse::<u32>().is_err() => {
            Err(wrong(path, rest, format!("'{text}' is not a whole number")))
        }
        _ => Ok(()),
    };
    match kind {
        NodeCapabilityKind::Pci => {
            number("bus", &capability.bus)?;
            if capability.class.is_some_and(|class| class.value() > 0xff_ffff) {
                return Err(wrong(
                    "class",
                    rest,
                    "the class of a PCI device has 24 bits".to_owned(),
                ));
            }
            check_pci(capability)
        }
        NodeCapabilityKind::UsbDevice => number("bus", &capability.bus),
        NodeCapabilityKind::Scsi => {
            number("bus", &capability.bus)?;
            number("target", &capability.target)
        }
        NodeCapabilityKind::Net => check_features(capability),
        NodeCapabilityKind::Drm => match word(capability).map(DrmNode::from) {
            Some(DrmNode::Unknown(word)) => {
                let sentence =
                    format!("'{word}' is no node of a graphics adapter: primary, control or render");
                Err(wrong("type", rest, sentence))
            }
            _ => Ok(()),
        },
        NodeCapabilityKind::ApCard | NodeCapabilityKind::ApQueue => {
            if capability.ap_adapter.is_some_and(|card| card.0 > 255) {
                return Err(wrong(
                    "ap-adapter",
                    rest,
                    "the number of a card is 0 to 255".to_owned(),
                ));
            }
            match capability.ap_domain {
                Some(domain) if domain.0 > 255 => Err(wrong(
                    "ap-domain",
                    rest,
                    "the number of a domain is 0 to 255".to_owned(),
                )),
                _ => Ok(()),
            }
        }
        NodeCapabilityKind::Mdev => {
            for (index, attribute) in capability.attributes.iter().enumerate() {
                let path = |name: &str| format!("attr[{}]/@{name}", index + 1);
                if attribute.name.as_deref().unwrap_or_default().is_empty() {
                    return Err(missing(&path("name"), &attribute.rest, "the attribute 'name'"));
                }
                if attribute.value.as_deref().unwrap_or_default().is_empty() {
                    return Err(missing(&path("value"), &attribute.rest, "the attribute 'value'"));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn check_pci(capability: &NodeCapability) -> Result<(), XmlError> {
    if let Some(group) = &capability.iommu_group
        && group.number.is_none()
    {
        return Err(missing(
            "iommuGroup/@number",
            &group.rest,
            "the attribute 'number'",
        ));
    }
    let links = capability.pci_express.iter().flat_map(|express| &express.links);
    for (index, link) in links.enumerate() {
        if link.width.is_none() {
            let path = format!("pci-express/link[{}]/@width", index + 1);
            return Err(missing(&path, &link.rest, "the attribute 'width'"));
        }
    }
    Ok(())
}

fn check_features(capability: &NodeCapability) -> Result<(), XmlError> {
    for (index, feature) in capability.features.iter().enumerate() {
        let path = format!("feature[{}]/@name", index + 1);
        match &feature.name {
            None => return Err(missing(&path, &feature.rest, "the attribute 'name'")),
            Some(NetFeatureName::Unknown(word)) => {
                let sentence = format!("'{word}' is no feature of a network interface");
                return Err(wrong(&path, &feature.rest, sentence));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_nested(of: &NodeCapabilityKind, nested: &NestedCapability) -> Result<(), XmlError> {
    let rest = &nested.rest;
    let Some(kind) = &nested.kind else {
        return Err(missing("@type", rest, "the attribute 'type'"));
    };
    if !can_have(of, kind) {
        return Err(wrong(
            "@type",
            rest,
            format!("a device of kind '{of}' has no capability '{kind}'"),
        ));
    }
    let need = |path: &'static str, there: bool| match there {
        true => Ok(()),
        false => Err(missing(path, rest, what(path))),
    };
    match kind {
        NestedCapabilityKind::PhysicalFunction => need("address", !nested.addresses.is_empty()),
        NestedCapabilityKind::MdevTypes => check_types(&nested.types),
        NestedCapabilityKind::Vpd => {
            need("name", said(&nested.name))?;
            check_vpd(nested)
        }
        NestedCapabilityKind::FcHost => {
            check_wwn("wwnn", rest, nested.wwnn.as_deref())?;
            check_wwn("wwpn", rest, nested.wwpn.as_deref())?;
            check_wwn("fabric_wwn", rest, nested.fabric_wwn.as_deref())
        }
        NestedCapabilityKind::FcRemotePort => {
            need("rport", said(&nested.rport))?;
            need("wwpn", said(&nested.wwpn))
        }
        NestedCapabilityKind::Removable => need("media_size", nested.media_size.is_some()),
        NestedCapabilityKind::GroupMember => need("group_device", said(&nested.group_device)),
        _ => Ok(()),
    }
}

/// Whether libvirt knows such a capability of such devices. Of PCI devices, what it does not know is passed over.
fn can_have(of: &NodeCapabilityKind, kind: &NestedCapabilityKind) -> bool {
    use NestedCapabilityKind as Nested;
    match of {
        NodeCapabilityKind::ScsiHost => matches!(kind, Nested::FcHost | Nested::VportOps),
        NodeCapabilityKind::ScsiTarget => matches!(kind, Nested::FcRemotePort),
        NodeCapabilityKind::Storage => matches!(kind, Nested::Removable | Nested::Hotpluggable),
        NodeCapabilityKind::Net => matches!(kind, Nested::Ethernet | Nested::Wireless),
        NodeCapabilityKind::CcwGroup => {
            matches!(
                kind,
                Nested::QethGeneric | Nested::QethLayer2 | Nested::QethLayer3
            )
        }
        _ => true,
    }
}

fn check_types(types: &[MediatedType]) -> Result<(), XmlError> {
    for (index, one) in types.iter().enumerate() {
        let needed = [
            ("@id", said(&one.id)),
            ("deviceAPI", said(&one.device_api)),
            ("availableInstances", one.available_instances.is_some()),
        ];
        if let Some((path, _)) = needed.iter().find(|(_, there)| !there) {
            return Err(missing(
                &format!("type[{}]/{path}", index + 1),
                &one.rest,
                what(path),
            ));
        }
    }
    Ok(())
}

fn check_vpd(nested: &NestedCapability) -> Result<(), XmlError> {
    for (index, fields) in nested.fields.iter().enumerate() {
        if let Some(VpdAccess::Unknown(word)) = &fields.access {
            let path = format!("fields[{}]/@access", index + 1);
            let sentence = format!("'{word}' is no part of vital product data: readonly or readwrite");
            return Err(wrong(&path, &fields.rest, sentence));
        }
    }
    Ok(())
}

fn check_wwn(path: &str, rest: &Rest, name: Option<&str>) -> Result<(), XmlError> {
    let Some(name) = name.filter(|name| !is_world_wide_name(name)) else {
        return Ok(());
    };
    let sentence = format!("'{name}' is no world wide name: it has 16 hexadecimal digits");
    Err(wrong(path, rest, sentence))
}

/// The last step of a path, in words.
fn what(path: &str) -> String {
    let step = path.rsplit('/').next().unwrap_or_default();
    match step.strip_prefix('@') {
        Some(attribute) => format!("the attribute '{attribute}'"),
        None => format!("the element <{step}>"),
    }
}

fn missing(path: &str, rest: &Rest, what: impl Into<String>) -> XmlError {
    at(path, rest, XmlProblem::Missing(what.into()))
}

fn wrong(path: &str, rest: &Rest, sentence: String) -> XmlError {
    at(path, rest, XmlProblem::Invalid(sentence))
}

fn at(path: &str, rest: &Rest, problem: XmlProblem) -> XmlError {
    XmlError::new(problem)
        .at(rest.position().unwrap_or_default())
        .within(path)
}
