//! Definitions: how networks come, change and go.

use std::net::Ipv4Addr;

use uuid::Uuid;

use super::record::{NetworkRecord, NetworkRun, bridge_of};
use crate::domain::{ConfigScope, MetadataItem};
use crate::error::{Error, ErrorKind, Result};
use crate::event::NetworkChange;
use crate::model::network::NetworkUpdate;
use crate::model::{MacAddress, NetworkConfig};
use crate::network::{NetworkRef, NetworkSelector, NetworkXmlOptions};
use crate::test::document::MetadataChange;
use crate::test::world::World;

/// The uuid libvirt gave this network.
const DEFAULT_UUID: Uuid = Uuid::from_u128(0xdd8f_e884_6c02_601e_7551_cca9_7df1_c5df);

/// The network that is there in `test:///default`: as libvirt's.
pub(in crate::test) fn populate_default(world: &mut World) -> Result<()> {
    let last_two = |last| Ipv4Addr::new(192, 168, 122, last);
    let config = NetworkConfig::builder("default")
        .uuid(DEFAULT_UUID)
        .nat()
        .bridge_name("virbr0")
        .ip(last_two(1), 24)
        .dhcp_range(last_two(2), last_two(254))
        .build()?;
    let network = world.define_network(config)?;
    world.start_network(network.uuid)
}

impl World {
    pub(in crate::test) fn lookup_network(&self, selector: &NetworkSelector) -> Result<NetworkRef> {
        let mut records = self.networks.values();
        let found = records.find(|record| selector.matches(record.reference()));
        found
            .map(|record| record.reference().clone())
            .ok_or_else(|| self.no_such_network())
    }

    pub(in crate::test) fn network_config(
        &self,
        network: Uuid,
        options: &NetworkXmlOptions,
    ) -> Result<NetworkConfig> {
        let record = self.network(network)?;
        let config = match (&record.run, &record.definition) {
            (Some(run), None) if options.inactive => Some(&run.at_start),
            (Some(run), _) if !options.inactive => Some(&run.config),
            (_, definition) => definition.as_ref(),
        };
        config
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "a network without run and definition"))
    }

    pub(in crate::test) fn define_network(&mut self, config: NetworkConfig) -> Result<NetworkRef> {
        let (reference, config) = self.accept_network(config)?;
        let record = self
            .networks
            .or_insert_with(reference.uuid, || NetworkRecord::new(reference.clone()));
        record.definition = Some(config);
        self.tell_network(&reference, NetworkChange::Defined);
        Ok(reference)
    }

    pub(in crate::test) fn create_network(&mut self, config: NetworkConfig) -> Result<NetworkRef> {
        let (reference, config) = self.accept_network(config)?;
        let record = self
            .networks
            .or_insert_with(reference.uuid, || NetworkRecord::new(reference.clone()));
        if record.run.is_some() {
            return Err(already_active());
        }
        record.run = Some(NetworkRun::new(config));
        self.network_started(&reference);
        Ok(reference)
    }

    pub(in crate::test) fn undefine_network(&mut self, network: Uuid) -> Result<()> {
        let record = self.persistent_network(network)?;
        record.definition = None;
        record.autostart = false;
        let (is_active, reference) = (record.run.is_some(), record.reference().clone());
        if !is_active {
            self.networks.remove(&network);
        }
        self.tell_network(&reference, NetworkChange::Undefined);
        Ok(())
    }

    pub(in crate::test) fn set_network_autostart(&mut self, network: Uuid, autostart: bool) -> Result<()> {
        self.persistent_network(network)?.autostart = autostart;
        Ok(())
    }

    pub(in crate::test) fn update_network(
        &mut self,
        network: Uuid,
        update: &NetworkUpdate,
        scope: ConfigScope,
    ) -> Result<()> {
        self.edit_network(network, scope, |config| Ok(config.updated(update)?))
    }

    pub(in crate::test) fn set_network_metadata(
        &mut self,
        network: Uuid,
        item: &MetadataItem,
        scope: ConfigScope,
    ) -> Result<()> {
        let change = MetadataChange::of(item)?;
        self.edit_network(network, scope, |config| {
            let mut config = config.clone();
            change.apply_to(&mut config.title, &mut config.description, &mut config.metadata)?;
            Ok(config)
        })?;
        let reference = self.network(network)?.reference().clone();
        self.tell_network(&reference, NetworkChange::MetadataChanged);
        Ok(())
    }

    /// Changes the configurations a scope means: all of them, or none.
    fn edit_network(
        &mut self,
        network: Uuid,
        scope: ConfigScope,
        change: impl Fn(&NetworkConfig) -> Result<NetworkConfig>,
    ) -> Result<()> {
        let record = self.network_mut(network)?;
        let (live, inactive) =
            scope.resolve_for("network", record.run.is_some(), record.definition.is_some())?;
        let run = record.run.as_mut().filter(|_| live);
        let definition = record.definition.as_mut().filter(|_| inactive);
        let new_run = run.as_ref().map(|run| change(&run.config)).transpose()?;
        let new_definition = definition.as_ref().map(|config| change(config)).transpose()?;
        if let (Some(run), Some(config)) = (run, new_run) {
            run.config = config;
        }
        if let (Some(definition), Some(config)) = (definition, new_definition) {
            *definition = config;
        }
        Ok(())
    }

    /// The document as it is kept: checked, with a uuid, a bridge and its address.
    fn accept_network(&self, config: NetworkConfig) -> Result<(NetworkRef, NetworkConfig)> {
        config.validate()?;
        let mut config = config.normalized();
        let uuid = self.identify_network(&config)?;
        config.uuid = Some(uuid);
        if let Some(bridge) = &mut config.bridge {
            match &bridge.name {
                Some(name) => self.check_bridge(uuid, name)?,
                None => bridge.name = Some(self.free_bridge()),
            }
            let mac = config.mac.get_or_insert_default();
            mac.address.get_or_insert_with(random_mac);
        }
        Ok((NetworkRef::new(uuid, config.name.clone()), config))
    }

    /// The uuid a document belongs to: its own, that of the network of its name and uuid, or a new one.
    fn identify_network(&self, config: &NetworkConfig) -> Result<Uuid> {
        let mut records = self.networks.values().map(NetworkRecord::reference);
        let namesake = records.find(|known| known.name == config.name);
        let message = match (config.uuid, namesake) {
            (Some(wanted), Some(known)) if wanted == known.uuid => return Ok(wanted),
            (None, None) => return Ok(Uuid::new_v4()),
            (_, Some(known)) => format!(
                "a network of this name exists already, with uuid {}: give that uuid to replace it",
                known.uuid
            ),
            (Some(wanted), None) => match self.networks.get(&wanted) {
                None => return Ok(wanted),
                Some(other) => format!(
                    "uuid {wanted} belongs to the network {:?}: leave the uuid out",
                    other.reference().name
                ),
            },
        };
        Err(Error::new(ErrorKind::AlreadyExists, message))
    }

    fn check_bridge(&self, uuid: Uuid, name: &str) -> Result<()> {
        let others = self
            .networks
            .values()
            .filter(|other| other.reference().uuid != uuid);
        let mut namesakes = others.filter(|other| other.config().and_then(bridge_of) == Some(name));
        match namesakes.next() {
            None => Ok(()),
            Some(other) => Err(Error::new(
                ErrorKind::AlreadyExists,
                format!(
                    "the bridge {name:?} belongs to the network {:?}",
                    other.reference().name
                ),
            )),
        }
    }

    /// The first of `virbr0`, `virbr1` … that no network has.
    fn free_bridge(&self) -> String {
        let taken = |name: &str| {
            let mut configs = self.networks.values().filter_map(NetworkRecord::config);
            configs.any(|config| bridge_of(config) == Some(name))
        };
        let mut names = (0u64..).map(|number| format!("virbr{number}"));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    fn persistent_network(&mut self, network: Uuid) -> Result<&mut NetworkRecord> {
        let record = self.network_mut(network)?;
        if record.definition.is_none() {
            let message = "the network is transient: it has no definition (define it to keep it)";
            return Err(Error::new(ErrorKind::InvalidState, message));
        }
        Ok(record)
    }
}

pub(super) fn already_active() -> Error {
    Error::new(ErrorKind::InvalidState, "the network is active already")
}

/// An Ethernet address of the range libvirt gives to bridges.
fn random_mac() -> MacAddress {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    MacAddress::new([0x52, 0x54, 0x00, a, b, c])
}
