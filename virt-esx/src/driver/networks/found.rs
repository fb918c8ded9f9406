//! The networks that a connection is about: looked at anew each time, as nothing tells of them.

use std::collections::HashMap;

use virt_core::network::{NetworkRef, NetworkSelector};
use virt_core::{CallContext, Error, ErrorKind, Result, Subject};

use super::super::EsxDriver;
use super::identity::uuid_of_key;
use crate::inventory::unescaped;
use crate::listed::listed;
use crate::property;
use crate::vim::{
    AnyValue, HostNetworkInfo, HostPortGroup, HostProxySwitch, HostVirtualNic, HostVirtualSwitch,
    ManagedObjectReference, ObjectContent, ObjectSpec, PhysicalNic, PropertyFilterSpec, PropertySpec, Value,
};

/// What is read of a host.
const HOST: &[&str] = &["network", "configManager.networkSystem"];
/// What is read of the only host.
const OF_THE_HOST: &[&str] = &[
    "config.network.vswitch",
    "config.network.portgroup",
    "config.network.pnic",
    "config.network.vnic",
    "config.network.consoleVnic",
    "config.network.proxySwitch",
];
/// The kinds of networks, and what is read of them.
const KINDS: &[(&str, &[&str])] = &[
    ("Network", &["name"]),
    ("DistributedVirtualPortgroup", &["name", "key", "tag"]),
    ("OpaqueNetwork", &["name", "summary"]),
];
/// The tag of the port groups by which a distributed switch goes out: guests are not connected to those.
const UPLINKS: &str = "SYSTEM/DVS.UPLINKDVPG";

/// All networks there are.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) networks: Vec<FoundNetwork>,
    /// The host, where the connection is about one.
    pub(super) host: Option<FoundHost>,
}

/// A network.
#[derive(Debug)]
pub(super) struct FoundNetwork {
    pub(super) reference: NetworkRef,
    pub(super) kind: NetworkKind,
}

/// What a network is.
#[derive(Debug)]
pub(super) enum NetworkKind {
    /// A standard switch.
    Switch(Box<HostVirtualSwitch>),
    /// A port group of a standard switch, where hosts are not told apart.
    Standard,
    /// A port group of a distributed switch.
    Distributed(ManagedObjectReference),
    /// One of NSX.
    Opaque,
}

/// A host's network.
#[derive(Debug, Default)]
pub(super) struct FoundHost {
    /// Who changes it.
    pub(super) system: Option<ManagedObjectReference>,
    /// The switches, port groups and cards there are. Nothing else of it is read.
    pub(super) network: HostNetworkInfo,
    /// The networks of the inventory that are port groups of the host, by their names.
    pub(super) objects: HashMap<String, ManagedObjectReference>,
}

impl EsxDriver {
    /// Looks at the networks of the hosts that the connection is about.
    pub(super) async fn networks_there(&self, call: &CallContext) -> Result<Found> {
        let hosts = self.objects_of_kind(call, "HostSystem", HOST).await?;
        let mut objects: Vec<ManagedObjectReference> = Vec::new();
        for network in hosts.iter().flat_map(networks_of) {
            if !objects.contains(&network) {
                objects.push(network);
            }
        }
        let mut found = Found::default();
        let mut standard = HashMap::new();
        for object in self.network_objects(call, objects).await? {
            let name = unescaped(&text_of(&object, "name"));
            match object.obj.kind.as_str() {
                "DistributedVirtualPortgroup" if has_tag(&object, UPLINKS) => {}
                "DistributedVirtualPortgroup" => {
                    let key = Some(text_of(&object, "key")).filter(|key| !key.is_empty());
                    let key = key.unwrap_or_else(|| object.obj.value.clone());
                    found.add(&key, name, NetworkKind::Distributed(object.obj));
                }
                "OpaqueNetwork" => {
                    let id = opaque_id(&object).unwrap_or_else(|| object.obj.value.clone());
                    found.add(&id, name, NetworkKind::Opaque);
                }
                _ => {
                    standard.insert(name, object.obj);
                }
            }
        }
        let [host] = hosts.as_slice() else {
            for (name, object) in standard {
                found.add(&object.value, name, NetworkKind::Standard);
            }
            return Ok(found);
        };
        let mut host = self.network_of_host(call, host).await?;
        host.objects = standard;
        for switch in &host.network.vswitch {
            let kind = NetworkKind::Switch(Box::new(switch.clone()));
            found.add(&switch.key, switch.name.clone(), kind);
        }
        found.host = Some(host);
        Ok(found)
    }

    async fn network_objects(
        &self,
        call: &CallContext,
        objects: Vec<ManagedObjectReference>,
    ) -> Result<Vec<ObjectContent>> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let spec = |(kind, paths): &(&str, &[&str])| PropertySpec {
            type_: (*kind).to_owned(),
            all: Some(false),
            path_set: paths.iter().map(|path| (*path).to_owned()).collect(),
        };
        let is_there = |(kind, _): &&(&str, &[&str])| objects.iter().any(|object| object.kind == *kind);
        let object = |obj| ObjectSpec {
            obj,
            ..ObjectSpec::default()
        };
        let spec = PropertyFilterSpec {
            prop_set: KINDS.iter().filter(is_there).map(spec).collect(),
            object_set: objects.into_iter().map(object).collect(),
            report_missing_objects_in_results: Some(true),
        };
        property::of_objects(&self.server.session, call, spec).await
    }

    async fn network_of_host(&self, call: &CallContext, host: &ObjectContent) -> Result<FoundHost> {
        let mut read = property::of_object(&self.server.session, call, &host.obj, OF_THE_HOST).await?;
        let network = HostNetworkInfo {
            vswitch: list::<HostVirtualSwitch>(read.remove("config.network.vswitch"))?,
            portgroup: list::<HostPortGroup>(read.remove("config.network.portgroup"))?,
            pnic: list::<PhysicalNic>(read.remove("config.network.pnic"))?,
            vnic: list::<HostVirtualNic>(read.remove("config.network.vnic"))?,
            console_vnic: list::<HostVirtualNic>(read.remove("config.network.consoleVnic"))?,
            proxy_switch: list::<HostProxySwitch>(read.remove("config.network.proxySwitch"))?,
            ..HostNetworkInfo::default()
        };
        let system = value_of(host, "configManager.networkSystem").and_then(|value| value.read().ok());
        Ok(FoundHost {
            system,
            network,
            objects: HashMap::new(),
        })
    }
}

impl Found {
    fn add(&mut self, key: &str, name: String, kind: NetworkKind) {
        self.networks.push(FoundNetwork {
            reference: NetworkRef::new(uuid_of_key(key), name),
            kind,
        });
    }

    /// The network that a selector names.
    pub(super) fn select(&self, selector: &NetworkSelector) -> Result<&FoundNetwork> {
        let mut hits = self
            .networks
            .iter()
            .filter(|one| selector.matches(&one.reference));
        let found = hits.next();
        if found.is_some() && hits.next().is_some() {
            let message =
                "several networks are called so: say the uuid, or a part of the inventory in the URI";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with_subject(Subject::Network(selector.to_string())));
        }
        found.ok_or_else(|| {
            let message = format!("no such network (there are: {})", self.some_names());
            Error::new(ErrorKind::NotFound, message).with_subject(Subject::Network(selector.to_string()))
        })
    }

    /// The network of a handle.
    pub(super) fn existing(&self, network: &NetworkRef) -> Result<&FoundNetwork> {
        let found = self
            .networks
            .iter()
            .find(|one| one.reference.uuid == network.uuid);
        found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "the network is not there (any more)")
                .with_subject(Subject::from(network))
        })
    }

    fn some_names(&self) -> String {
        listed(
            self.networks
                .iter()
                .map(|one| one.reference.name.clone())
                .collect(),
        )
    }
}

impl FoundHost {
    /// The port groups of a switch.
    pub(super) fn groups_of<'a>(&'a self, switch: &'a str) -> impl Iterator<Item = &'a HostPortGroup> {
        let groups = self.network.portgroup.iter();
        groups.filter(move |group| group.spec.vswitch_name == switch)
    }

    /// Those that guests are connected to: the host keeps others for itself, which are no networks of the inventory.
    pub(super) fn guest_groups_of<'a>(&'a self, switch: &'a str) -> impl Iterator<Item = &'a HostPortGroup> {
        let groups = self.groups_of(switch);
        groups.filter(|group| self.objects.contains_key(&group.spec.name))
    }
}

fn list<T: Value>(value: Option<AnyValue>) -> Result<Vec<T>> {
    let read = value.map(|value| value.list()).transpose();
    read.map(Option::unwrap_or_default).map_err(|error| {
        Error::new(
            ErrorKind::Corrupt,
            "what the host says of its network is not understood",
        )
        .with_source(error)
    })
}

fn networks_of(host: &ObjectContent) -> Vec<ManagedObjectReference> {
    let networks = value_of(host, "network").and_then(|networks| networks.list().ok());
    networks.unwrap_or_default()
}

fn value_of<'a>(object: &'a ObjectContent, path: &str) -> Option<&'a AnyValue> {
    let property = object.prop_set.iter().find(|property| property.name == path);
    property.map(|property| &property.val)
}

fn text_of(object: &ObjectContent, path: &str) -> String {
    value_of(object, path).map(AnyValue::text).unwrap_or_default()
}

fn has_tag(object: &ObjectContent, wanted: &str) -> bool {
    let tags = value_of(object, "tag");
    let mut tags = tags.iter().flat_map(|tags| tags.element().elements());
    tags.any(|tag| child_text(tag, "key").is_some_and(|key| key == wanted))
}

fn opaque_id(object: &ObjectContent) -> Option<String> {
    child_text(value_of(object, "summary")?.element(), "opaqueNetworkId").filter(|id| !id.is_empty())
}

fn child_text(element: &virt_core::xml::Element, name: &str) -> Option<String> {
    let child = element.elements().find(|child| child.name.local() == name)?;
    Some(child.text())
}
