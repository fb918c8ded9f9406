//! Ports: who is connected.

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::model::NetworkPortConfig;
use crate::model::domain::devices::Bandwidth;
use crate::model::network_port::{NetworkPortPlug, PlugType};
use crate::network::{NetworkPortRef, NetworkRef};
use crate::test::world::World;

impl World {
    pub(in crate::test) fn network_ports(&mut self, network: Uuid) -> Result<Vec<NetworkPortRef>> {
        let record = self.network_mut(network)?;
        let reference = record.reference().clone();
        let ports = record.active()?.ports.keys();
        Ok(ports
            .map(|port| NetworkPortRef::new(reference.clone(), *port))
            .collect())
    }

    pub(in crate::test) fn network_port(&mut self, network: Uuid, port: Uuid) -> Result<NetworkPortRef> {
        let record = self.network_mut(network)?;
        let reference = record.reference().clone();
        match record.active()?.ports.contains_key(&port) {
            true => Ok(NetworkPortRef::new(reference, port)),
            false => Err(no_such_port(port)),
        }
    }

    pub(in crate::test) fn create_network_port(
        &mut self,
        network: &NetworkRef,
        config: &NetworkPortConfig,
    ) -> Result<NetworkPortRef> {
        config.validate()?;
        let mut config = config.normalized();
        let record = self.network_mut(network.uuid)?;
        let reference = record.reference().clone();
        let run = record.active()?;
        let uuid = *config.uuid.get_or_insert_with(Uuid::new_v4);
        if run.ports.contains_key(&uuid) {
            let message = format!("the network has a port of uuid {uuid} already: leave the uuid out");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        if let (None, Some(bridge)) = (&config.plug, run.bridge()) {
            let mut plug = NetworkPortPlug::default();
            plug.kind = Some(PlugType::Network);
            plug.bridge = Some(bridge.to_owned());
            config.plug = Some(plug);
        }
        run.ports.insert(uuid, config);
        Ok(NetworkPortRef::new(reference, uuid))
    }

    pub(in crate::test) fn network_port_config(
        &mut self,
        port: &NetworkPortRef,
    ) -> Result<NetworkPortConfig> {
        self.port_mut(port).map(|config| config.clone())
    }

    pub(in crate::test) fn set_network_port_bandwidth(
        &mut self,
        port: &NetworkPortRef,
        bandwidth: &Bandwidth,
    ) -> Result<()> {
        for (limit, direction) in [(&bandwidth.inbound, "inbound"), (&bandwidth.outbound, "outbound")] {
            if limit
                .as_ref()
                .is_some_and(|limit| limit.average.unwrap_or_default() == 0)
            {
                let message = format!("the {direction} limit of a port has an average");
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
        }
        let config = self.port_mut(port)?;
        let limits_something = bandwidth.inbound.is_some() || bandwidth.outbound.is_some();
        config.bandwidth = limits_something.then(|| bandwidth.clone());
        Ok(())
    }

    pub(in crate::test) fn delete_network_port(&mut self, port: &NetworkPortRef) -> Result<()> {
        self.port_mut(port)?;
        let run = self.network_mut(port.network.uuid)?.active()?;
        run.ports.remove(&port.uuid);
        Ok(())
    }

    fn port_mut(&mut self, port: &NetworkPortRef) -> Result<&mut NetworkPortConfig> {
        let run = self.network_mut(port.network.uuid)?.active()?;
        run.ports
            .get_mut(&port.uuid)
            .ok_or_else(|| no_such_port(port.uuid))
    }
}

fn no_such_port(port: Uuid) -> Error {
    Error::new(ErrorKind::NotFound, format!("the network has no port {port}"))
}
