//! Networks that change while they are there: redefinition, updates of one part, metadata, leases.

use std::net::IpAddr;

use virt_core::ErrorKind;
use virt_core::domain::{ConfigScope, MetadataItem};
use virt_core::model::network::{DhcpHost, NetworkUpdate, UpdateCommand};
use virt_core::model::{Interface, MacAddress, NetworkConfig};
use virt_core::network::{Network, NetworkXmlOptions};

use crate::conformance::{Doing, Env, Failure, refused};

cases! { "network_changes";
    a_new_definition_waits_for_the_next_start(None, Networks);
    a_part_is_added_changed_and_removed(None, Networks, NetworkUpdate);
    a_part_is_changed_in_the_scope_that_was_named(None, Networks, NetworkUpdate);
    an_update_that_does_not_fit_changes_nothing(None, Networks, NetworkUpdate);
    title_and_metadata_are_kept(None, Networks, NetworkMetadata);
    leases_need_an_active_network(None, Networks, NetworkLeases);
    a_guest_gets_an_address(Booted, Networks, NetworkLeases, PersistentDomains);
}

fn kept_address(config: &NetworkConfig, last: u8) -> Result<IpAddr, Failure> {
    match config.ips.first().and_then(|ip| ip.address) {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            Ok(IpAddr::from([a, b, c, last]))
        }
        other => Err(Failure::new(format!("the network's address is {other:?}"))),
    }
}

fn host(config: &NetworkConfig, mac: u8, last: u8) -> Result<DhcpHost, Failure> {
    let mac = MacAddress::new([0x52, 0x54, 0x00, 0x77, 0x00, mac]);
    Ok(DhcpHost::new(mac, kept_address(config, last)?))
}

/// The last bytes of the Ethernet addresses that addresses are kept for.
async fn kept(network: &Network, options: &NetworkXmlOptions) -> Result<Vec<u8>, Failure> {
    let config = network.config_with(options).await.doing("reading it")?;
    let hosts = config.ips.iter().filter_map(|ip| ip.dhcp.as_ref());
    Ok(hosts
        .flat_map(|dhcp| &dhcp.hosts)
        .filter_map(|host| host.mac?.octets().last().copied())
        .collect())
}

async fn a_new_definition_waits_for_the_next_start(env: &Env) -> Result<(), Failure> {
    let mut config = env.network("redefined")?;
    let network = env.conn().define_network(&config).await.doing("defining it")?;
    network.start().await.doing("starting it")?;
    config.domain = NetworkConfig::builder("x").domain("lab.test").build()?.domain;
    env.conn()
        .define_network(&config)
        .await
        .doing("defining it anew")?;
    let domain = |config: NetworkConfig| config.domain.and_then(|domain| domain.name).unwrap_or_default();
    let live = network.config().await.doing("reading the live one")?;
    ensure_eq!(domain(live), "", "the DNS domain of the live network");
    let inactive = NetworkXmlOptions::default().inactive();
    let next = match network.config_with(&inactive).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return Err(Failure::not_here("an active network shows one document only"));
        }
        next => next.doing("reading the inactive one")?,
    };
    ensure_eq!(domain(next), "lab.test", "the DNS domain of the next start");
    network.destroy().await.doing("destroying it")?;
    network.start().await.doing("starting it again")?;
    let live = network.config().await.doing("reading it")?;
    ensure_eq!(domain(live), "lab.test", "the DNS domain after the next start");
    Ok(())
}

async fn a_part_is_added_changed_and_removed(env: &Env) -> Result<(), Failure> {
    let config = env.network("updated")?;
    let network = env.conn().define_network(&config).await.doing("defining it")?;
    network.start().await.doing("starting it")?;
    let live = NetworkXmlOptions::default();
    let both = ConfigScope::Both;
    for (command, host, wanted) in [
        (UpdateCommand::AddLast, host(&config, 1, 11)?, vec![1]),
        (UpdateCommand::AddLast, host(&config, 2, 12)?, vec![1, 2]),
        (UpdateCommand::AddFirst, host(&config, 3, 13)?, vec![3, 1, 2]),
        (UpdateCommand::Modify, host(&config, 1, 14)?, vec![3, 1, 2]),
        (UpdateCommand::Delete, host(&config, 2, 12)?, vec![3, 1]),
    ] {
        let update = NetworkUpdate::new(command, host);
        let what = format!("{command:?} of an address that is kept");
        network.update(&update, both).await.doing(&what)?;
        ensure_eq!(kept(&network, &live).await?, wanted, "what is kept after {what}");
        let inactive = kept(&network, &live.clone().inactive()).await?;
        ensure_eq!(inactive, wanted, "what will be kept after {what}");
    }
    Ok(())
}

async fn a_part_is_changed_in_the_scope_that_was_named(env: &Env) -> Result<(), Failure> {
    let config = env.network("scoped")?;
    let network = env.conn().define_network(&config).await.doing("defining it")?;
    let add = |number: u8| -> Result<NetworkUpdate, Failure> {
        let host = host(&config, number, 10 + number)?;
        Ok(NetworkUpdate::new(UpdateCommand::AddLast, host))
    };
    refused(
        network.update(&add(1)?, ConfigScope::Live).await,
        ErrorKind::InvalidState,
        "a live update of an inactive network",
    )?;
    network.start().await.doing("starting it")?;
    network
        .update(&add(1)?, ConfigScope::Live)
        .await
        .doing("a live update")?;
    network
        .update(&add(2)?, ConfigScope::Config)
        .await
        .doing("an inactive update")?;
    network
        .update(&add(3)?, ConfigScope::Current)
        .await
        .doing("a current update")?;
    let live = NetworkXmlOptions::default();
    ensure_eq!(kept(&network, &live).await?, vec![1, 3], "what is kept now");
    let inactive = kept(&network, &live.inactive()).await?;
    ensure_eq!(inactive, vec![2], "what is kept after the next start");
    Ok(())
}

async fn an_update_that_does_not_fit_changes_nothing(env: &Env) -> Result<(), Failure> {
    let config = env.network("unfit")?;
    let network = env.conn().define_network(&config).await.doing("defining it")?;
    network.start().await.doing("starting it")?;
    let add = NetworkUpdate::new(UpdateCommand::AddLast, host(&config, 1, 11)?);
    network
        .update(&add, ConfigScope::Both)
        .await
        .doing("adding it once")?;
    let delete = NetworkUpdate::new(UpdateCommand::Delete, host(&config, 9, 19)?);
    for (what, update) in [("adding it twice", add), ("deleting what is not there", delete)] {
        refused(
            network.update(&update, ConfigScope::Both).await,
            ErrorKind::InvalidState,
            what,
        )?;
        let left = kept(&network, &NetworkXmlOptions::default()).await?;
        ensure_eq!(left, vec![1], "what is kept after {what}");
    }
    Ok(())
}

async fn title_and_metadata_are_kept(env: &Env) -> Result<(), Failure> {
    let network = env.active_network("noted").await?;
    let title = MetadataItem::Title(Some("for tests".to_owned()));
    network
        .set_metadata(&title, ConfigScope::Both)
        .await
        .doing("setting a title")?;
    let uri = "http://example.com/owner";
    let owner = |xml: Option<&str>| MetadataItem::Element {
        uri: uri.to_owned(),
        prefix: "own".to_owned(),
        xml: xml.map(str::to_owned),
    };
    let set = owner(Some("<person>me</person>"));
    network
        .set_metadata(&set, ConfigScope::Both)
        .await
        .doing("setting an element")?;
    for options in [
        NetworkXmlOptions::default(),
        NetworkXmlOptions::default().inactive(),
    ] {
        let config = network.config_with(&options).await.doing("reading it")?;
        ensure_eq!(config.title.as_deref(), Some("for tests"), "the title");
        let element = config
            .metadata
            .as_ref()
            .and_then(|metadata| metadata.element(uri));
        ensure!(element.is_some(), "the element is not there: {}", config.to_xml());
    }
    network
        .set_metadata(&owner(None), ConfigScope::Both)
        .await
        .doing("removing it")?;
    let config = network.config().await.doing("reading it")?;
    let left = config
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.element(uri));
    ensure!(left.is_none(), "the element is still there: {}", config.to_xml());
    Ok(())
}

async fn leases_need_an_active_network(env: &Env) -> Result<(), Failure> {
    let network = env.active_network("lends").await?;
    let leases = network.dhcp_leases().await.doing("asking for leases")?;
    ensure!(leases.is_empty(), "a network without guests has lent {leases:?}");
    let mac = MacAddress::new([0x52, 0x54, 0x00, 1, 2, 3]);
    let leases = network
        .dhcp_leases_of(mac)
        .await
        .doing("asking for leases of one address")?;
    ensure!(leases.is_empty(), "a network without guests has lent {leases:?}");
    Ok(())
}

async fn a_guest_gets_an_address(env: &Env) -> Result<(), Failure> {
    let config = env.network("lends")?;
    let network = env.conn().define_network(&config).await.doing("defining it")?;
    network.start().await.doing("starting it")?;
    let mac = MacAddress::new([0x52, 0x54, 0x00, 0x77, 0x01, 0x01]);
    let mut guest = env.guest("asks")?;
    // The model is that of the target's guests: they have its driver.
    let on_network = Interface::network(network.name()).mac(mac);
    let interfaces = &mut guest.devices.get_or_insert_default().interfaces;
    if interfaces.is_empty() {
        interfaces.push(on_network.clone());
    }
    for interface in interfaces.iter_mut().take(1) {
        interface.kind.clone_from(&on_network.kind);
        interface.source.clone_from(&on_network.source);
        interface.mac.clone_from(&on_network.mac);
    }
    let domain = env.boot(&guest).await?;
    let lease = env
        .soon("a lease", async {
            loop {
                let leases = network.dhcp_leases_of(mac).await.doing("asking for leases")?;
                if let Some(lease) = leases.into_iter().next() {
                    return Ok::<_, Failure>(lease);
                }
                tokio::time::sleep(env.times().quiet).await;
            }
        })
        .await??;
    ensure_eq!(lease.mac, Some(mac), "to whom it was lent");
    ensure_eq!(lease.prefix, 24, "the bits of its network");
    let range = kept_address(&config, 100)?..=kept_address(&config, 200)?;
    ensure!(
        range.contains(&lease.ip),
        "{} is not of the range {range:?}",
        lease.ip
    );
    let now = std::time::SystemTime::now();
    ensure!(
        lease.expires.is_none_or(|end| end > now),
        "it expired at {:?}",
        lease.expires
    );
    let info = network.info().await.doing("asking for it")?;
    ensure_eq!(info.bridge, Some(lease.interface), "the device it was lent on");
    domain.destroy().await.doing("destroying the guest")?;
    Ok(())
}
