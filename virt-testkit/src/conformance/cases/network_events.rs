//! Events of networks.

use virt_core::domain::{ConfigScope, MetadataItem};
use virt_core::event::{Event, EventFilter, EventStream, NetworkChange, ObjectKind};
use virt_core::network::Network;

use crate::conformance::{Doing, Env, Failure};

cases! { "network_events";
    the_life_of_a_network_is_told_in_order(None, Networks, Events);
    a_transient_network_is_told(None, Networks, Events);
    changed_metadata_is_told(None, Networks, NetworkMetadata, Events);
    other_kinds_are_kept_out(None, Networks, Events, PersistentDomains);
}

async fn next(env: &Env, events: &mut EventStream, network: &Network) -> Result<NetworkChange, Failure> {
    env.next_event(events, |event| match event {
        Event::Network(event) if event.network.uuid == network.uuid() => {
            (event.network.name == network.name()).then_some(event.change)
        }
        _ => None,
    })
    .await
}

async fn the_life_of_a_network_is_told_in_order(env: &Env) -> Result<(), Failure> {
    let mut events = env.events_of(ObjectKind::Network).await?;
    let network = env.active_network("told").await?;
    network.destroy().await.doing("destroying it")?;
    network.undefine().await.doing("undefining it")?;
    for wanted in [
        NetworkChange::Defined,
        NetworkChange::Started,
        NetworkChange::Stopped,
        NetworkChange::Undefined,
    ] {
        let told = next(env, &mut events, &network).await?;
        ensure_eq!(told, wanted, "what was told");
    }
    Ok(())
}

async fn a_transient_network_is_told(env: &Env) -> Result<(), Failure> {
    let mut events = env.events_of(ObjectKind::Network).await?;
    let config = env.network("told")?;
    let network = env.conn().create_network(&config).await.doing("creating it")?;
    network.destroy().await.doing("destroying it")?;
    for wanted in [NetworkChange::Started, NetworkChange::Stopped] {
        let told = next(env, &mut events, &network).await?;
        ensure_eq!(told, wanted, "what was told");
    }
    Ok(())
}

async fn changed_metadata_is_told(env: &Env) -> Result<(), Failure> {
    let network = env.defined_network("told").await?;
    let mut events = env.events_of(ObjectKind::Network).await?;
    let title = MetadataItem::Title(Some("told".to_owned()));
    network
        .set_metadata(&title, ConfigScope::Config)
        .await
        .doing("setting a title")?;
    let told = next(env, &mut events, &network).await?;
    ensure_eq!(told, NetworkChange::MetadataChanged, "what was told");
    Ok(())
}

async fn other_kinds_are_kept_out(env: &Env) -> Result<(), Failure> {
    let mut of_networks = env.events_of(ObjectKind::Network).await?;
    let of_domains = EventFilter::all().of_kind(ObjectKind::Domain);
    let mut of_domains = env.conn().events(of_domains).await.doing("subscribing")?;
    let domain = env.defined("kept-out").await?;
    let mut of_one = domain.events().await.doing("subscribing to one domain")?;
    let network = env.defined_network("told").await?;
    let told = next(env, &mut of_networks, &network).await?;
    ensure_eq!(told, NetworkChange::Defined, "what was told of the network");
    domain.undefine().await.doing("undefining the domain")?;
    for stream in [&mut of_domains, &mut of_one] {
        let kind = env.next_event(stream, |event| event.kind()).await?;
        ensure_eq!(kind, ObjectKind::Domain, "the kind of what is told of domains");
    }
    Ok(())
}
