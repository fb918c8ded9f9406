//! Ports of networks.

use uuid::Uuid;
use virt_core::model::NetworkPortConfig;
use virt_core::model::domain::devices::{Bandwidth, BandwidthLimit};
use virt_core::network::{NetworkPortRef, NetworkRef};
use virt_core::{CallContext, Error, ErrorKind, Result};

use crate::driver::{RemoteConnection, document, objects};
use crate::protocol::remote::network_port::{
    NetworkListAllPorts, NetworkListAllPortsArgs, NetworkPortCreateXml, NetworkPortCreateXmlArgs,
    NetworkPortDelete, NetworkPortDeleteArgs, NetworkPortGetXmlDesc, NetworkPortGetXmlDescArgs,
    NetworkPortLookupByUuid, NetworkPortLookupByUuidArgs, NetworkPortSetParameters,
    NetworkPortSetParametersArgs,
};
use crate::protocol::xdr::TypedParams;

impl RemoteConnection {
    pub(super) async fn network_ports(
        &self,
        call: &CallContext,
        network: &NetworkRef,
    ) -> Result<Vec<NetworkPortRef>> {
        let args = NetworkListAllPortsArgs {
            network: objects::network(network),
            need_results: 1,
            flags: 0,
        };
        let listed = self.link.call::<NetworkListAllPorts>(call, &args).await?.ports;
        let mut ports: Vec<NetworkPortRef> = listed.iter().map(objects::port_ref).collect();
        ports.sort_by_key(|port| port.uuid);
        Ok(ports)
    }

    pub(super) async fn network_port(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        uuid: Uuid,
    ) -> Result<NetworkPortRef> {
        let args = NetworkPortLookupByUuidArgs {
            network: objects::network(network),
            uuid,
        };
        let found = self.link.call::<NetworkPortLookupByUuid>(call, &args).await?;
        Ok(objects::port_ref(&found.port))
    }

    pub(super) async fn create_network_port(
        &self,
        call: &CallContext,
        network: &NetworkRef,
        config: &NetworkPortConfig,
    ) -> Result<NetworkPortRef> {
        config.validate()?;
        // The daemon makes none up.
        let mut config = config.clone();
        config.uuid.get_or_insert_with(Uuid::new_v4);
        let args = NetworkPortCreateXmlArgs {
            network: objects::network(network),
            xml: config.to_xml().into(),
            flags: 0,
        };
        let created = self.link.call::<NetworkPortCreateXml>(call, &args).await?;
        Ok(objects::port_ref(&created.port))
    }

    pub(super) async fn network_port_config(
        &self,
        call: &CallContext,
        port: &NetworkPortRef,
    ) -> Result<NetworkPortConfig> {
        let args = NetworkPortGetXmlDescArgs {
            port: objects::port(port),
            flags: 0,
        };
        let text = self.link.call::<NetworkPortGetXmlDesc>(call, &args).await?.xml;
        NetworkPortConfig::from_xml(&text.text()).map_err(|error| document::not_understood("port", error))
    }

    pub(super) async fn limit_network_port(
        &self,
        call: &CallContext,
        port: &NetworkPortRef,
        bandwidth: &Bandwidth,
    ) -> Result<()> {
        let params = limit(TypedParams::new(), "inbound", bandwidth.inbound.as_ref())?;
        let params = limit(params, "outbound", bandwidth.outbound.as_ref())?;
        let args = NetworkPortSetParametersArgs {
            port: objects::port(port),
            params,
            flags: 0,
        };
        Ok(self.link.call::<NetworkPortSetParameters>(call, &args).await?)
    }

    pub(super) async fn delete_network_port(&self, call: &CallContext, port: &NetworkPortRef) -> Result<()> {
        let args = NetworkPortDeleteArgs {
            port: objects::port(port),
            flags: 0,
        };
        Ok(self.link.call::<NetworkPortDelete>(call, &args).await?)
    }
}

/// The limit of a direction (`VIR_NETWORK_PORT_BANDWIDTH_…`). An average of 0 takes an earlier limit away.
fn limit(params: TypedParams, direction: &str, limit: Option<&BandwidthLimit>) -> Result<TypedParams> {
    let average = format!("{direction}.average");
    let Some(limit) = limit else {
        return Ok(params.with(average, 0_u32));
    };
    let refuse = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
    if limit.average.unwrap_or_default() == 0 {
        return refuse(format!("the {direction} limit of a port has an average"));
    }
    let mut params = params;
    for (name, number) in [
        (average, limit.average),
        (format!("{direction}.peak"), limit.peak),
        (format!("{direction}.burst"), limit.burst),
        (format!("{direction}.floor"), limit.floor),
    ] {
        let Some(number) = number else { continue };
        let Ok(number) = u32::try_from(number) else {
            return refuse(format!("{name} is {number}, and at most {}", u32::MAX));
        };
        params.push(name, number);
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_that_is_not_said_is_unlimited_and_one_without_average_is_refused() {
        let params = limit(TypedParams::new(), "inbound", None).unwrap();
        assert_eq!(params.u64("inbound.average"), Some(0));
        let error = limit(TypedParams::new(), "outbound", Some(&BandwidthLimit::default())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}
