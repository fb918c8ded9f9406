//! Ports of networks.

use virt_core::ErrorKind;
use virt_core::model::MacAddress;
use virt_core::model::domain::devices::{Bandwidth, BandwidthLimit};
use virt_core::model::network_port::PortOwner;
use virt_core::model::{NetworkPortConfig, network::NetworkMac};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "network_ports";
    a_port_comes_and_goes(None, Networks, NetworkPorts);
    a_port_needs_an_active_network_and_ends_with_it(None, Networks, NetworkPorts);
    a_port_is_limited(None, Networks, NetworkPorts);
}

fn config() -> NetworkPortConfig {
    let mut config = NetworkPortConfig::default();
    config.owner = Some(PortOwner::new("web", uuid::Uuid::new_v4()));
    let mut mac = NetworkMac::default();
    mac.address = Some(MacAddress::new([0x52, 0x54, 0x00, 0x78, 0x00, 0x01]));
    config.mac = Some(mac);
    config
}

async fn a_port_comes_and_goes(env: &Env) -> Result<(), Failure> {
    let network = env.active_network("plugged").await?;
    let wanted = config();
    let port = network.create_port(&wanted).await.doing("making a port")?;
    let back = port.config().await.doing("reading it")?;
    ensure_eq!(back.uuid, Some(port.uuid()), "its uuid");
    let owner = |config: &NetworkPortConfig| config.owner.as_ref().and_then(|owner| owner.uuid);
    ensure_eq!(owner(&back), owner(&wanted), "its owner");
    ensure!(back.plug.is_some(), "it leads nowhere: {}", back.to_xml());
    let listed: Vec<_> = network.ports().await.doing("listing ports")?;
    let listed: Vec<uuid::Uuid> = listed.iter().map(virt_core::network::NetworkPort::uuid).collect();
    ensure_eq!(listed, vec![port.uuid()], "the ports of the network");
    let found = network.port(port.uuid()).await.doing("looking it up")?;
    ensure_eq!(found.uuid(), port.uuid(), "the one that was found");
    let mut double = config();
    double.uuid = Some(port.uuid());
    refused(
        network.create_port(&double).await,
        ErrorKind::AlreadyExists,
        "making a port with the uuid of another",
    )?;
    port.delete().await.doing("deleting it")?;
    refused(
        port.config().await,
        ErrorKind::NotFound,
        "reading a port that is gone",
    )?;
    refused(
        port.delete().await,
        ErrorKind::NotFound,
        "deleting a port that is gone",
    )?;
    let left = network.ports().await.doing("listing ports")?;
    ensure!(left.is_empty(), "{} ports are left", left.len());
    Ok(())
}

async fn a_port_needs_an_active_network_and_ends_with_it(env: &Env) -> Result<(), Failure> {
    let network = env.defined_network("unplugged").await?;
    refused(
        network.create_port(&config()).await,
        ErrorKind::InvalidState,
        "making a port on an inactive network",
    )?;
    network.start().await.doing("starting it")?;
    let port = network.create_port(&config()).await.doing("making a port")?;
    network.destroy().await.doing("destroying it")?;
    refused(
        network.ports().await,
        ErrorKind::InvalidState,
        "listing ports of an inactive network",
    )?;
    network.start().await.doing("starting it again")?;
    refused(
        network.port(port.uuid()).await,
        ErrorKind::NotFound,
        "looking up a port of an earlier run",
    )?;
    Ok(())
}

async fn a_port_is_limited(env: &Env) -> Result<(), Failure> {
    let network = env.active_network("slow").await?;
    let port = network.create_port(&config()).await.doing("making a port")?;
    let mut inbound = BandwidthLimit::default();
    inbound.average = Some(1000);
    inbound.peak = Some(2000);
    inbound.burst = Some(512);
    let mut limits = Bandwidth::default();
    limits.inbound = Some(inbound);
    port.set_bandwidth(&limits).await.doing("limiting it")?;
    let back = port.config().await.doing("reading it")?;
    let inbound = back
        .bandwidth
        .and_then(|limits| limits.inbound)
        .unwrap_or_default();
    let found = (inbound.average, inbound.peak, inbound.burst);
    ensure_eq!(found, (Some(1000), Some(2000), Some(512)), "its limits");
    Ok(())
}
